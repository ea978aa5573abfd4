/**
 * What leaves the portal: `schalter.submission.v1`, published as `static/schemas/submission-envelope.v1.schema.json`. A version is never changed,
 * only followed by the next. The envelope is made in the transaction that hands in and sealed in the delivery's row: all that is needed to send.
 */
import type { Json } from '#flow';

export interface EnvelopeAttachment {
  id: string;
  name: string;
  mime: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
  /** Data path of the field it answers. */
  field: string;
}

export interface EnvelopeInput {
  /** Idempotency key, `<submission>:<destination>`: the same over all attempts. */
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

const ENVELOPE_SCHEMA = 'https://schalter.example/schemas/submission-envelope.v1.schema.json';

/** The envelope of a submission for one destination. Takes over what version 1 knows and nothing else, whatever else the parts carry. */
export function buildEnvelope(input: EnvelopeInput): Envelope {
  const { municipality, service } = input;
  return {
    $schema: ENVELOPE_SCHEMA,
    id: input.id,
    submission: input.submission,
    reference: input.reference,
    municipality: { id: municipality.id, ars: municipality.ars, name: municipality.name },
    service: { id: service.id, leika: service.leika, level: service.level },
    flowVersion: input.flowVersion,
    channel: input.channel,
    language: input.language,
    submittedAt: input.submittedAt,
    payload: input.payload,
    payloadSha256: input.payloadSha256,
    provenance: Object.fromEntries(
      Object.entries(input.provenance).map(([path, { source, channel, by, at }]) => [path, { source, channel, by, at }]),
    ),
    attachments: input.attachments.map(({ id, name, mime, size, sha256, field }) => ({ id, name, mime, size, sha256, field })),
    callback: { url: input.callback.url },
  };
}
