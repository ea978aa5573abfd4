/**
 * The edge: what stands between the network and Kit's handler. One known Host or none, forwarded headers only from a named proxy, same-origin for
 * everything that writes, size and time limits, security headers, and the few answers that need no page (health, metrics, brand, call-backs).
 * Sources: shared measurements of the adapter's gaps (Host is concatenated into the URL unchecked; slow bodies stay open for 300 s).
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Portal } from '../portal.ts';
import type { Municipality } from '#server/config';
import { FORM_LIMIT, UPLOAD_LIMIT } from './limits.ts';
import { peerOf } from './peer.ts';
import { rawRefusal, REFUSAL_HEADERS, refusalPage } from './refusal.ts';

/** What Kit's hooks find at `event.platform.req.schalter`. */
export interface RequestContext {
  readonly portal: Portal;
  readonly municipality: Municipality;
  readonly correlation: string;
  /** Id of the route that answers, once Kit knows it. */
  route?: string | undefined;
  /** Address of the person's machine, also behind a proxy. */
  readonly address: string;
  /** How others reach this municipality's portal: for addresses that leave the house. Its port never comes from the person who asks. */
  readonly origin: string;
}

/** A request that the edge let in. */
export type KnownRequest = IncomingMessage & { readonly schalter: RequestContext };

export type KitHandler = (req: KnownRequest, res: ServerResponse) => Promise<void>;

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const HOST = /^([a-z0-9.-]{1,253})(?::(\d{1,5}))?$/;
const CALLBACK_LIMIT = 64 * 1024;
/** What the page of a refusal looks like: the same under every name, also where nothing else is served. */
const REFUSAL_FILES = new Set(['/error.css', '/favicon.svg']);

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
  const { timeouts } = portal.settings;
  /** The answer under way on a connection: a second one must not be written into it. */
  const answers = new WeakMap<Socket, ServerResponse>();
  const server = createServer(
    {
      requestTimeout: timeouts.upload,
      headersTimeout: timeouts.headers,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 16 * 1024,
      // Refused below, with a page.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(2_000, timeouts.headers / 2),
    },
    (req, res) => {
      answers.set(req.socket, res);
      handle(req, res).catch((error: unknown) => {
        portal.logger.error('edge_failed', { error: (error as Error).name });
        refuse(req, res, 500);
      });
    },
  );
  server.maxConnections = 2_000;
  server.maxRequestsPerSocket = 1_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    breakOff(socket, status);
  });
  return server;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    for (const [name, value] of HEADERS) res.setHeader(name, value);
    const path = (req.url ?? '/').split('?', 1)[0]!;
    const peer = peerOf(req, portal.settings.proxies);
    if (!(req.url ?? '').startsWith('/') || path.startsWith('//') || !readable(path)) return refuse(req, res, 400);
    if (peer.operator) {
      if (path === '/healthz') return plain(res, 200, 'ok');
      if (path === '/readyz') return (await portal.ready()) ? plain(res, 200, 'ready') : plain(res, 503, 'not ready');
      if (path === '/metrics') return plain(res, 200, await portal.metrics.text(), portal.metrics.contentType);
    }
    const hosts = req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
    const match = hosts === 1 ? HOST.exec(req.headers.host ?? '') : null;
    const municipality = match ? byHost.get(match[1]!) : undefined;
    if (!match || !municipality) {
      // Files that are there: no page is asked for, so nothing is known of whose it would be.
      if (match && req.method === 'GET' && REFUSAL_FILES.has(path)) return handler(req as KnownRequest, res);
      return refuse(req, res, match ? 421 : 400);
    }
    if (peer.scheme === 'https') res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');

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
    const type = (req.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
    const upload = type === 'multipart/form-data';
    inTime(req, upload);
    if (WRITES.has(req.method ?? '')) {
      if (path === '/api/v1/status') return callback(req, res, (body) => portal.statusCallback(municipality, req.headers, body));
      const hinting = /^\/api\/v1\/fit-connect\/([a-z][a-z0-9-]*)$/.exec(path)?.[1];
      if (hinting) return callback(req, res, (body) => portal.hint(municipality, hinting, req.headers, body));
      const site = req.headers['sec-fetch-site'];
      const own = req.headers.origin === `${peer.scheme}://${req.headers.host}` && (site === undefined || site === 'same-origin');
      const empty = type === '' && (req.headers['content-length'] ?? '0') === '0' && req.headers['transfer-encoding'] === undefined;
      if (!own || !(empty || upload || type === 'application/x-www-form-urlencoded')) return refuse(req, res, 403);
      const length = Number(req.headers['content-length'] ?? 0);
      if (length > UPLOAD_LIMIT) res.setHeader('Connection', 'close');
      else if (!upload && length > FORM_LIMIT) await readPast(req);
      if (length > (upload ? UPLOAD_LIMIT : FORM_LIMIT)) return refuse(req, res, 413);
    } else if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD, POST');
      return refuse(req, res, 405);
    }

    const started = performance.now();
    const correlation = randomUUID();
    const origin = `${peer.scheme}://${match[1]}${peer.port ? `:${peer.port}` : ''}`;
    const context: RequestContext = { portal, municipality, correlation, address: peer.address, origin };
    res.on('finish', () =>
      portal.observeRequest(req.method ?? '', context.route, res.statusCode, performance.now() - started, correlation),
    );
    await handler(Object.assign(req, { schalter: context }), res);
  }

  async function callback(
    req: IncomingMessage,
    res: ServerResponse,
    take: (body: Buffer) => Promise<{ status: number; body: string }>,
  ): Promise<void> {
    if (req.method !== 'POST') return plain(res, 405, 'Method not allowed.');
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= CALLBACK_LIMIT) chunks.push(chunk);
    }
    if (size > CALLBACK_LIMIT) return plain(res, 413, 'Too large.');
    const result = await take(Buffer.concat(chunks));
    plain(res, result.status, result.body);
  }

  /** A body has to be there in time: a form soon, an upload as long as it keeps coming (and within the server's own limit). */
  function inTime(req: IncomingMessage, upload: boolean): void {
    if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined) return;
    const late = () => {
      if (!req.complete) breakOff(req.socket, 408);
    };
    if (upload) req.setTimeout(timeouts.form, late);
    else {
      const timer = setTimeout(late, timeouts.form);
      req.once('close', () => clearTimeout(timer));
    }
  }

  function refuse(req: IncomingMessage, res: ServerResponse, status: number): void {
    if (res.headersSent) return void res.end();
    for (const [name, value] of Object.entries(REFUSAL_HEADERS)) res.setHeader(name, value);
    res.statusCode = status;
    res.end(refusalPage(portal.texts, status, req.headers['accept-language']));
  }

  /** Ends a connection whose request never became whole; with a page, if no answer has begun. */
  function breakOff(socket: Socket, status: number): void {
    if (!socket.writable || answers.get(socket)?.headersSent) return void socket.destroy();
    socket.end(rawRefusal(portal.texts, status));
    // What still comes is read past for a moment, else the page would not arrive.
    socket.resume();
    setTimeout(() => socket.destroy(), 1_000).unref();
  }
}

function readable(path: string): boolean {
  try {
    return !decodeURI(path).includes('\0');
  } catch {
    return false;
  }
}

/** Reads the rest of a body and forgets it: a browser reads no answer before it has sent everything. */
async function readPast(req: IncomingMessage): Promise<void> {
  for await (const chunk of req) void chunk;
}

function plain(res: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  res.statusCode = status;
  res.setHeader('Content-Type', type);
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store');
  res.end(body);
}
