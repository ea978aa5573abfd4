/**
 * The request: the envelope alone, or `multipart/form-data` with the envelope first and then its files, streamed. The length is known beforehand,
 * because many receivers refuse bodies that do not say how long they are.
 */
import { randomUUID } from 'node:crypto';
import { openedAttachment, withHashes } from '../../attachments.ts';
import type { Envelope, EnvelopeAttachment } from '../../envelope.ts';
import type { DeliveryContext } from '../types.ts';

export interface Body {
  readonly type: string;
  readonly length: number;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  /** What is signed: the envelope's bytes. Files are bound to it by their hashes. */
  readonly signed: Uint8Array;
}

type Source = Pick<DeliveryContext, 'envelope' | 'openAttachment'>;

/** Makes the body. @throws AttachmentBroken when a file is gone or changed; and whatever reading files throws */
export async function bodyOf({ envelope, openAttachment }: Source): Promise<Body> {
  const complete = await withHashes(envelope, openAttachment);
  const signed = Buffer.from(JSON.stringify(complete));
  if (complete.attachments.length === 0) return { type: 'application/json', length: signed.length, content: signed, signed };
  const boundary = `schalter-${randomUUID()}`;
  const first = Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="envelope"\r\nContent-Type: application/json\r\n\r\n`);
  const heads = complete.attachments.map((file) => headOf(file, boundary));
  const last = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = [first, signed, ...heads, last].reduce((sum, part) => sum + part.length, 0) + complete.attachments.reduce((sum, file) => sum + file.size, 0);
  return { type: `multipart/form-data; boundary=${boundary}`, length, content: parts(complete, openAttachment, { first, signed, heads, last }), signed };
}

/** The id instead of the name: names need encodings that receivers read differently; the envelope has them. */
function headOf({ id, mime }: EnvelopeAttachment, boundary: string): Buffer {
  return Buffer.from(`\r\n--${boundary}\r\nContent-Disposition: form-data; name="attachment"; filename="${id}"\r\nContent-Type: ${mime}\r\n\r\n`);
}

async function* parts(
  envelope: Envelope,
  open: Source['openAttachment'],
  { first, signed, heads, last }: { first: Buffer; signed: Buffer; heads: Buffer[]; last: Buffer },
): AsyncGenerator<Uint8Array> {
  yield first;
  yield signed;
  for (const [n, file] of envelope.attachments.entries()) {
    yield heads[n]!;
    yield* (await openedAttachment(open, file)) as AsyncIterable<Uint8Array>;
  }
  yield last;
}
