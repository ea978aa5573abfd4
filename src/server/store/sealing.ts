/**
 * Sealing of answers, payloads and files: AES-256-GCM with a key of its own per application. The additional data name municipality, application,
 * purpose and revision, so that a blob that was moved, swapped or taken from an older revision does not open.
 *
 * Blob: version byte | 12 bytes nonce | 16 bytes tag | ciphertext. Nonces are random; one key seals far fewer than 2^32 blobs.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';

const version = 1;
const nonceLength = 12;
const tagLength = 16;
const headLength = 1 + nonceLength + tagLength;

/** What a blob belongs to. */
export interface SealContext {
  municipality: string;
  /** Id of the application. */
  application: string;
  purpose: string;
  /** Revision of the application that the blob belongs to; 0 for what does not change with it. */
  revision: number;
}

/** The purposes in use. `envelope`, `answer`, `words`, `proof`, `handover-note` and `file` bind further names. */
export const purposes = {
  content: 'content',
  payload: 'payload',
  summary: 'summary',
  statusText: 'status-text',
  /** `answer`: number of the answer that it carries; none: the application. */
  envelope: (destination: string, answer?: number | null) => `envelope:${destination}${answer ? `:${answer}` : ''}`,
  answer: (followup: string) => `answer:${followup}`,
  words: (delivery: string) => `words:${delivery}`,
  proof: (delivery: string, source: string) => `proof:${delivery}:${source}`,
  handoverNote: (handover: string) => `handover-note:${handover}`,
  fileName: (file: string) => `file-name:${file}`,
  /** The number and the last flag make a dropped, doubled or swapped chunk fail. */
  fileChunk: (file: string, n: number, last: boolean) => `file:${file}:${n}:${last ? 'last' : 'more'}`,
} as const;

/** Thrown when a blob or a key does not open: altered, cut, moved or under another key. Says nothing about the contents. */
export class SealBroken extends Error {
  constructor(what: string) {
    super(`${what} cannot be opened: altered, moved, or sealed with another key.`);
    this.name = 'SealBroken';
  }
}

function additionalData({ municipality, application, purpose, revision }: SealContext): Buffer {
  // the parts must not run into each other
  if (municipality.includes('|') || application.includes('|') || purpose.includes('|'))
    throw new Error('A seal context may not contain "|".');
  return Buffer.from(`${municipality}|${application}|${purpose}|${revision}`);
}

/** Seals `bytes` under `key` (32 bytes) for `context`. */
export function seal(key: Uint8Array, context: SealContext, bytes: Uint8Array): Buffer {
  return sealRaw(key, additionalData(context), bytes);
}

/** Opens what `seal` made with the same key and context. @throws SealBroken */
export function open(key: Uint8Array, context: SealContext, blob: Uint8Array): Buffer {
  return openRaw(key, additionalData(context), blob);
}

/** Node prepares a key anew whenever it is given as bytes (measured: a third of sealing a draft). */
const prepared = new WeakMap<Uint8Array, KeyObject>();
function keyObject(key: Uint8Array): KeyObject {
  let object = prepared.get(key);
  if (!object) prepared.set(key, (object = createSecretKey(key)));
  return object;
}

/** Nonces are drawn from the system many at a time: asking costs more than the bytes. */
const drawn = Buffer.alloc(nonceLength * 256);
let next = drawn.length;
function nonceInto(target: Uint8Array): void {
  if (next === drawn.length) {
    randomFillSync(drawn);
    next = 0;
  }
  target.set(drawn.subarray(next, (next += nonceLength)));
}

/** `seal` with the additional data as they are. */
export function sealRaw(key: Uint8Array, aad: Uint8Array, bytes: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(headLength);
  head[0] = version;
  const nonce = head.subarray(1, 1 + nonceLength);
  nonceInto(nonce);
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: tagLength });
  cipher.setAAD(aad);
  const body = cipher.update(bytes);
  const rest = cipher.final();
  cipher.getAuthTag().copy(head, 1 + nonceLength);
  const sealed = Buffer.concat([head, body, rest]);
  release(body);
  return sealed;
}

/**
 * Gives a large buffer's memory back now and not with the next collection of garbage, which knows little of what lies outside its heap. Only for
 * buffers that nobody reads any more, not even the system.
 */
export function release({ buffer, length }: Buffer): void {
  if (length >= 64 * 1024 && length === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
}

/** `open` with the additional data as they are. @throws SealBroken */
export function openRaw(key: Uint8Array, aad: Uint8Array, blob: Uint8Array): Buffer {
  if (blob.length < headLength || blob[0] !== version) throw new SealBroken('The data');
  try {
    // authTagLength: without it node would take a tag that was cut short
    const decipher = createDecipheriv('aes-256-gcm', keyObject(key), blob.subarray(1, 1 + nonceLength), { authTagLength: tagLength });
    decipher.setAAD(aad);
    decipher.setAuthTag(blob.subarray(1 + nonceLength, headLength));
    const body = decipher.update(blob.subarray(headLength));
    const rest = decipher.final();
    return rest.length === 0 ? body : Buffer.concat([body, rest]);
  } catch {
    throw new SealBroken('The data');
  }
}
