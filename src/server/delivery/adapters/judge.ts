/** What an answer means, and what it means that there was none. */
import { EgressFailed, EgressRefused, type EgressAnswer } from '../egress/index.ts';
import { TokenRefused } from './oauth2.ts';
import type { DeliveryOutcome } from './types.ts';

const AGAIN = new Set([408, 425, 429]);
/** Statuses that say that nothing was done: these are no doubt even where a second send would count twice. */
const NOTHING_DONE = new Set([425, 429, 503]);
/** Longest pause that a receiver is granted. */
const LONGEST_SECONDS = 24 * 3_600;
const MOST_WORDS = 300;

/**
 * 2xx arrived. 408, 425, 429 and 5xx: again, not before `Retry-After`. 401, 403 and redirects: settings. Every other answer is a refusal and waits for
 * a person. `manual`: a status that leaves open whether something was done is `unknown`.
 */
export function judge({ status, headers, body }: Pick<EgressAnswer, 'status' | 'headers' | 'body'>, manual = false): DeliveryOutcome {
  const reason = `answer-${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (AGAIN.has(status) || status >= 500) {
    if (manual && !NOTHING_DONE.has(status)) return { kind: 'unknown', status, reason };
    const afterSeconds = pauseOf(headers);
    return {
      kind: 'retry',
      cause: status === 429 ? 'busy' : 'failing',
      status,
      reason,
      ...(afterSeconds !== undefined && { afterSeconds }),
    };
  }
  if (status === 401 || status === 403 || status < 400) return { kind: 'retry', cause: 'settings', status, reason };
  const words = plainWords(body);
  return { kind: 'park', status, reason, ...(words && { words }) };
}

/** `Retry-After` in seconds: a number, or an HTTP date, which is by the clock of whoever sent it. Undefined when it is neither. */
function pauseOf({ 'retry-after': value, date }: EgressAnswer['headers']): number | undefined {
  if (typeof value !== 'string') return undefined;
  const sent = Date.parse(typeof date === 'string' ? date : '');
  const now = Number.isNaN(sent) ? Date.now() : sent;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}

/** Text from outside, short, on one line, and without characters that steer a terminal or turn the direction of reading. */
export function plainWords(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, MOST_WORDS)
    .toWellFormed();
}

/** TLS codes of a certificate that does not fit: it needs somebody, not time. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO|ERR_TLS_CERT|ERR_SSL|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|EPROTO)/;

/** What it means that a call failed. @throws whatever is not about the call */
export function failed(error: unknown, manual = false): DeliveryOutcome {
  if (error instanceof EgressRefused) return { kind: 'retry', cause: 'settings', reason: error.message };
  if (error instanceof TokenRefused) return { kind: 'retry', cause: error.cause, reason: error.message, status: error.status };
  if (!(error instanceof EgressFailed)) throw error;
  if (CERTIFICATE.test(error.code)) return { kind: 'retry', cause: 'settings', reason: error.code };
  if (manual && error.sent) return { kind: 'unknown', reason: error.code };
  return { kind: 'retry', cause: 'failing', reason: error.code };
}
