/**
 * What leaves the portal: applications as `schalter.submission.v1` and `v2`, published as `static/schemas/submission-envelope.v1.schema.json` and so on, and
 * answers to questions as `schalter.followup.v1`. A version is never changed, only followed by the next; a destination gets the first until it asks for
 * another. The envelope is made in the transaction that hands in and sealed in the delivery's row: all that is needed to send.
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
  /** Data path of the field it answers; `answer` with an answer to a question. */
  field: string;
}

/** How an answer came in. Version 1 knows the first four. */
interface EnvelopeProvenance {
  source: string;
  channel: string;
  by: string;
  at: string;
  actor?: string;
  confirmedAt?: string;
  previous?: Json;
}

/** How the application came in, how the citizen confirmed it, and who sent it for whom. Version 2. */
export interface EnvelopeHandling {
  /** Each time it was taken in by staff, oldest first. */
  intakes: readonly {
    channel: string;
    representation: string;
    identity: { method: string; verified: boolean; level: string; by: string; at: string };
    /** Day on which a letter or an e-mail came in. */
    receivedOn?: string;
    enteredAt: string;
  }[];
  confirmation: { how: string; at: string; summarySha256: string; note?: string; name?: string; drawing?: string };
  transmittedBy: { by: string; name?: string; place?: string };
  fee?: { item: string; amount: number; paid: string; reference?: string };
}

export type EnvelopeVersion = 1 | 2;

/** What an application and an answer have in common: all that most protocols need. */
interface Parts {
  /** Idempotency key: the same over all attempts. */
  id: string;
  submission: string;
  reference: string;
  municipality: { id: string; ars: string; name: string };
  service: { id: string; leika: string[]; level: string };
  channel: string;
  language: string;
  submittedAt: string;
  payload: Json;
  /** Hex, over the payload as canonical JSON (sorted keys, no white space). */
  payloadSha256: string;
  attachments: EnvelopeAttachment[];
  callback: { url: string };
}

/** `id`: `<submission>:<destination>`. */
export interface EnvelopeInput extends Parts {
  flowVersion: string;
  /** Address of the schema that the destination knows the payload by. */
  payloadSchema?: string | undefined;
  provenance: Readonly<Record<string, EnvelopeProvenance>>;
  handling?: EnvelopeHandling;
}

export interface SubmissionEnvelope extends EnvelopeInput {
  $schema: string;
}

/** What the office asked. */
export interface AskedQuestion {
  /** The office's own id of what it asked last. */
  eventId: string;
  askedAt: string;
  /** In its own words, oldest first, where it asked more than once before there was an answer. */
  texts: string[];
}

/** `id`: `<submission>:<destination>:<number>`. */
export interface FollowupInput extends Parts {
  /** Idempotency key of the application at the same destination. */
  delivery: string;
  number: number;
  question: AskedQuestion;
  /** Who answered: the citizen, or staff for the citizen. */
  by: 'citizen' | 'clerk';
  /** Name of the member of staff. */
  actor?: string | undefined;
}

export interface FollowupEnvelope extends FollowupInput {
  $schema: string;
  kind: 'followup';
}

/** What a delivery carries. */
export type Envelope = SubmissionEnvelope | FollowupEnvelope;

export const isFollowup = (envelope: Envelope): envelope is FollowupEnvelope => 'kind' in envelope;

const FOLLOWUP = 'https://schalter.example/schemas/followup-envelope.v1.schema.json';
const schemaOf = (version: EnvelopeVersion) => `https://schalter.example/schemas/submission-envelope.v${version}.schema.json`;

const headOf = ({ id, submission, reference, municipality, service }: Parts) => ({
  id,
  submission,
  reference,
  municipality: { id: municipality.id, ars: municipality.ars, name: municipality.name },
  service: { id: service.id, leika: service.leika, level: service.level },
});

const filesOf = ({ attachments }: Parts) =>
  attachments.map(({ id, name, mime, size, sha256, field }) => ({ id, name, mime, size, sha256, field }));

/** The envelope of a submission for one destination. Takes over what its version knows and nothing else, whatever else the parts carry. */
export function buildEnvelope(input: EnvelopeInput, version: EnvelopeVersion = 1): SubmissionEnvelope {
  return {
    $schema: schemaOf(version),
    ...headOf(input),
    flowVersion: input.flowVersion,
    channel: input.channel,
    language: input.language,
    submittedAt: input.submittedAt,
    ...(input.payloadSchema !== undefined && { payloadSchema: input.payloadSchema }),
    payload: input.payload,
    payloadSha256: input.payloadSha256,
    provenance: Object.fromEntries(
      Object.entries(input.provenance).map(([path, { source, channel, by, at, actor, confirmedAt, previous }]) => {
        const more = { ...(actor && { actor }), ...(confirmedAt && { confirmedAt }), ...(previous !== undefined && { previous }) };
        return [path, { source, channel, by, at, ...(version > 1 && more) }];
      }),
    ),
    ...(version > 1 && input.handling && { handling: told(input.handling) }),
    attachments: filesOf(input),
    callback: { url: input.callback.url },
  };
}

/** The envelope of an answer for the destination that asked. */
export function buildFollowup(input: FollowupInput): FollowupEnvelope {
  const { delivery, number, question, by, actor, channel, language, submittedAt, payload, payloadSha256, callback } = input;
  return {
    $schema: FOLLOWUP,
    kind: 'followup',
    ...headOf(input),
    delivery,
    number,
    question: { eventId: question.eventId, askedAt: question.askedAt, texts: question.texts },
    channel,
    by,
    ...(actor && { actor }),
    language,
    submittedAt,
    payload,
    payloadSha256,
    attachments: filesOf(input),
    callback: { url: callback.url },
  };
}

function told({ intakes, confirmation, transmittedBy, fee }: EnvelopeHandling): EnvelopeHandling {
  const { how, at, summarySha256, note, name, drawing } = confirmation;
  return {
    intakes: intakes.map(({ channel, representation, identity, receivedOn, enteredAt }) => ({
      channel,
      representation,
      identity: { method: identity.method, verified: identity.verified, level: identity.level, by: identity.by, at: identity.at },
      ...(receivedOn && { receivedOn }),
      enteredAt,
    })),
    confirmation: { how, at, summarySha256, ...(note && { note }), ...(name && { name }), ...(drawing && { drawing }) },
    transmittedBy: {
      by: transmittedBy.by,
      ...(transmittedBy.name && { name: transmittedBy.name }),
      ...(transmittedBy.place && { place: transmittedBy.place }),
    },
    ...(fee && { fee: { item: fee.item, amount: fee.amount, paid: fee.paid, ...(fee.reference && { reference: fee.reference }) } }),
  };
}
