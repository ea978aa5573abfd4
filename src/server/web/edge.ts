/**
 * The edge: what stands between the network and Kit's handler. One known Host or none, forwarded headers only from a named proxy, same-origin for
 * everything that writes, size and time limits, security headers, and the few answers that need no page (health, metrics, brand, call-backs).
 * Sources: shared measurements of the adapter's gaps (Host is concatenated into the URL unchecked; slow bodies stay open for 300 s).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Portal } from '../portal.ts';
import type { Municipality } from '#server/config';

/** What Kit's hooks find at `event.platform.req.schalter`. */
export interface RequestContext {
  readonly portal: Portal;
  readonly municipality: Municipality;
  readonly correlation: string;
  /** Id of the route that answers, once Kit knows it. */
  route?: string | undefined;
}

export type KitHandler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const HOST = /^([a-z0-9.-]{1,253})(?::(\d{1,5}))?$/;
/** A page's form: typed text only. Uploads are limited while they stream, by the field's own limit. */
const FORM_LIMIT = 256 * 1024;
const UPLOAD_LIMIT = 60 * 1024 * 1024;

const HEADERS: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['X-Frame-Options', 'DENY'],
];

export function createEdge(portal: Portal, handler: KitHandler): Server {
  const byHost = new Map(portal.municipalities.flatMap((municipality) => municipality.hosts.map((host) => [host, municipality] as const)));
  const server = createServer(
    {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 2_000,
    },
    (req, res) => {
      handle(req, res).catch((error: unknown) => {
        portal.logger.error('edge_failed', { error: (error as Error).name });
        plain(res, 500, 'Internal error. Please try again later.');
      });
    },
  );
  server.maxConnections = 2_000;
  server.maxRequestsPerSocket = 1_000;
  return server;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    for (const [name, value] of HEADERS) res.setHeader(name, value);
    const path = (req.url ?? '/').split('?', 1)[0]!;
    const local = isLoopback(req.socket.remoteAddress);
    const proxied = portal.settings.proxies.has(req.socket.remoteAddress ?? '');
    const scheme = proxied && req.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
    if (!proxied) delete req.headers['x-forwarded-for'];
    for (const name of ['x-forwarded-host', 'x-forwarded-port', 'forwarded', 'x-real-ip']) delete req.headers[name];
    req.headers['x-forwarded-proto'] = scheme;
    if (!(req.url ?? '').startsWith('/') || path.startsWith('//')) return plain(res, 400, 'Bad request.');
    if (local || proxied) {
      if (path === '/healthz') return plain(res, 200, 'ok');
      if (path === '/readyz') return (await portal.ready()) ? plain(res, 200, 'ready') : plain(res, 503, 'not ready');
      if (path === '/metrics') return plain(res, 200, await portal.metrics.text(), portal.metrics.contentType);
    }
    const hosts = req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
    const match = hosts === 1 ? HOST.exec(req.headers.host ?? '') : null;
    const municipality = match ? byHost.get(match[1]!) : undefined;
    if (!municipality) return plain(res, hosts === 1 && match ? 421 : 400, 'This address is not served here.');
    if (scheme === 'https') res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
    const origin = `${scheme}://${req.headers.host}`;

    if (path === `/brand/${municipality.hash}.css`) {
      res.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
      return plain(res, 200, portal.brandCss(municipality), 'text/css; charset=utf-8');
    }
    if (path === '/.well-known/security.txt') {
      return plain(
        res,
        200,
        `Contact: mailto:${municipality.contact.email}\nPreferred-Languages: de, en\nExpires: ${new Date(Date.now() + 180 * 86_400_000).toISOString()}\n`,
      );
    }
    if (WRITES.has(req.method ?? '')) {
      if (path === '/api/v1/status') return callback(req, res, municipality);
      const site = req.headers['sec-fetch-site'];
      if (req.headers.origin !== origin || (site !== undefined && site !== 'same-origin'))
        return plain(res, 403, 'Cross-site requests are refused.');
      const type = (req.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
      const empty = type === '' && (req.headers['content-length'] ?? '0') === '0' && req.headers['transfer-encoding'] === undefined;
      if (!empty && type !== 'application/x-www-form-urlencoded' && type !== 'multipart/form-data')
        return plain(res, 403, 'This kind of request is refused.');
      const limit = type === 'multipart/form-data' ? UPLOAD_LIMIT : FORM_LIMIT;
      if (Number(req.headers['content-length'] ?? 0) > limit) {
        res.setHeader('Connection', 'close');
        return plain(res, 413, 'The request is too large.');
      }
    } else if (req.method !== 'GET' && req.method !== 'HEAD') return plain(res, 405, 'Method not allowed.');

    const started = performance.now();
    const correlation = randomUUID();
    const context: RequestContext = { portal, municipality, correlation };
    (req as IncomingMessage & { schalter?: RequestContext }).schalter = context;
    res.on('finish', () =>
      portal.observeRequest(req.method ?? '', context.route, res.statusCode, performance.now() - started, correlation),
    );
    handler(req, res, () => plain(res, 404, 'Not found.'));
  }

  async function callback(req: IncomingMessage, res: ServerResponse, municipality: Municipality): Promise<void> {
    if (req.method !== 'POST') return plain(res, 405, 'Method not allowed.');
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > 64 * 1024) return plain(res, 413, 'Too large.');
      chunks.push(chunk);
    }
    const result = await portal.statusCallback(municipality, req.headers, Buffer.concat(chunks));
    plain(res, result.status, result.body);
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.'));
}

function plain(res: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  if (res.headersSent) {
    res.end();
    return;
  }
  res.statusCode = status;
  res.setHeader('Content-Type', type);
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store');
  res.end(body);
}
