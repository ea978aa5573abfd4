/** Call-backs of the delivery service: hints that there is something new. What it is, the event log says. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FitConnectSettings } from './settings.ts';

/** Clocks may differ by so many seconds; older ones are replays. */
const WINDOW = 300;
const NEWS = 'https://schema.fitko.de/fit-connect/submission-api/callbacks/new-events';
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST = 500;

/**
 * The submissions that a call-back names; undefined when it is not from the delivery service or not of the last five minutes. Signed is
 * `timestamp.body`, the raw bytes, with HMAC-SHA-512 in hex; compared in constant time.
 */
export function hint(
  { callbackSecret }: FitConnectSettings,
  headers: NodeJS.Dict<string | string[]>,
  body: Uint8Array,
  now: number,
): string[] | undefined {
  const timestamp = headers['callback-timestamp'];
  const given = headers['callback-authentication'];
  if (!callbackSecret || typeof timestamp !== 'string' || typeof given !== 'string') return undefined;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > WINDOW) return undefined;
  const expected = createHmac('sha512', callbackSecret).update(`${timestamp}.`).update(body).digest();
  const mac = Buffer.from(given, 'hex');
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  return submissionsOf(body);
}

function submissionsOf(body: Uint8Array): string[] {
  try {
    const { type, submissions } = JSON.parse(Buffer.from(body).toString()) as {
      type?: unknown;
      submissions?: { submissionId?: unknown }[];
    };
    if (type !== NEWS || !Array.isArray(submissions)) return [];
    return submissions
      .slice(0, MOST)
      .map((one) => one?.submissionId)
      .filter((id): id is string => typeof id === 'string' && ID.test(id));
  } catch {
    return [];
  }
}
