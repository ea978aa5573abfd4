/**
 * FIT-Connect from the other side: token, delivery service and an office behind it, in one. It takes its contract from FITKO's documentation and shares
 * no code with the portal. Below `/fit-connect/`: `token`, and the Submission API v2 below `submission-api`.
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import type { Fault, FaultSwitch } from '../faults.ts';
import type { Inbox } from '../inbox.ts';
import { post } from '../post.ts';
import { event, tagOf, type EventBody } from './events.ts';
import { officeKeys, type KeyPair, type OfficeKeys } from './keys.ts';
import { open, type Validate } from './office.ts';
import { Records, type Submission } from './record.ts';

export interface FitConnectOptions {
  readonly destinationId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** LeiKa key -> URI of the schema of its data. */
  readonly services: Readonly<Record<string, string>>;
  /** Where senders are called back, and with which secret; without it they are not. */
  readonly callback?: { readonly url: string; readonly secret: string };
  /** Why metadata does not fit its schema. */
  readonly validate?: Validate;
  /** Seconds. */
  readonly tokenLasts?: number;
  /** Instead of those in the data directory. */
  readonly keys?: OfficeKeys;
  /** Milliseconds until the office looks at what came. */
  readonly decideAfter?: number;
}

const SLOW = 3_000;
const EVENT_TAGS = (one: Submission, records: Records): EventBody => ({
  authenticationTags: {
    metadata: tagOf(one.metadata!),
    data: tagOf(one.data!),
    attachments: Object.fromEntries(one.announced.map((id) => [id, tagOf(records.attachment(one.submissionId, id))])),
  },
});

export class FitConnectSide {
  readonly records: Records;
  readonly keys: OfficeKeys;
  /** What the destination says of itself; tests change it. */
  readonly destination: {
    status: string;
    encryptionKid: string;
    metadataVersions: string[];
    publicServices: { identifier: string; regions: string[]; submissionSchemas: { schemaUri: string; mimeType: string }[] }[];
  };
  /** Keys of the destination by their ids; tests change them. */
  readonly published: Map<string, unknown>;
  readonly tokens = new Map<string, number>();
  readonly #options: FitConnectOptions;
  readonly #inbox: Inbox;
  readonly #faults: FaultSwitch;
  readonly #timers = new Set<NodeJS.Timeout>();

  static async start(options: FitConnectOptions, dataDir: string, inbox: Inbox, faults: FaultSwitch): Promise<FitConnectSide> {
    return new FitConnectSide(options, options.keys ?? (await officeKeys(dataDir)), new Records(dataDir), inbox, faults);
  }

  constructor(options: FitConnectOptions, keys: OfficeKeys, records: Records, inbox: Inbox, faults: FaultSwitch) {
    this.#options = options;
    this.keys = keys;
    this.records = records;
    this.#inbox = inbox;
    this.#faults = faults;
    this.destination = {
      status: 'active',
      encryptionKid: keys.encryption.kid,
      metadataVersions: ['1.0.0', '2.1.0'],
      publicServices: Object.entries(options.services).map(([leika, schemaUri]) => ({
        identifier: `urn:de:fim:leika:leistung:${leika}`,
        regions: ['DE'],
        submissionSchemas: [{ schemaUri, mimeType: 'application/json' }],
      })),
    };
    this.published = new Map([keys.signing, keys.encryption].map(({ kid, publicJwk }) => [kid, publicJwk]));
    for (const one of records.all.values()) if (one.metadata && !one.outcome) this.#later(one);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Answers what lies below `/fit-connect`; `path` without that. */
  async handle(req: IncomingMessage, res: ServerResponse, path: string, body: Buffer): Promise<void> {
    if (req.headers['user-agent'] === undefined) return problem(res, 403, 'user-agent-missing');
    if (path === '/token') return this.#token(res, new URLSearchParams(body.toString()));
    const api = /^\/submission-api(\/.*)$/.exec(path)?.[1];
    if (api === undefined) return problem(res, 404, 'not-found');
    if (api === '/.well-known/jwks.json') return json(res, 200, { keys: [this.keys.service.publicJwk] });
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    if (!((this.tokens.get(token) ?? 0) > Date.now())) return problem(res, 401, 'unauthorized');
    const [, , first = '', id = '', third = '', last = ''] = api.split('/');
    if (req.method === 'GET' && first === 'destinations') return this.#look(res, id, third, last);
    if (req.method === 'GET' && first === 'cases' && third === 'events')
      return this.#log(res, id, new URL(req.url!, 'http://x').searchParams);
    if (first === 'submissions') return this.#write(req, res, { id, attachment: third === 'attachments' ? last : undefined }, body);
    return problem(res, 404, 'not-found');
  }

  #token(res: ServerResponse, form: URLSearchParams): void {
    const { clientId, clientSecret, tokenLasts = 1_800 } = this.#options;
    if (form.get('grant_type') !== 'client_credentials') return json(res, 400, { error: 'unsupported_grant_type' });
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
      return json(res, 401, { error: 'invalid_client' });
    const token = randomUUID();
    this.tokens.set(token, Date.now() + tokenLasts * 1_000);
    json(res, 200, { access_token: token, token_type: 'Bearer', expires_in: tokenLasts });
  }

