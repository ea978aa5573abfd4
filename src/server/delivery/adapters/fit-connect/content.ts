/** What goes to the destination: data, files and the metadata that describe them, each encrypted for it alone (JWE, RFC 7516). */
import { createHash } from 'node:crypto';
import { CompactEncrypt, type CryptoKey } from 'jose';
import { attachmentContents } from '../../attachments.ts';
import type { Envelope, EnvelopeAttachment } from '../../envelope.ts';
import type { DeliveryContext } from '../types.ts';
import type { Target } from './target.ts';

/** Hex. Always over exactly the bytes that are encrypted. */
export const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

export interface Sealed {
  readonly jwe: string;
  /** Its last part, by which events name it. */
  readonly tag: string;
}

export async function encrypted(bytes: Uint8Array, kind: string, key: CryptoKey | Uint8Array, kid: string): Promise<Sealed> {
  const jwe = await new CompactEncrypt(bytes).setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid, cty: kind }).encrypt(key);
  return { jwe, tag: jwe.slice(jwe.lastIndexOf('.') + 1) };
}

/** A file as it was handed in. @throws AttachmentBroken */
export async function fileOf(open: DeliveryContext['openAttachment'], file: EnvelopeAttachment): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of attachmentContents(open, file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The application's data, serialised once: these bytes are hashed and encrypted. */
export const dataOf = ({ payload }: Envelope): Buffer => Buffer.from(JSON.stringify(payload));

export interface AttachedFile {
  readonly file: EnvelopeAttachment;
  readonly attachmentId: string;
  readonly sha512: string;
}

const DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' });

/** Metadata in the version that the destination reads; what is written here is the same in 1.x and 2.x. */
export function metadataOf(envelope: Envelope, target: Target, data: Uint8Array, files: readonly AttachedFile[]): Buffer {
  const { schema, metadataVersion } = target;
  return Buffer.from(
    JSON.stringify({
      $schema: `https://schema.fitko.de/fit-connect/metadata/${metadataVersion}/metadata.schema.json`,
      contentStructure: {
        data: { hash: { type: 'sha512', content: sha512(data) }, submissionSchema: { schemaUri: schema, mimeType: 'application/json' } },
        attachments: files.map(({ file, attachmentId, sha512: content }) => ({
          hash: { type: 'sha512', content },
          purpose: 'attachment',
          mimeType: file.mime,
          attachmentId,
          filename: file.name,
        })),
      },
      additionalReferenceInfo: { senderReference: envelope.reference, applicationDate: DAY.format(new Date(envelope.submittedAt)) },
      author: { name: envelope.municipality.name, product: { name: 'Schalter', version: '1', manufacturer: 'Schalter' } },
    }),
  );
}
