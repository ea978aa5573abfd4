/**
 * The demo back office: a program of its own that knows nothing of the portal but the published contracts. It verifies, stores durably before it answers,
 * takes every application once, shows what it received, sends signed news back, and fails on purpose when told to.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { FaultSwitch } from './faults.ts';
import { FitConnectSide, type FitConnectOptions } from './fit-connect/index.ts';
import { Inbox, type ReceivedCase } from './inbox.ts';
import { casePage, listPage } from './pages.ts';
import { readSubmission, type Reading } from './receive.ts';
import { ASKING, Reporter, STATUSES, type Status } from './report.ts';
import { Nonces, readSoap, soapAnswer } from './soap.ts';
import { STYLE } from './style.ts';

export type { ReceivedCase } from './inbox.ts';

export interface BackofficeOptions {
  readonly port: number;
  readonly host?: string;
  readonly dataDir: string;
  readonly secret: string;
  /** Pause before "in progress" is reported, in milliseconds. */
  readonly progressAfter?: number;
  /** It is reached by FIT-Connect too. */
  readonly fitConnect?: FitConnectOptions;
}

export interface Backoffice {
  readonly port: number;
  readonly cases: ReadonlyMap<string, ReceivedCase>;
  readonly fitConnect: FitConnectSide | undefined;
  readonly faults: FaultSwitch;
  readonly close: () => Promise<void>;
}

const SLOW = 3_000;
const HTML = 'text/html; charset=utf-8';

