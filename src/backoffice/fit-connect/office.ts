/** The office: decrypts what it gets, checks it as FIT-Connect demands, and says what is wrong. */
import { createHash } from 'node:crypto';
import { compactDecrypt, decodeProtectedHeader } from 'jose';
import type { ReceivedCase } from '../inbox.ts';
import { privateKey, type KeyPair } from './keys.ts';
import type { Records, Submission } from './record.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
}

export type Validate = (metadata: unknown) => string | undefined;

interface Metadata {
  contentStructure: {
    data: { hash: { content: string }; submissionSchema: { schemaUri: string } };
    attachments: { attachmentId: string; hash: { content: string }; mimeType: string; filename?: string }[];
  };
  additionalReferenceInfo?: { senderReference?: string; applicationDate?: string };
  author?: { name?: string };
}

export type Opened =
  { readonly problems: readonly Problem[] } | { readonly received: ReceivedCase; readonly files: ReadonlyMap<string, Buffer> };

const problem = (name: string, title: string, detail: string, instance: string): Problem => ({
  type: `https://schema.fitko.de/fit-connect/events/problems/${name}`,
  title,
  detail,
  instance,
});
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

/** Opens a submission. `validate` says why metadata does not fit its schema; `schemas`: URIs of data that the destination takes. */
export async function open(
  one: Submission,
  records: Records,
  keys: KeyPair,
  schemas: readonly string[],
  validate: Validate,
): Promise<Opened> {
  const refuse = (...found: Problem[]): Opened => ({ problems: found });
  const key = await privateKey(keys);
  const decrypt = async (jwe: string) => {
    if (decodeProtectedHeader(jwe).kid !== keys.kid) throw new Error('another key');
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: ['RSA-OAEP-256'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return Buffer.from(plaintext);
  };
  let metadata: Metadata;
  let data: Buffer;
  try {
    metadata = JSON.parse((await decrypt(one.metadata!)).toString()) as Metadata;
    data = await decrypt(one.data!);
  } catch {
    return refuse(problem('encryption-issue', 'Entschlüsselungsfehler', 'Metadaten oder Fachdaten sind nicht lesbar.', 'data'));
  }
  const wrong = validate(metadata);
  if (wrong !== undefined) return refuse(problem('schema-violation', 'Schema-Fehler', wrong, 'metadata'));
  const { data: about, attachments } = metadata.contentStructure;
  if (sha512(data) !== about.hash.content) return refuse(problem('incorrect-hash', 'Prüfsumme falsch', 'Fachdaten', 'data'));
  if (!schemas.includes(about.submissionSchema.schemaUri))
    return refuse(problem('unsupported-data-schema', 'Schema nicht unterstützt', about.submissionSchema.schemaUri, 'metadata'));
  if (
    attachments
      .map((file) => file.attachmentId)
      .sort()
      .join() !== [...one.announced].sort().join()
  )
    return refuse(problem('attachments-mismatch', 'Anlagen passen nicht', 'Angekündigt war anderes.', 'metadata'));
  const files = new Map<string, Buffer>();
  for (const { attachmentId, hash } of attachments) {
    const bytes = await decrypt(records.attachment(one.submissionId, attachmentId)).catch(() => Buffer.alloc(0));
    if (sha512(bytes) !== hash.content)
      return refuse(problem('incorrect-hash', 'Prüfsumme falsch', 'Anlage', `attachment:${attachmentId}`));
    files.set(attachmentId, bytes);
  }
  const now = new Date().toISOString();
  return {
    files,
    received: {
      key: one.submissionId,
      via: 'FIT-Connect',
      submission: one.submissionId,
      reference: metadata.additionalReferenceInfo?.senderReference ?? one.submissionId,
      service: one.service.name,
      municipality: metadata.author?.name ?? '',
      submittedAt: now,
      receivedAt: now,
      payload: JSON.parse(data.toString()) as unknown,
      payloadSha256: createHash('sha256').update(data).digest('hex'),
      provenance: {},
      attachments: attachments.map(({ attachmentId, mimeType, filename }) => {
        const bytes = files.get(attachmentId)!;
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return { id: attachmentId, name: filename ?? attachmentId, mime: mimeType, size: bytes.length, sha256 };
      }),
      callback: '',
      sends: 1,
      // that it is taken is in the event log
      answers: [],
      news: [{ status: 'received', at: now }],
    },
  };
}
