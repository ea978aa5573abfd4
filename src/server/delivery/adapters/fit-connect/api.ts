/**
 * The Submission API v2, as far as a sender needs it. Its full text is not published: the shapes relied on here are those that two independent clients
 * and FITKO's documentation agree on, and this file is the only one that knows them.
 */
import { failed, judge } from '../judge.ts';
import { forgetToken, tokenFor } from '../oauth2.ts';
import type { DeliveryContext } from '../types.ts';
import type { EgressAnswer, EgressRequest } from '../../egress/index.ts';
import { Halt, settings } from './halt.ts';
import type { FitConnectSettings } from './settings.ts';

const MEGABYTE = 1_024 * 1_024;
/** Events asked for at once; the service gives at most 500. */
const PAGE = 100;
/** No submission has more: a log without an end is broken. */
const MOST_EVENTS = 2_000;

/** What a destination says of itself. */
export interface RemoteDestination {
  status?: unknown;
  encryptionKid?: unknown;
  metadataVersions?: unknown;
  publicServices?: unknown;
}

export interface Announced {
  readonly submissionId: string;
  readonly caseId: string;
}

type Call = Pick<EgressRequest, 'method' | 'mostBytes'> & { readonly body?: Buffer; readonly type?: string };

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class SubmissionApi {
  readonly #destination: FitConnectSettings;
  readonly #request: DeliveryContext['request'];

  constructor({ destination, request }: Pick<DeliveryContext<FitConnectSettings>, 'destination' | 'request'>) {
    this.#destination = destination;
    this.#request = request;
  }

  destination(): Promise<RemoteDestination> {
    return this.#lookUp(`/v2/destinations/${this.#destination.destinationId}`, 'destination');
  }

  /** One key of the destination. */
  key(kid: string): Promise<unknown> {
    return this.#lookUp(`/v2/destinations/${this.#destination.destinationId}/keys/${encodeURIComponent(kid)}`, 'key');
  }

  /** The keys of the delivery service itself. */
  serviceKeys(): Promise<unknown> {
    return this.#lookUp('/.well-known/jwks.json', 'jwks');
  }

  async announce(publicService: { identifier: string; name: string }, attachments: readonly string[]): Promise<Announced> {
    const asked = { destinationId: this.#destination.destinationId, announcedAttachments: attachments, publicService };
    const answer = await this.#call('/v2/submissions', {
      method: 'POST',
      body: Buffer.from(JSON.stringify(asked)),
      type: 'application/json',
    });
    const { submissionId, caseId } = parsed(answer, 'announce') as Partial<Announced>;
    if (!ID.test(String(submissionId)) || !ID.test(String(caseId))) throw settings('announce-unreadable');
    return { submissionId: String(submissionId), caseId: String(caseId) };
  }

  /** One that is there already came before: which of our ciphertexts it is, the event of the submission says. */
  async putAttachment(submission: string, attachment: string, jwe: string): Promise<void> {
    const path = `/v2/submissions/${submission}/attachments/${attachment}`;
    const answer = await this.#send(path, { method: 'PUT', body: Buffer.from(jwe), type: 'application/jose' });
    if (answer.status !== 409) good(answer);
  }

  async submit(submission: string, encryptedMetadata: string, encryptedData: string): Promise<number> {
    const body = Buffer.from(JSON.stringify({ encryptedMetadata, encryptedData }));
    return (await this.#call(`/v2/submissions/${submission}`, { method: 'PUT', body, type: 'application/json' })).status;
  }

  /** The event log of a case, as signed; undefined: there is no such case. */
  async events(caseId: string): Promise<string[] | undefined> {
    const tokens: string[] = [];
    for (;;) {
      const path = `/v2/cases/${caseId}/events?offset=${tokens.length}&limit=${PAGE}`;
      const answer = await this.#send(path, { method: 'GET', mostBytes: MEGABYTE });
      if (answer.status === 404) return undefined;
      const { eventLog } = parsed(good(answer), 'events') as { eventLog?: unknown };
      if (!Array.isArray(eventLog)) throw settings('events-unreadable');
      tokens.push(...eventLog.filter((one) => typeof one === 'string'));
      if (eventLog.length < PAGE || tokens.length >= MOST_EVENTS) return tokens;
    }
  }

  /** What is refused here is nothing about the application: somebody has to look at the configuration. */
  async #lookUp(path: string, what: string): Promise<Record<string, unknown>> {
    const answer = await this.#send(path, { method: 'GET', mostBytes: MEGABYTE });
    if (answer.status >= 400 && judge(answer).kind === 'park') throw settings(`${what}-answer-${answer.status}`, answer.status);
    return parsed(good(answer), what) as Record<string, unknown>;
  }

  async #call(path: string, call: Call): Promise<EgressAnswer> {
    return good(await this.#send(path, call));
  }

  /** A token may be withdrawn before its time: once, a 401 is answered with a new one. */
  async #send(path: string, call: Call): Promise<EgressAnswer> {
    const first = await this.#sendOnce(path, call);
    if (first.status !== 401) return first;
    forgetToken(this.#destination.oauth2);
    return this.#sendOnce(path, call);
  }

  async #sendOnce(path: string, { method, body, type, mostBytes }: Call): Promise<EgressAnswer> {
    const token = await tokenFor(this.#destination.oauth2, this.#request);
    return this.#request({
      method,
      url: `${this.#destination.url}${path}`,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, application/problem+json',
        'user-agent': 'Schalter/1',
        ...(body && { 'content-type': type ?? '', 'content-length': String(body.length) }),
      },
      ...(body && { body }),
      ...(mostBytes && { mostBytes }),
    });
  }
}

/** @throws Halt for every answer but 2xx */
function good(answer: EgressAnswer): EgressAnswer {
  const outcome = judge(answer);
  if (outcome.kind !== 'delivered') throw new Halt(outcome);
  return answer;
}

function parsed({ body }: EgressAnswer, what: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told below
  }
  throw settings(`${what}-unreadable`);
}

/** The outcome that an error of these calls means. @throws what is none of them */
export const outcomeOf = (error: unknown) => (error instanceof Halt ? error.outcome : failed(error));
