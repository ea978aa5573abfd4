/**
 * The signature covers the envelope, and the envelope covers the files by size and hash. Both are checked while a file streams out, so that what does
 * not fit never ends as a complete message.
 */
import { createHash } from 'node:crypto';
import type { DeliveryContext } from './adapters/types.ts';
import type { EnvelopeAttachment } from './envelope.ts';

/** A file of the submission is not there, or not what was handed in. */
export class AttachmentBroken extends Error {
  override readonly name = 'AttachmentBroken';
}

/** A file's contents. @throws AttachmentBroken, at the latest after the last byte */
export async function* attachmentContents(open: DeliveryContext['openAttachment'], file: EnvelopeAttachment): AsyncGenerator<Uint8Array> {
  const stream = await open(file.id);
  if (!stream) throw new AttachmentBroken(`attachment ${file.id} is missing`);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  if (size !== file.size || hash.digest('hex') !== file.sha256) throw new AttachmentBroken(`attachment ${file.id} was altered`);
}
