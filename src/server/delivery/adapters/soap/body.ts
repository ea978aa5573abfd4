/** The message as it goes over the wire: one XML document with its files in base64, or MTOM (a package of the document and the files as they are). Streamed. */
import { randomUUID } from 'node:crypto';
import { attachmentContents } from '../../attachments.ts';
import type { EnvelopeAttachment } from '../../envelope.ts';
import type { DeliveryContext } from '../types.ts';
import type { Piece } from './message.ts';
import type { Operation } from './wsdl.ts';

interface WireBody {
  readonly type: string;
  /** Bytes. */
  readonly length: number;
  readonly parts: AsyncIterable<Uint8Array>;
}

type OpenFile = DeliveryContext['openAttachment'];

const TYPES = { '1.1': 'text/xml', '1.2': 'application/soap+xml' } as const;
const bytesOf = (text: string) => Buffer.byteLength(text);
const isFile = (piece: Piece): piece is EnvelopeAttachment => typeof piece !== 'string';

export function wireBody(pieces: readonly Piece[], { version, action }: Operation, mtom: boolean, open: OpenFile): WireBody {
  const ofAction = version === '1.2' ? `; action="${action.replace(/["\\]/g, '')}"` : '';
  if (mtom && pieces.some(isFile)) return related(pieces, version, ofAction, open);
  const length = pieces.reduce((sum, piece) => sum + (isFile(piece) ? 4 * Math.ceil(piece.size / 3) : bytesOf(piece)), 0);
  return { type: `${TYPES[version]}; charset=utf-8${ofAction}`, length, parts: inline(pieces, open) };
}

async function* inline(pieces: readonly Piece[], open: OpenFile): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (isFile(piece)) yield* base64(attachmentContents(open, piece));
    else yield Buffer.from(piece);
  }
}

/** Three bytes are four characters: what is left of a chunk goes with the next. */
async function* base64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = Buffer.concat([left, chunk]);
    const whole = all.length - (all.length % 3);
    left = all.subarray(whole);
    if (whole > 0) yield Buffer.from(all.toString('base64', 0, whole));
  }
  if (left.length > 0) yield Buffer.from(left.toString('base64'));
}

/** MTOM: multipart/related, the document first, which refers to the files (XOP). */
function related(pieces: readonly Piece[], version: Operation['version'], ofAction: string, open: OpenFile): WireBody {
  const boundary = `schalter-${randomUUID()}`;
  const idOf = ({ id }: EnvelopeAttachment) => `${id}@schalter.example`;
  const document = pieces
    .map((piece) => (isFile(piece) ? `<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:${idOf(piece)}"/>` : piece))
    .join('');
  const head = (id: string, type: string, encoding: string) =>
    `--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-ID: <${id}>\r\n\r\n`;
  const first = `${head('message@schalter.example', `application/xop+xml; charset=UTF-8; type="${TYPES[version]}"`, '8bit')}${document}`;
  const files = pieces.filter(isFile).map((file) => ({ file, head: `\r\n${head(idOf(file), mimeOf(file), 'binary')}` }));
  const end = `\r\n--${boundary}--\r\n`;
  return {
    type: `multipart/related; type="application/xop+xml"; boundary="${boundary}"; start="<message@schalter.example>"; start-info="${TYPES[version]}"${ofAction}`,
    length: bytesOf(first) + bytesOf(end) + files.reduce((sum, one) => sum + bytesOf(one.head) + one.file.size, 0),
    parts: parts(),
  };

  async function* parts(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(first);
    for (const one of files) {
      yield Buffer.from(one.head);
      yield* attachmentContents(open, one.file);
    }
    yield Buffer.from(end);
  }
}

/** Kinds are the upload's own list; this only makes sure that none can break out of its line. */
const mimeOf = ({ mime }: EnvelopeAttachment) => (/^[a-z]+\/[A-Za-z0-9.+-]+$/.test(mime) ? mime : 'application/octet-stream');
