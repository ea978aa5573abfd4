/**
 * The signature covers the envelope, and the envelope covers the files by their hashes. Handing in does not read files again, so hashes that are
 * missing are taken here, before a connection is opened: a file that cannot be read is found while nothing has been sent yet.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Envelope, EnvelopeAttachment } from './envelope.ts';

export type OpenAttachment = (id: string) => Promise<Readable | undefined>;

/** A file of the submission is not there, or not as long as it was. */
export class AttachmentBroken extends Error {}

/** The file's contents. @throws AttachmentBroken when it is gone */
export async function openedAttachment(open: OpenAttachment, { id }: EnvelopeAttachment): Promise<Readable> {
  const stream = await open(id);
  if (!stream) throw new AttachmentBroken(`attachment ${id} is missing`);
  return stream;
}

/** The envelope with the hash of every file. @throws AttachmentBroken; and whatever reading throws */
export async function withHashes(envelope: Envelope, open: OpenAttachment): Promise<Envelope> {
  const attachments: EnvelopeAttachment[] = [];
  for (const file of envelope.attachments) attachments.push(file.sha256 ? file : { ...file, sha256: await hashOf(file, open) });
  return { ...envelope, attachments };
}

async function hashOf(file: EnvelopeAttachment, open: OpenAttachment): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of (await openedAttachment(open, file)) as AsyncIterable<Buffer>) {
    size += chunk.length;
    hash.update(chunk);
  }
  if (size !== file.size) throw new AttachmentBroken(`attachment ${file.id} has ${size} bytes instead of ${file.size}`);
  return hash.digest('hex');
}
