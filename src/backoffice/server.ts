/**
 * The demo back office: a program of its own that knows nothing of the portal but the published contract. It verifies, stores durably before it answers,
 * takes every application once, shows what it received, and sends signed news back.
 */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { casePage, listPage } from './pages.ts';

export interface ReceivedCase {
  key: string;
  submission: string;
  reference: string;
  service: string;
  municipality: string;
  submittedAt: string;
  receivedAt: string;
  payload: unknown;
  payloadSha256: string;
  provenance: unknown;
  attachments: { id: string; name: string; size: number; mime: string; received: number }[];
  callback: string;
  destination: string;
  /** How often it was sent; the first one counts. */
  sends: number;
  news: { status: string; at: string }[];
}

/** What the published contract says about an envelope (`submission-envelope.v1`). */
interface Envelope {
  id: string;
  submission: string;
  reference: string;
  service: { id: string };
  municipality: { name: string };
  submittedAt: string;
  payload: unknown;
  payloadSha256: string;
  provenance: unknown;
  attachments: { id: string; name: string; size: number; mime: string }[];
  callback: { url: string };
}

export interface BackofficeOptions {
  readonly port: number;
  readonly host?: string;
  readonly dataDir: string;
  readonly secret: string;
  /** Pause before "in progress" is reported, in milliseconds. */
  readonly progressAfter?: number;
}

export interface Backoffice {
  readonly port: number;
  readonly cases: ReadonlyMap<string, ReceivedCase>;
  readonly close: () => Promise<void>;
}

/** What may go wrong on purpose: `drop` stores and then breaks the connection, as if the answer was lost. */
type Fault = 'none' | '500' | '429' | 'reject' | 'drop';

