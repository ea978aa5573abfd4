/**
 * The event log: Security Event Tokens (RFC 8417) that the delivery service and the destination sign. Nothing in it counts before its signature, its
 * issuer, its subject and the tags of what it speaks of were checked.
 */
import { compactVerify, decodeProtectedHeader } from 'jose';
import { Halt } from './halt.ts';
import { KeyRefused } from './keys.ts';
import type { Announcement } from './progress.ts';
import type { Keys } from './trust.ts';

const EVENTS = 'https://schema.fitko.de/fit-connect/events/';
const PROBLEMS = `${EVENTS}problems/`;

/** Who may say it. The service rejects by itself what nobody takes for 14 days. */
const ISSUERS = {
  'create-submission': ['service'],
  'submit-submission': ['service'],
  'notify-submission': ['service'],
  'accept-submission': ['destination'],
  'reject-submission': ['destination', 'service'],
  'delete-submission': ['destination', 'service'],
} as const satisfies Record<string, readonly ('service' | 'destination')[]>;

export type EventKind = keyof typeof ISSUERS;

export interface Problem {
  /** The last part of its type, where it is one of FIT-Connect's. */
  readonly code: string | undefined;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
}

export interface CaseEvent {
  /** `jti`. */
  readonly id: string;
  readonly kind: EventKind;
  /** Seconds since 1970, by the issuer's clock. */
  readonly issuedAt: number;
  readonly problems: readonly Problem[];
  readonly token: string;
  /** The key it was verified with, so that it can be verified again when the key is gone. */
  readonly jwk: unknown;
}

/** A token that does not count. The message is a code. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}

interface Claims {
  jti?: unknown;
  iss?: unknown;
  iat?: unknown;
  sub?: unknown;
  txn?: unknown;
  events?: Record<string, { authenticationTags?: unknown; problems?: unknown }>;
}

const LONGEST = 32 * 1_024;

/**
 * Verifies one token of the log of `sent`.
 * @returns undefined for an event that does not concern senders
 * @throws EventRefused, and what fetching a key throws
 */
export async function verifyEvent(token: string, sent: Announcement, destinationId: string, keys: Keys): Promise<CaseEvent | undefined> {
  if (token.length > LONGEST) throw new EventRefused('event-long');
  const claims = unverified(token);
  const issuer = issuerOf(claims, destinationId);
  const { jwk, key } = await keyOf(token, issuer, keys);
  await compactVerify(token, key, { algorithms: ['PS512'] }).catch(() => {
    throw new EventRefused('event-signature');
  });
  // From here on the claims are the issuer's own.
  const { jti, iat, sub, txn, events } = claims;
  if (typeof jti !== 'string' || !/^[\w.:-]{1,100}$/.test(jti) || typeof iat !== 'number') throw new EventRefused('event-claims');
  if (txn !== `case:${sent.case}`) throw new EventRefused('event-other-case');
  if (sub !== `submission:${sent.remote}`) {
    // replies have subjects of their own in the same log
    if (typeof sub === 'string' && sub.startsWith('reply:')) return undefined;
    throw new EventRefused('event-other-submission');
  }
  const entries = Object.entries(events ?? {});
  const [[uri, body] = []] = entries;
  if (entries.length !== 1 || uri === undefined || !uri.startsWith(EVENTS)) throw new EventRefused('event-claims');
  const kind = uri.slice(EVENTS.length);
  if (!isKind(kind)) return undefined;
  if (!(ISSUERS[kind] as readonly string[]).includes(issuer)) throw new EventRefused('event-issuer');
  if (kind === 'submit-submission' || kind === 'accept-submission') checkTags(body?.authenticationTags, sent);
  return { id: jti, kind, issuedAt: iat, problems: problemsOf(body?.problems), token, jwk };
}

const isKind = (name: string): name is EventKind => Object.hasOwn(ISSUERS, name);

function unverified(token: string): Claims {
  try {
    const { typ, alg } = decodeProtectedHeader(token);
    if (typ !== 'secevent+jwt' || alg !== 'PS512') throw new EventRefused('event-header');
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    if (typeof claims === 'object' && claims !== null) return claims;
  } catch (error) {
    if (error instanceof EventRefused) throw error;
  }
  throw new EventRefused('event-malformed');
}

function issuerOf({ iss }: Claims, destinationId: string): 'service' | 'destination' {
  if (iss === destinationId) return 'destination';
  if (typeof iss === 'string' && /^https?:\/\//.test(iss)) return 'service';
  throw new EventRefused('event-issuer');
}

async function keyOf(token: string, issuer: 'service' | 'destination', keys: Keys) {
  const { kid } = decodeProtectedHeader(token);
  if (typeof kid !== 'string' || !/^[\w-]{1,128}$/.test(kid)) throw new EventRefused('event-header');
  try {
    return await (issuer === 'service' ? keys.ofService(kid) : keys.ofDestination(kid, 'verify'));
  } catch (error) {
    if (error instanceof KeyRefused) throw new EventRefused(error.message);
    // a token may name any key: one that does not exist is no fault of the settings
    if (error instanceof Halt && 'status' in error.outcome && error.outcome.status === 404) throw new EventRefused('event-key');
    throw error;
  }
}

/** The event speaks of exactly what we sent. */
function checkTags(given: unknown, { tags, attachments }: Announcement): void {
  const { metadata, data, attachments: files } = (given ?? {}) as { metadata?: unknown; data?: unknown; attachments?: unknown };
  const listed = (typeof files === 'object' && files !== null ? files : {}) as Record<string, unknown>;
  const ours = (known: readonly string[] | undefined, tag: unknown) => typeof tag === 'string' && known?.includes(tag) === true;
  const whole =
    ours(tags.metadata, metadata) &&
    ours(tags.data, data) &&
    Object.keys(listed).length === attachments.length &&
    attachments.every((id) => Object.hasOwn(listed, id) && ours(tags.attachments[id], listed[id]));
  if (!whole) throw new EventRefused('event-tags');
}

function problemsOf(given: unknown): Problem[] {
  if (!Array.isArray(given)) return [];
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return given.slice(0, 50).map((one: Record<string, unknown> | null) => {
    const name = text(one?.type).startsWith(PROBLEMS) ? text(one?.type).slice(PROBLEMS.length) : '';
    return {
      code: /^[a-z]{2,20}(-[a-z]{1,20}){0,3}$/.test(name) ? name : undefined,
      title: text(one?.title),
      detail: text(one?.detail),
      instance: text(one?.instance),
    };
  });
}