export async function startBackoffice(options: BackofficeOptions): Promise<Backoffice> {
  const inbox = new Inbox(options.dataDir);
  const faults = new FaultSwitch();
  const nonces = new Nonces();
  const reporter = new Reporter(inbox, options.secret, faults);
  const fitConnect = options.fitConnect && (await FitConnectSide.start(options.fitConnect, options.dataDir, inbox, faults));
  const server = createServer((req, res) => {
    handle(req, res).catch(() => answer(res, 500, 'error'));
  });

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://backoffice');
    const [, first = '', key = '', third = '', fileId = ''] = pathname.split('/').map((part) => decodeURIComponent(part));
    if (fitConnect && first === 'fit-connect') return fitConnect.handle(req, res, pathname.slice('/fit-connect'.length), await bodyOf(req));
    const found = first === 'cases' ? inbox.cases.get(key) : undefined;
    if (req.method === 'POST') {
      if (pathname === '/submissions') return receive(req, res, readSubmission, (status, body) => ({ status, body, type: undefined }));
      if (pathname === '/soap') return receiveSoap(req, res);
      const { origin, host } = req.headers;
      if (origin !== undefined && origin !== `http://${host}`) return answer(res, 403, 'cross-site');
      if (pathname === '/faults') return setFault(req, res);
      if (found && found.callback !== '' && third === 'news') return tell(req, res, found);
      return answer(res, 404, 'not found');
    }
    if (pathname === '/soap') return answer(res, 200, contractAt(`http://${req.headers.host}/soap`), 'text/xml; charset=utf-8');
    if (pathname === '/') return answer(res, 200, listPage([...inbox.cases.values()], faults.now), HTML);
    if (pathname === '/style.css') return answer(res, 200, STYLE, 'text/css; charset=utf-8');
    if (pathname === '/received.json') return answer(res, 200, JSON.stringify([...inbox.cases.values()]), 'application/json');
    if (pathname === '/faults') return answer(res, 200, JSON.stringify(faults.now), 'application/json');
    const kept = found && [found, ...found.answers].flatMap((one) => one.attachments);
    const file = third === 'files' ? kept?.find((one) => one.id === fileId) : undefined;
    if (file) {
      res.setHeader('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`);
      return answer(res, 200, inbox.file(file), 'application/octet-stream');
    }
    if (found && third === '') return answer(res, 200, casePage(found), HTML);
    return answer(res, 404, 'not found');
  }

  function receiveSoap(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let asked = Buffer.alloc(0);
    const read: typeof readSubmission = (secret, headers, body) => readSoap(secret, nonces, headers, (asked = Buffer.from(body)));
    return receive(req, res, read, (status, body) =>
      status === 429 ? { status, body, type: undefined } : soapAnswer(asked, status, body),
    );
  }

  /** `said`: an answer in the words of the protocol. */
  async function receive(
    req: IncomingMessage,
    res: ServerResponse,
    read: (secret: string, headers: IncomingMessage['headers'], body: Buffer) => Reading,
    said: (status: number, body: string) => { status: number; body: string; type: string | undefined },
  ): Promise<void> {
    const reply = (status: number, text: string, json = text) => {
      const { status: code, body, type } = said(status, text);
      if (type !== undefined) answer(res, code, body, type);
      else if (code === 200) answer(res, code, json, 'application/json');
      else answer(res, code, body);
    };
    const fault = faults.take('submission');
    if (fault === 'down') return void req.socket.destroy();
    if (fault === 'half-open') return;
    const reading = read(options.secret, req.headers, await bodyOf(req));
    if (reading.refused) return reply(reading.refused, reading.why);
    if (fault === '500') return reply(500, 'try again');
    if (fault === '429') {
      res.setHeader('retry-after', '1');
      return reply(429, 'try again');
    }
    if (fault === 'reject') return reply(422, 'Straße fehlt im Verzeichnis');
    const { received, answer: given, files } = reading;
    if (given) {
      // It comes after its application, or it is not ours.
      if (!inbox.cases.has(given.of)) return reply(422, 'no such case');
      inbox.answer(given, files);
    } else if (inbox.cases.has(received.key)) inbox.sentAgain(received.key);
    else {
      inbox.add(received, files);
      reportArrival(received);
    }
    if (fault === 'drop') return void req.socket.destroy();
    if (fault === 'slow') await new Promise((done) => setTimeout(done, SLOW));
    const submission = (given?.of ?? received!.key).split(':')[0]!;
    reply(200, submission, JSON.stringify({ case: submission }));
  }

  /** The two pieces of news that every case gives by itself, unless they were told before the last stop. */
  function reportArrival(received: ReceivedCase): void {
    if (received.callback === '') return;
    const told = (status: Status) => received.news.some((one) => one.status === status);
    if (!told('received')) reporter.tell(received, 'received', { delay: 200 });
    if (!told('in_progress') && !told('decided')) reporter.tell(received, 'in_progress', { delay: options.progressAfter ?? 4_000 });
  }

  async function setFault(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = (await bodyOf(req)).toString();
    const json = body.startsWith('{');
    const wanted = (json ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))) as { kind: string; times?: string | number };
    if (!faults.set(wanted.kind, Number(wanted.times ?? 1))) return answer(res, 400, 'unknown fault');
    return json ? answer(res, 200, 'ok') : seeOther(res, '/');
  }

  async function tell(req: IncomingMessage, res: ServerResponse, about: ReceivedCase): Promise<void> {
    const form = new URLSearchParams((await bodyOf(req)).toString());
    const status = form.get('status') ?? '';
    if (!Object.hasOwn(STATUSES, status)) return answer(res, 400, 'unknown status');
    const text = form.get('text')?.trim().slice(0, 2_000);
    if (status === ASKING && !text) return answer(res, 400, 'say what is missing');
    reporter.tell(about, status as Status, { text });
    // The portal has it a moment later; the page shows what it took.
    await new Promise((done) => setTimeout(done, 300));
    return seeOther(res, `/cases/${encodeURIComponent(about.key)}`);
  }

  await new Promise<void>((done, failed) => server.once('error', failed).listen(options.port, options.host ?? '127.0.0.1', done));
  for (const one of inbox.cases.values()) reportArrival(one);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    cases: inbox.cases,
    fitConnect,
    faults,
    close: async () => {
      reporter.close();
      fitConnect?.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      inbox.close();
    },
  };
}

/** The published contract, with the address of this service. */
function contractAt(address: string): string {
  const contract = readFileSync(new URL('../../static/schemas/submission.v1.wsdl', import.meta.url), 'utf8');
  return contract.replaceAll('https://backoffice.example/soap', address);
}

function answer(res: ServerResponse, status: number, body: string | Buffer, type = 'text/plain; charset=utf-8'): void {
  if (res.headersSent || res.destroyed) return;
  res
    .writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    })
    .end(body);
}

function seeOther(res: ServerResponse, location: string): void {
  res.writeHead(303, { location }).end();
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
