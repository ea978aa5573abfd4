/**
 * Between Node's HTTP server and Kit: static files, and one request and one answer. A page goes out in one piece with its length; what is long
 * (a PDF) streams.
 */
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setResponse } from '@sveltejs/kit/node';
import sirv from 'sirv';
import type { KitHandler, KnownRequest } from './edge.ts';

interface KitServer {
  init: (options: { env: Record<string, string> }) => Promise<void>;
  respond: (request: Request, options: { platform: { req: KnownRequest }; getClientAddress: () => string }) => Promise<Response>;
}

/** Opens the built portal (Kit's `init` hook runs). */
export async function serving(folder: string): Promise<KitHandler> {
  const load = (file: string) => import(pathToFileURL(join(folder, 'server', file)).href) as Promise<unknown>;
  const { Server } = (await load('index.js')) as { Server: new (manifest: object) => KitServer };
  const { manifest } = (await load('routes.js')) as { manifest: { _: { matchers: () => Promise<unknown> } } };
  // Kit imports its parameter matchers anew for each request (measured: 50 µs).
  const matchers = manifest._.matchers();
  manifest._.matchers = () => matchers;
  const server = new Server(manifest);
  await server.init({ env: {} });
  const files = sirv(join(folder, 'client'), {
    etag: true,
    gzip: true,
    brotli: true,
    extensions: [],
    setHeaders: (res, path) => {
      if (path.startsWith('/_app/immutable/')) res.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    },
  });

  async function respond(req: KnownRequest, res: ServerResponse): Promise<void> {
    const { origin, address } = req.schalter;
    // Without its body, which `bodyOf` takes from the network: Kit's conversion makes streams and signals for every form (measured: 0.1 ms a step).
    const request = new Request(origin + req.url!, { method: req.method, headers: req.headers as Record<string, string> });
    const response = await server.respond(request, { platform: { req }, getClientAddress: () => address });
    if (response.body && !response.headers.get('content-type')?.startsWith('text/html')) return setResponse(res, response);
    for (const [name, value] of response.headers) if (name !== 'set-cookie') res.setHeader(name, value);
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) res.setHeader('set-cookie', cookies);
    res.statusCode = response.status;
    if (!response.body) return void res.end();
    const body = new Uint8Array(await response.arrayBuffer());
    res.setHeader('content-length', body.length);
    res.end(req.method === 'HEAD' ? undefined : body);
  }

  return async (req, res) => {
    // Every static file has a dot in its name, and hardly a page has: those are not looked for among the files.
    let page = !/\.[^/]*$/.test(req.url!);
    if (!page) files(req, res, () => void (page = true));
    if (page) await respond(req, res);
  };
}
