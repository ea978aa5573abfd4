/** What leaves the portal: `schalter.submission.v1`. A version is never changed, only followed by the next. */
import type { Json } from '#flow';

export interface EnvelopeAttachment {
  id: string;
  name: string;
  mime: string;
  size: number;
  /** Data path of the field it answers. */
  field: string;
}

export interface EnvelopeInput {
  /** Idempotency key: the same over all attempts. */
  id: string;
  submission: string;
  reference: string;
  municipality: { id: string; ars: string; name: string };
  service: { id: string; leika: string[]; level: string };
  flowVersion: string;
  channel: string;
  language: string;
  submittedAt: string;
  payload: Json;
  /** Hex, over the payload as canonical JSON (sorted keys, no white space). */
  payloadSha256: string;
  provenance: Readonly<Record<string, { source: string; channel: string; by: string; at: string }>>;
  attachments: EnvelopeAttachment[];
  callback: { url: string };
}

export interface Envelope extends EnvelopeInput {
  $schema: string;
}

export const ENVELOPE_SCHEMA = 'https://schalter.example/schemas/submission-envelope.v1.schema.json';

export function buildEnvelope(input: EnvelopeInput): Envelope {
  return { $schema: ENVELOPE_SCHEMA, ...input };
}