  #look(res: ServerResponse, id: string, third: string, kid: string): void {
    if (id !== this.#options.destinationId) return problem(res, 404, 'destination-not-found');
    if (third === '') return json(res, 200, { destinationId: id, ...this.destination });
    const key = third === 'keys' ? this.published.get(kid) : undefined;
    return key ? json(res, 200, key) : problem(res, 404, 'key-not-found');
  }

  #log(res: ServerResponse, caseId: string, query: URLSearchParams): void {
    const found = this.records.byCase(caseId);
    if (!found) return problem(res, 404, 'case-not-found');
    const offset = Number(query.get('offset') ?? 0);
    const eventLog = found.events.slice(offset, offset + Math.min(500, Number(query.get('limit') ?? 500)));
    json(res, 200, { offset, count: eventLog.length, totalCount: found.events.length, eventLog });
  }

  /** The three steps of a submission, and what may go wrong with them on purpose. */
  async #write(req: IncomingMessage, res: ServerResponse, at: { id: string; attachment: string | undefined }, body: Buffer): Promise<void> {
    const fault: Fault = this.#faults.take('submission');
    if (fault === 'down') return void req.socket.destroy();
    if (fault === 'half-open') return;
    if (fault === '500') return problem(res, 500, 'internal');
    if (fault === '429') {
      res.setHeader('retry-after', '1');
      return problem(res, 429, 'too-many-requests');
    }
    const answer = req.method === 'POST' ? await this.#announce(body) : await this.#put(at, body, fault === 'reject');
    if (fault === 'drop') return void req.socket.destroy();
    if (fault === 'slow') await new Promise((done) => setTimeout(done, SLOW));
    if ('problem' in answer) problem(res, answer.status, answer.problem);
    else if (answer.status === 204) res.writeHead(204).end();
    else json(res, answer.status, answer.body);
  }

  async #announce(body: Buffer): Promise<Answer> {
    const asked = JSON.parse(body.toString()) as {
      destinationId: string;
      announcedAttachments: string[];
      publicService: Submission['service'];
    };
    if (asked.destinationId !== this.#options.destinationId) return { status: 422, problem: 'destination-not-found' };
    if (!this.destination.publicServices.some((one) => one.identifier === asked.publicService.identifier) || !asked.publicService.name)
      return { status: 422, problem: 'unsupported-service' };
    const one: Submission = {
      submissionId: randomUUID(),
      caseId: randomUUID(),
      announced: asked.announcedAttachments,
      service: asked.publicService,
      uploaded: [],
      events: [],
      sends: 0,
    };
    one.events.push(await this.#said('service', 'create-submission', one));
    this.records.keep(one);
    return { status: 201, body: { submissionId: one.submissionId, caseId: one.caseId } };
  }

  async #put({ id, attachment }: { id: string; attachment: string | undefined }, body: Buffer, reject: boolean): Promise<Answer> {
    const one = this.records.all.get(id);
    if (!one) return { status: 404, problem: 'submission-not-found' };
    if (attachment !== undefined) {
      if (one.metadata || !one.announced.includes(attachment)) return { status: 422, problem: 'attachment-not-announced' };
      if (!typed(body.toString())) return { status: 422, problem: 'cty-missing' };
      this.records.keepAttachment(id, attachment, body.toString());
      if (!one.uploaded.includes(attachment)) one.uploaded.push(attachment);
      this.records.keep(one);
      return { status: 204, body: undefined };
    }
    one.sends += 1;
    if (one.metadata) {
      this.records.keep(one);
      return { status: 409, problem: 'submission-already-submitted' };
    }
    const { encryptedMetadata, encryptedData } = JSON.parse(body.toString()) as { encryptedMetadata: string; encryptedData: string };
    if (!typed(encryptedMetadata) || !typed(encryptedData)) return { status: 422, problem: 'cty-missing' };
    if (one.uploaded.length !== one.announced.length) return { status: 422, problem: 'attachments-missing' };
    one.metadata = encryptedMetadata;
    one.data = encryptedData;
    one.events.push(await this.#said('service', 'submit-submission', one, EVENT_TAGS(one, this.records)));
    this.records.keep(one);
    this.#later(one, reject);
    return { status: 200, body: {} };
  }

  /** The office looks at it a moment later. */
  #later(one: Submission, reject = false): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.decide(one, reject);
    }, this.#options.decideAfter ?? 200);
    this.#timers.add(timer);
  }

  /** Accepts what is in order, rejects the rest, and tells the sender that there is news. */
  async decide(one: Submission, reject = false): Promise<void> {
    const opened = await open(
      one,
      this.records,
      this.keys.encryption,
      Object.values(this.#options.services),
      this.#options.validate ?? (() => undefined),
    );
    const fault = this.#faults.take('callback');
    const tags = EVENT_TAGS(one, this.records);
    // what a stranger signed comes first, and must not count
    if (fault === 'wrong-signature') one.events.push(await this.#said('stranger', 'accept-submission', one, tags));
    if (reject || 'problems' in opened) {
      const problems = 'problems' in opened ? opened.problems : [REFUSED];
      one.events.push(await this.#said('office', 'reject-submission', one, { problems }));
      one.outcome = 'rejected';
    } else {
      this.#inbox.add(opened.received, opened.files);
      one.events.push(await this.#said('office', 'accept-submission', one, tags));
      one.outcome = 'accepted';
    }
    this.records.keep(one);
    if (fault === 'wrong-signature') await this.#callBack(one, 'not-the-secret-of-the-service');
    for (let n = 0; n < (fault === 'duplicate-callback' ? 2 : 1); n += 1) await this.#callBack(one);
  }

  async #callBack({ submissionId, caseId }: Submission, secret = this.#options.callback?.secret): Promise<void> {
    const { callback, destinationId } = this.#options;
    if (!callback || !secret) return;
    const body = Buffer.from(
      JSON.stringify({
        type: 'https://schema.fitko.de/fit-connect/submission-api/callbacks/new-events',
        submissions: [{ destinationId, submissionId, caseId }],
      }),
    );
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const authentication = createHmac('sha512', secret).update(`${timestamp}.`).update(body).digest('hex');
    await post(
      callback.url,
      { 'content-type': 'application/json', 'callback-timestamp': timestamp, 'callback-authentication': authentication },
      body,
    ).catch(() => 0);
  }

  /** Signs an event; the stranger has a key of the right kind and the office's name. */
  #said(who: 'service' | 'office' | 'stranger', kind: string, one: Submission, body?: EventBody): Promise<string> {
    const stranger: KeyPair = { ...this.keys.service, kid: this.keys.signing.kid };
    const keys = who === 'service' ? this.keys.service : who === 'office' ? this.keys.signing : stranger;
    return event(keys, who === 'service' ? 'http://127.0.0.1/fit-connect/submission-api' : this.#options.destinationId, kind, one, body);
  }
}

type Answer = { readonly status: number; readonly body: unknown } | { readonly status: number; readonly problem: string };

const REFUSED = {
  type: 'https://schema.fitko.de/fit-connect/events/problems/technical-error',
  title: 'Straße fehlt im Verzeichnis',
  detail: 'Das Fachverfahren hat den Antrag nicht übernommen.',
  instance: 'data',
};

function typed(jwe: string): boolean {
  try {
    const { cty, alg, enc } = decodeProtectedHeader(jwe);
    return typeof cty === 'string' && alg === 'RSA-OAEP-256' && enc === 'A256GCM' && jwe.split('.').length === 5;
  } catch {
    return false;
  }
}

function json(res: ServerResponse, status: number, body: unknown): void {
  if (!res.destroyed) res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function problem(res: ServerResponse, status: number, name: string): void {
  if (res.destroyed) return;
  res.writeHead(status, { 'content-type': 'application/problem+json' });
  res.end(JSON.stringify({ type: `https://schema.fitko.de/fit-connect/submission-api/problems/${name}`, title: name, status }));
}