export async function startBackoffice(options: BackofficeOptions): Promise<Backoffice> {
  mkdirSync(options.dataDir, { recursive: true });
  const file = join(options.dataDir, 'received.jsonl');
  const cases = new Map<string, ReceivedCase>();
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []) {
    // The last line may be cut short by a crash: it was never acknowledged.
    try {
      const one = JSON.parse(line) as ReceivedCase;
      cases.set(one.key, one);
    } catch {
      continue;
    }
  }
  const journal = openSync(file, 'a');
  let fault: { kind: Fault; left: number } = { kind: 'none', left: 0 };
  const timers = new Set<NodeJS.Timeout>();

  const server: Server = createServer((req, res) => {
    handle(req, res).catch(() => answer(res, 500, 'error'));
  });

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://backoffice');
    if (req.method === 'POST' && url.pathname === '/submissions') return receive(req, res);
    if (req.method === 'POST' && url.pathname === '/faults') {
      const wanted = JSON.parse((await bodyOf(req)).toString()) as { kind: Fault; times: number };
      fault = { kind: wanted.kind, left: wanted.times };
      return answer(res, 200, 'ok');
    }
    if (req.method === 'POST' && url.pathname.startsWith('/cases/')) {
      const [, , key, status] = url.pathname.split('/').map(decodeURIComponent);
      const found = cases.get(key!);
      if (!found || !['information_requested', 'decided'].includes(status!)) return answer(res, 404, 'not found');
      void report(found, status!, 0);
      res.writeHead(303, { location: `/cases/${encodeURIComponent(key!)}` }).end();
      return;
    }
    if (url.pathname === '/received.json') return answer(res, 200, JSON.stringify([...cases.values()]), 'application/json');
    if (url.pathname === '/') return answer(res, 200, listPage([...cases.values()]), 'text/html; charset=utf-8');
    const found = cases.get(decodeURIComponent(url.pathname.replace('/cases/', '')));
    if (found) return answer(res, 200, casePage(found), 'text/html; charset=utf-8');
    return answer(res, 404, 'not found');
  }

  async function receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await bodyOf(req);
    const type = req.headers['content-type'] ?? '';
    const { envelope: bytes, files } = type.startsWith('multipart/')
      ? split(body, /boundary=([^;]+)/.exec(type)?.[1] ?? '')
      : { envelope: body, files: new Map<string, number>() };
    if (!signed(options.secret, req, bytes)) return answer(res, 401, 'wrong signature');
    if (fault.kind !== 'none' && fault.left > 0 && fault.kind !== 'drop') {
      fault.left -= 1;
      if (fault.kind === '429') res.setHeader('retry-after', '1');
      return answer(
        res,
        fault.kind === 'reject' ? 422 : Number(fault.kind),
        fault.kind === 'reject' ? 'Straße fehlt im Verzeichnis' : 'try again',
      );
    }
    const envelope = JSON.parse(bytes.toString()) as Envelope;
    const key = String(req.headers['idempotency-key'] ?? '');
    const known = cases.get(key);
    if (known) {
      known.sends += 1;
      return answer(res, 200, JSON.stringify({ case: known.submission }), 'application/json');
    }
    if (key !== envelope.id) return answer(res, 422, 'the key does not fit the envelope');
    if (createHash('sha256').update(canonical(envelope.payload)).digest('hex') !== envelope.payloadSha256)
      return answer(res, 422, 'the payload was altered');
    const listed = envelope.attachments;
    if (listed.some((one) => files.get(one.id) !== one.size)) return answer(res, 422, 'an attachment is missing');
    const received: ReceivedCase = {
      key,
      submission: envelope.submission,
      reference: envelope.reference,
      service: envelope.service.id,
      municipality: envelope.municipality.name,
      submittedAt: envelope.submittedAt,
      receivedAt: new Date().toISOString(),
      payload: envelope.payload,
      payloadSha256: envelope.payloadSha256,
      provenance: envelope.provenance,
      attachments: listed.map((one) => ({ ...one, received: files.get(one.id)! })),
      callback: envelope.callback.url,
      destination: key.split(':')[1]!,
      sends: 1,
      news: [],
    };
    // Durable before it is acknowledged: what was answered with 200 is here after any crash.
    writeSync(journal, `${JSON.stringify(received)}\n`);
    fsyncSync(journal);
    cases.set(key, received);
    if (fault.kind === 'drop' && fault.left > 0) {
      fault.left -= 1;
      req.socket.destroy();
    } else answer(res, 200, JSON.stringify({ case: received.submission }), 'application/json');
    later(200, () => report(received, 'received', 0));
    later(options.progressAfter ?? 4_000, () => report(received, 'in_progress', 0));
  }

  /** Sends signed news; tried again with growing pauses until the portal takes it. */
  async function report(
    found: ReceivedCase,
    status: string,
    attempt: number,
    eventId: string = randomUUID(),
    at = new Date().toISOString(),
  ): Promise<void> {
    const body = Buffer.from(
      JSON.stringify({ type: 'status', eventId, submission: found.submission, destination: found.destination, status, at }),
    );
    const timestamp = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', options.secret).update(`${eventId}.${timestamp}.`).update(body).digest('base64');
    try {
      const headers = {
        'content-type': 'application/json',
        'webhook-id': eventId,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${mac}`,
      };
      const reply = await call(found.callback, headers, body);
      if (reply !== 200) throw new Error(String(reply));
      found.news.push({ status, at });
    } catch {
      if (attempt < 8) later(500 * 2 ** attempt, () => report(found, status, attempt + 1, eventId, at));
    }
  }

  function later(milliseconds: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void work();
    }, milliseconds);
    timers.add(timer);
  }

  await new Promise<void>((done, failed) => server.once('error', failed).listen(options.port, options.host ?? '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    cases,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      closeSync(journal);
    },
  };
}

/** POST; gives the status. Names under `localhost` are this machine (RFC 6761), which not every resolver knows. */
function call(url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  const target = new URL(url);
  const host = target.hostname.endsWith('.localhost') ? '127.0.0.1' : target.hostname;
  return new Promise((done, failed) => {
    (target.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        host,
        port: target.port,
        path: target.pathname,
        method: 'POST',
        headers: { ...headers, host: target.host, 'content-length': body.length },
        signal: AbortSignal.timeout(5_000),
      },
      (reply) => {
        reply.resume();
        reply.on('end', () => done(reply.statusCode ?? 0));
        reply.on('error', failed);
      },
    )
      .on('error', failed)
      .end(body);
  });
}

function answer(res: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  if (res.headersSent || res.destroyed) return;
  res
    .writeHead(status, {
      'content-type': type,
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    })
    .end(body);
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function signed(secret: string, req: IncomingMessage, body: Buffer): boolean {
  const timestamp = String(req.headers['webhook-timestamp'] ?? '');
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false;
  const expected = createHmac('sha256', secret)
    .update(`${String(req.headers['webhook-id'])}.${timestamp}.`)
    .update(body)
    .digest();
  const given = Buffer.from(String(req.headers['webhook-signature'] ?? '').replace('v1,', ''), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The envelope and the sizes of the attachments of a multipart body. */
function split(body: Buffer, boundary: string): { envelope: Buffer; files: Map<string, number> } {
  const mark = Buffer.from(`--${boundary}`);
  const files = new Map<string, number>();
  let envelope: Buffer = Buffer.alloc(0);
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const gap = part.indexOf('\r\n\r\n');
    const head = part.subarray(0, gap).toString();
    const content = part.subarray(gap + 4);
    const id = /filename="([^"]+)"/.exec(head)?.[1];
    if (id) files.set(id, content.length);
    else envelope = Buffer.from(content);
    at = next;
  }
  return { envelope, files };
}

/** Canonical JSON: sorted keys, no white space. Written here again on purpose: the back office shares no code with the portal. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical((value as Record<string, unknown>)[key])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
