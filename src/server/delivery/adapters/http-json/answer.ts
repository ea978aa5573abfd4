/** What a back office's answer means for the delivery, and what of its words may be kept. */
import type { Json } from '#flow';
import type { EgressAnswer } from '../../egress.ts';
import type { DeliveryOutcome } from '../types.ts';

const AGAIN = new Set([408, 425, 429]);
/** A receiver that says "in a year" is asked once a day. */
const LONGEST_WAIT = 86_400;
const MOST_WORDS = 300;

/**
 * 2xx arrived; 408, 425, 429 and 5xx later again, when the receiver says so; 401 and 403 mean our credentials and 3xx our address, so every
 * delivery of the destination; everything else is about this one application and waits for a person, with the back office's own words.
 */
export function judge(answer: EgressAnswer, payload: Json): DeliveryOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const reason = `answer ${status}`;
  if (status === 401 || status === 403 || (status >= 300 && status < 400)) return { kind: 'retry', status, reason, misconfigured: true };
  if (AGAIN.has(status) || status >= 500) {
    const afterSeconds = retryAfter(answer);
    return { kind: 'retry', status, reason, ...(afterSeconds !== undefined && { afterSeconds }) };
  }
  const words = quoted(answer.body, payload);
  return { kind: 'park', status, reason: words ? `${reason}: ${words}` : reason };
}

/** `Retry-After` in seconds: a number, or a date, which is read against the answer's own clock. Undefined when there is none that makes sense. */
export function retryAfter({ headers }: Pick<EgressAnswer, 'headers'>): number | undefined {
  const text = String(headers['retry-after'] ?? '').trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), LONGEST_WAIT);
  if (!/^[A-Z][a-z]{2}, /.test(text)) return undefined;
  const until = Date.parse(text);
  const now = Date.parse(String(headers.date ?? ''));
  if (Number.isNaN(until)) return undefined;
  return Math.min(Math.max(0, Math.ceil((until - (Number.isNaN(now) ? Date.now() : now)) / 1000)), LONGEST_WAIT);
}

/**
 * The receiver's words for a person to read: one line, not long. Refusals like to repeat what they refuse, and this text is kept in clear:
 * every word that stands in the payload becomes "…".
 */
export function quoted(body: string, payload: Json): string {
  const known = new Set<string>();
  collect(payload, known);
  const words = body
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .replace(WORD, (word) => (known.has(word.toLowerCase()) ? '…' : word))
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

/** Shorter ones tell nothing about a person and would take the sense out of every sentence. */
const WORD = /[\p{L}\p{M}\p{N}]{3,}/gu;

function collect(value: Json, into: Set<string>): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'object') for (const inner of Object.values(value)) collect(inner as Json, into);
  else for (const word of String(value).match(WORD) ?? []) into.add(word.toLowerCase());
}
