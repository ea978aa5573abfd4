/** Standard Webhooks signatures (standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, several secrets while keys rotate. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Clocks may differ by five minutes; older messages are replays. */
const WINDOW_SECONDS = 300;

function key(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

function mac(secret: string, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Headers for a message. The first secret signs. */
export function sign(secrets: readonly string[], id: string, body: Uint8Array, now = Date.now()): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = mac(secrets[0]!, id, timestamp, body).toString('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** Whether a message was signed with one of the secrets, recently. Constant time in the signature. */
export function verify(secrets: readonly string[], headers: NodeJS.Dict<string | string[]>, body: Uint8Array, now = Date.now()): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name] ?? ''));
  if (!id || !/^\d{1,12}$/.test(timestamp!) || Math.abs(now / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false;
  for (const part of signatures!.split(' ').slice(0, 10)) {
    const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
    for (const secret of secrets) {
      const expected = mac(secret, id, timestamp!, body);
      if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
    }
  }
  return false;
}
