/** For tests of the delivery room: applications handed in with real keys and envelopes, and a back office that does what a test tells it. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import {
  answerQuestion,
  createSession,
  KeyRing,
  openQuestion,
  pinFlow,
  purposes,
  recordStatus,
  seal,
  startDraft,
  submissionById,
  submitApplication,
  type Store,
} from '#server/store';
import type { HttpJsonSettings } from './adapters/http-json/index.ts';
import { buildEnvelope, buildFollowup, type FollowupEnvelope, type SubmissionEnvelope } from './envelope.ts';
import { LEADS_ON, sourceOf } from './news.ts';

export const SECRET = 'shared-secret-of-a-test';

/** What a person typed: must never be seen outside sealed columns. */
export const CANARY = 'Kanarienvogel';

export async function testKeys(): Promise<KeyRing> {
  const folder = mkdtempSync(join(tmpdir(), 'schalter-keys-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return KeyRing.open(folder);
}

export interface HandedIn {
  municipality: string;
  application: string;
  submission: string;
  reference: string;
  envelopes: SubmissionEnvelope[];
  /** Id of the delivery to the first destination. */
  delivery: string;
}

/** Files of test envelopes: `file-<n>` with this content. */
export const FILE = Buffer.from('%PDF-1.4 a file of a test');
export const openTestFile = (id: string): Promise<Readable | undefined> =>
  Promise.resolve(id.startsWith('file-') ? Readable.from([FILE]) : undefined);

/** The application as people read it. */
export const testSummary = (): Promise<Uint8Array> => Promise.resolve(Buffer.from('%PDF-1.7 a summary of a test'));

export function testEnvelope(submission: string, destination: string, municipality = 'musterstadt', files = 0): SubmissionEnvelope {
  const payload = { applicant: { name: CANARY } };
  return buildEnvelope({
    id: `${submission}:${destination}`,
    submission,
    reference: '26-TEST-0',
    municipality: { id: municipality, ars: '059999999001', name: 'Stadt Musterstadt' },
    service: { id: 'dog-tax', leika: ['99102013060000'], level: 'municipal' },
    flowVersion: 'hash-1',
    channel: 'online',
    language: 'de',
    submittedAt: '2026-11-24T10:00:00.000Z',
    payload,
    payloadSha256: createHash('sha256').update(JSON.stringify(payload)).digest('hex'),
    provenance: { 'applicant.name': { source: 'typed', channel: 'online', by: 'citizen', at: '2026-11-24T09:58:00.000Z' } },
    attachments: Array.from({ length: files }, (_, n) => ({
      id: `file-${n}`,
      name: 'Nachweis.pdf',
      mime: 'application/pdf',
      size: FILE.length,
      sha256: createHash('sha256').update(FILE).digest('hex'),
      field: 'proof',
    })),
    callback: { url: 'http://localhost/api/v1/status' },
  });
}

/** An answer to what the destination asked. */
export function testFollowup(
  submission: string,
  destination: string,
  municipality = 'musterstadt',
  files = 0,
  number = 1,
): FollowupEnvelope {
  const about = testEnvelope(submission, destination, municipality, files);
  const payload = { text: `${CANARY}\nzweite Zeile` };
  return buildFollowup({
    ...about,
    id: `${submission}:${destination}:${number}`,
    delivery: about.id,
    number,
    question: { eventId: 'question-1', askedAt: '2026-11-24T11:00:00.000Z', texts: ['Welche Rasse?'] },
    by: 'citizen',
    payload,
    payloadSha256: createHash('sha256').update(JSON.stringify(payload)).digest('hex'),
    attachments: about.attachments.map((file) => ({ ...file, field: 'answer' })),
  });
}

/** The office has an application, asks, and is answered; gives the answer's delivery. */
export async function askAndAnswer(
  store: Store,
  keys: KeyRing,
  { municipality, submission }: HandedIn,
): Promise<{ delivery: string; key: string }> {
  const row = (await submissionById(store, municipality, submission))!;
  const destination = row.destinations[0]!;
  await recordStatus(store, {
    municipality,
    submission,
    status: 'information_requested',
    at: new Date(),
    source: sourceOf(destination),
    textKey: null,
    textSealed: null,
    externalId: `${sourceOf(destination)}:${randomUUID()}`,
    lifecycle: { to: 'information_requested', from: LEADS_ON.information_requested },
  });
  const { event, n } = (await openQuestion(store, municipality, submission))!;
  const key = await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey);
  const envelope = testFollowup(submission, destination, municipality, 0, n);
  const delivery = randomUUID();
  const id = randomUUID();
  const context = { municipality, application: row.application };
  const { outcome } = await answerQuestion(store, {
    municipality,
    submission,
    event,
    id,
    delivery,
    n,
    channel: 'online',
    contents: seal(key, { ...context, purpose: purposes.answer(id), revision: 0 }, Buffer.from('{}')),
    payloadSha256: Buffer.from(envelope.payloadSha256, 'hex'),
    envelope: seal(
      key,
      { ...context, purpose: purposes.envelope(destination, n), revision: row.revision },
      Buffer.from(JSON.stringify(envelope)),
    ),
    adapter: undefined,
    answeredAt: new Date(),
    files: [],
  });
  if (outcome !== 'answered') throw new Error(outcome);
  return { delivery, key: envelope.id };
}

/** Hands in one application. */
export async function handIn(
  store: Store,
  keys: KeyRing,
  municipality: string,
  { destinations = ['office'], files = 0 }: { destinations?: readonly string[]; files?: number } = {},
): Promise<HandedIn> {
  await pinFlow(store, municipality, 'hash-1', 'dog-tax', { id: 'dog-tax' });
  const { hash } = await createSession(store, municipality, { idle: 3_600_000, absolute: 36_000_000 });
  const { epoch, wrapped, key } = await keys.newKey(municipality);
  const application = randomUUID();
  const started = await startDraft(store, {
    municipality,
    sessionHash: hash,
    id: application,
    service: 'dog-tax',
    flowHash: 'hash-1',
    channel: 'online',
    language: 'de',
    startedOn: '2026-11-24',
    keyEpoch: epoch,
    wrappedKey: wrapped,
    content: randomBytes(40),
    keepDays: 30,
  });
  if (started.outcome !== 'created') throw new Error(started.outcome);
  const submission = randomUUID();
  const delivery = randomUUID();
  const envelopes = destinations.map((destination) => testEnvelope(submission, destination, municipality, files));
  const context = { municipality, application, revision: 1 };
  const done = await submitApplication(store, {
    municipality,
    sessionHash: hash,
    application,
    revision: 1,
    id: submission,
    reference: randomBytes(5).toString('hex'),
    idempotencyKey: application,
    payload: seal(key, { ...context, purpose: purposes.payload }, Buffer.from('{}')),
    payloadSha256: randomBytes(32),
    summarySha256: '0'.repeat(64),
    summaryPdf: null,
    factorKind: 'birthDate',
    factorHash: randomBytes(32),
    submittedAt: new Date(),
    orders: destinations.map((destination, n) => ({
      id: n === 0 ? delivery : randomUUID(),
      destination,
      adapter: 'http-json',
      envelope: seal(key, { ...context, purpose: purposes.envelope(destination) }, Buffer.from(JSON.stringify(envelopes[n]))),
    })),
  });
  if (done.outcome !== 'submitted') throw new Error(done.outcome);
  return { municipality, application, submission, reference: done.reference, envelopes, delivery };
}

export interface Call {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type Reaction = (call: Call, res: ServerResponse, req: IncomingMessage) => void;

export interface Office {
  readonly url: string;
  readonly calls: Call[];
  /** Connections that were opened. */
  readonly connections: () => number;
  /** What happens to the next calls; the last reaction stays. */
  react(...reactions: Reaction[]): void;
}

export const answerWith =
  (status: number, body = '', headers: Record<string, string> = {}): Reaction =>
  (_call, res) =>
    void res.writeHead(status, headers).end(body);

/** A back office on this machine; closed at the end of the test file. */
export async function openOffice(server: Server = createServer()): Promise<Office> {
  const calls: Call[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let reactions: Reaction[] = [answerWith(200)];
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    const chunks: Buffer[] = [];
    req.on('error', () => undefined);
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const call = { path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks) };
      calls.push(call);
      const reaction = reactions.length > 1 ? reactions.shift()! : reactions[0]!;
      reaction(call, res, req);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${'setSecureContext' in server ? 'https' : 'http'}://127.0.0.1:${port}/submissions`,
    calls,
    connections: () => connections,
    react: (...next) => void (reactions = next),
  };
}

export const settingsFor = (url: string, more: Partial<HttpJsonSettings> = {}): HttpJsonSettings => ({
  id: 'office',
  adapter: 'http-json',
  url,
  endpoints: [more.url ?? url, ...(more.oauth2 ? [more.oauth2.tokenUrl] : [])],
  secrets: [SECRET],
  allowHttp: true,
  allowPrivate: true,
  problems: [],
  ...more,
  // tokens are kept by credentials: each destination has its own
  oauth2: more.oauth2 && { ...more.oauth2 },
});

/** Waits until `look` gives something, at most `patience` milliseconds. */
export async function eventually<T>(look: () => Promise<T | undefined | false> | T | undefined | false, patience = 10_000): Promise<T> {
  for (const deadline = Date.now() + patience; ; await new Promise((wait) => setTimeout(wait, 15))) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error('did not come');
  }
}
