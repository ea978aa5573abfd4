/** What the published contract (`submission-envelope.v1` and `v2`) says about a submission, checked as a back office would. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedCase, ReceivedFile } from './inbox.ts';
import { partsOf } from './multipart.ts';
import { isSigned } from './signature.ts';

interface Envelope {
  $schema: string;
  id: string;
  submission: string;
  reference: string;
  service: { id: string };
  municipality: { name: string };
  submittedAt: string;
  payload: unknown;
  payloadSha256: string;
  provenance: unknown;
  attachments: ReceivedFile[];
  callback: { url: string };
}

export type Reading =
  | { readonly refused: 400 | 401 | 422; readonly why: string }
  | { readonly refused?: undefined; readonly received: ReceivedCase; readonly files: ReadonlyMap<string, Buffer> };

/** Reads and checks a submission. */
export function readSubmission(secret: string, headers: IncomingHttpHeaders, body: Buffer): Reading {
  const { envelope: bytes, files } = partsOf(headers['content-type'] ?? '', body);
  if (!isSigned(secret, headers, bytes)) return { refused: 401, why: 'wrong signature' };
  return checkSubmission(bytes, [headers['idempotency-key'], headers['webhook-id']], files);
}

/** What every protocol brings: the envelope, the keys that stand beside it, and the files. */
export function checkSubmission(bytes: Buffer, keys: readonly unknown[], files: ReadonlyMap<string, Buffer>): Reading {
  let envelope: Envelope;
  try {
    envelope = JSON.parse(bytes.toString()) as Envelope;
  } catch {
    return { refused: 400, why: 'not JSON' };
  }
  const refuse = (why: string): Reading => ({ refused: 422, why });
  if (!/\/submission-envelope\.v[12]\.schema\.json$/.test(envelope.$schema)) return refuse('another version is needed');
  if (keys.some((key) => key !== envelope.id)) return refuse('the keys do not fit the envelope');
  if (sha256(Buffer.from(canonical(envelope.payload))) !== envelope.payloadSha256) return refuse('the payload was altered');
  for (const { id, size, sha256: hash } of envelope.attachments) {
    const file = files.get(id);
    if (file?.length !== size || sha256(file) !== hash) return refuse('a file is missing or was altered');
  }
  const received: ReceivedCase = {
    key: envelope.id,
    submission: envelope.submission,
    reference: envelope.reference,
    service: envelope.service.id,
    municipality: envelope.municipality.name,
    submittedAt: envelope.submittedAt,
    receivedAt: new Date().toISOString(),
    payload: envelope.payload,
    payloadSha256: envelope.payloadSha256,
    provenance: envelope.provenance,
    attachments: envelope.attachments,
    callback: envelope.callback.url,
    sends: 1,
    news: [],
  };
  return { received, files };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Canonical JSON: sorted keys, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = value as Record<string, unknown>;
  return `{${Object.keys(members)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(members[key])}`)
    .join(',')}}`;
}
