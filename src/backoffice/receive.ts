/** What the published contracts (`submission-envelope.v1` and `v2`, `followup-envelope.v1`) say, checked as a back office would. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedAnswer, ReceivedCase, ReceivedFile } from './inbox.ts';
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
  payloadSchema?: string;
  payload: unknown;
  payloadSha256: string;
  provenance: unknown;
  handling?: unknown;
  attachments: ReceivedFile[];
  callback: { url: string };
}

interface Followup extends Envelope {
  kind: 'followup';
  delivery: string;
  question: { texts: string[] };
  channel: string;
  by: string;
  actor?: string;
  payload: { text: string };
}

const FOLLOWUP = 'https://schalter.example/schemas/followup-envelope.v1.schema.json';

type Files = ReadonlyMap<string, Buffer>;
export type Reading =
  | { readonly refused: 400 | 401 | 422; readonly why: string }
  | { readonly refused?: undefined; readonly received: ReceivedCase; readonly answer?: undefined; readonly files: Files }
  | { readonly refused?: undefined; readonly received?: undefined; readonly answer: ReceivedAnswer; readonly files: Files };

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
  if (!/\/(submission-envelope\.v[12]|followup-envelope\.v1)\.schema\.json$/.test(envelope.$schema))
    return refuse('another version is needed');
  if (keys.some((key) => key !== envelope.id)) return refuse('the keys do not fit the envelope');
  if (sha256(Buffer.from(canonical(envelope.payload))) !== envelope.payloadSha256) return refuse('the payload was altered');
  for (const { id, size, sha256: hash } of envelope.attachments) {
    const file = files.get(id);
    if (file?.length !== size || sha256(file) !== hash) return refuse('a file is missing or was altered');
  }
  if (envelope.$schema === FOLLOWUP) return { answer: answerIn(envelope as Followup), files };
  const received: ReceivedCase = {
    key: envelope.id,
    submission: envelope.submission,
    reference: envelope.reference,
    service: envelope.service.id,
    municipality: envelope.municipality.name,
    submittedAt: envelope.submittedAt,
    receivedAt: new Date().toISOString(),
    payloadSchema: envelope.payloadSchema,
    payload: envelope.payload,
    payloadSha256: envelope.payloadSha256,
    provenance: envelope.provenance,
    handling: envelope.handling,
    attachments: envelope.attachments,
    callback: envelope.callback.url,
    sends: 1,
    news: [],
    answers: [],
  };
  return { received, files };
}

const answerIn = (envelope: Followup): ReceivedAnswer => ({
  key: envelope.id,
  of: envelope.delivery,
  asked: envelope.question.texts,
  by: envelope.actor ?? envelope.by,
  channel: envelope.channel,
  submittedAt: envelope.submittedAt,
  receivedAt: new Date().toISOString(),
  text: envelope.payload.text,
  payloadSha256: envelope.payloadSha256,
  attachments: envelope.attachments,
  sends: 1,
});

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
