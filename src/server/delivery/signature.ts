/** Standard Webhooks signatures (standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, several secrets while they are rotated. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Clocks may differ by five minutes; older messages are replays. */
const WINDOW_SECONDS = 300;
/** Shorter keys can be guessed. */
const SHORTEST_KEY = 16;
/** More signatures in one header than any rotation needs are an attempt to keep us busy. */
const MOST_SIGNATURES = 10;

/** A secret that cannot be used as a key. Never says the secret. */
export class WeakSecret extends Error {}

/** @throws WeakSecret */
function keyOf(secret: string): Buffer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  if (key.length < SHORTEST_KEY) throw new WeakSecret(`a signing secret has ${key.length} bytes, it needs ${SHORTEST_KEY} or more`);
  return key;
}

/** @throws WeakSecret when it cannot be used to sign */
export function checkSecret(secret: string): void {
  keyOf(secret);
}

function mac(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Headers for a message that is sent at `now` (milliseconds), with one signature per secret so that the receiver may know either. @throws WeakSecret, also without any secret */
export function sign(secrets: readonly string[], id: string, body: Uint8Array, now: number): Record<string, string> {
  if (secrets.length === 0) throw new WeakSecret('no signing secret is configured');
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => `v1,${mac(secret, id, timestamp, body).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

const header = (headers: NodeJS.Dict<string | string[]>, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

/** Whether a message was signed with one of the secrets, and within five minutes of `now`. `body`: the raw bytes. Constant time in the signature. */
export function verify(secrets: readonly string[], headers: NodeJS.Dict<string | string[]>, body: Uint8Array, now: number): boolean {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  if (!id || !/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false;
  const given = header(headers, 'webhook-signature')
    .split(' ')
    .slice(0, MOST_SIGNATURES)
    .filter((part) => part.startsWith('v1,'))
    .map((part) => Buffer.from(part.slice(3), 'base64'));
  let fits = false;
  for (const secret of secrets) {
    const expected = mac(secret, id, timestamp, body);
    for (const one of given) if (one.length === expected.length && timingSafeEqual(one, expected)) fits = true;
  }
  return fits;
}
