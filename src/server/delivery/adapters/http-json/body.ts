/** What goes over the wire: the envelope alone, or with its files. Files are streamed; lengths are known before, so nothing is chunked. */
import { randomUUID } from 'node:crypto';
import { attachmentContents } from '../../attachments.ts';
import type { EnvelopeAttachment } from '../../envelope.ts';
import type { DeliveryContext } from '../types.ts';

export interface Body {
  readonly type: string;
  /** Bytes. */
  readonly length: number;
  readonly parts: Uint8Array | AsyncIterable<Uint8Array>;
}

export function bodyOf({ bytes, envelope, openAttachment }: DeliveryContext): Body {
  const files = envelope.attachments;
  if (files.length === 0) return { type: 'application/json', length: bytes.length, parts: bytes };
  const boundary = `schalter-${randomUUID()}`;
  const first = Buffer.from(head(boundary, 'application/json', 'name="envelope"').slice(2));
  const heads = files.map((file) => Buffer.from(head(boundary, mimeOf(file), `name="attachment"; filename="${file.id}"`)));
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = first.length + bytes.length + end.length + files.reduce((sum, file, n) => sum + heads[n]!.length + file.size, 0);
  return { type: `multipart/form-data; boundary=${boundary}`, length, parts: parts() };

  async function* parts(): AsyncGenerator<Uint8Array> {
    yield first;
    yield bytes;
    for (const [n, file] of files.entries()) {
      yield heads[n]!;
      yield* attachmentContents(openAttachment, file);
    }
    yield end;
  }
}

const head = (boundary: string, type: string, disposition: string) =>
  `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;

/** Kinds are the upload's own list; this only makes sure that none can break out of its line. */
const mimeOf = ({ mime }: EnvelopeAttachment) => (/^[a-z]+\/[A-Za-z0-9.+-]+$/.test(mime) ? mime : 'application/octet-stream');
