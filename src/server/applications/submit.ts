/**
 * Handing in: the payload is built and checked against its contract, frozen, and ordered for delivery in one transaction. The citizen never waits
 * for the back office. Repeating a submit, in whatever way, gives the first receipt.
 */
import { createHash, randomUUID } from 'node:crypto';
import { compilePayload, joinPath, walk, type Answers, type CompiledPayload, type Json, type Walk } from '#flow';
import { canonicalJson, payloadValidator, withKeys, type Package } from '#package';
import { buildEnvelope, type EnvelopeAttachment, type EnvelopeInput } from '#server/delivery';
import { faultPoint } from '#server/faults';
import {
  addSummary,
  filesOf,
  open,
  purposes,
  seal,
  submitApplication,
  submissionContents,
  type KeyRing,
  type Store,
  type SubmissionRow,
} from '#server/store';
import { newReference, pinFor } from './codes.ts';
import { walkOptions } from './contents.ts';
import { today } from './drafts.ts';
import { secondFactor } from './factors.ts';
import { unconfirmed } from './provenance.ts';
import { handlingOf, type Handling, type Transmitter } from './record.ts';
import type { Confirmation, Draft, FeeNote, Provenance } from './types.ts';

export type SubmitResult =
  | { outcome: 'submitted' | 'replayed'; reference: string; pin?: string | undefined }
  | { outcome: 'incomplete'; walk: Walk }
  /** Staff entered something that the citizen has not confirmed. */
  | { outcome: 'unconfirmed' }
  | { outcome: 'stale' | 'gone' }
  /** The payload does not fit its contract: a defect of the flow, reported; nothing is lost, the draft stays. */
  | { outcome: 'defect'; problems: string[] };

const templates = new WeakMap<Package, CompiledPayload>();
function templateOf(pkg: Package): CompiledPayload {
  let found = templates.get(pkg);
  if (!found) templates.set(pkg, (found = compilePayload(pkg.flow, pkg.payload.document)));
  return found;
}

/** The document that the back office gets for a walk. */
export function payloadOf(pkg: Package, walked: Walk): { document: Json; problems: string[] } {
  const document = templateOf(pkg).build(walked);
  const problems = payloadValidator(pkg.payload.schema)(document).map(({ place, message }) => `${place || '/'}: ${message}`);
  return { document, problems };
}

/** Files that count, from the answers of the walk; size and hash as the store knows them. @throws Error for a file that is not stored */
async function attachmentsOf(store: Store, draft: Draft, walked: Walk): Promise<EnvelopeAttachment[]> {
  const named = walked.steps.flatMap((step) =>
    step.fields.flatMap((field) => {
      const path = joinPath(step.prefix, field.id);
      const value = field.type.file ? walked.counted[path] : undefined;
      return Array.isArray(value) ? (value as { id: string; name: string }[]).map(({ id, name }) => ({ id, name, field: path })) : [];
    }),
  );
  if (named.length === 0) return [];
  const stored = new Map((await filesOf(store, draft.offering.municipality.id, draft.id)).map((file) => [file.id, file]));
  return named.map(({ id, name, field }) => {
    const file = stored.get(id);
    if (!file?.sha256) throw new Error('a file of the application is not stored');
    return { id, name, mime: file.mime, size: file.size, sha256: file.sha256.toString('hex'), field };
  });
}

export interface SubmitOptions {
  readonly draft: Draft;
  readonly answers: Answers;
  readonly lang: string;
  /** Same-origin address that the back office calls with news. */
  readonly callbackUrl: string;
  readonly confirmation: Confirmation;
  readonly transmittedBy: Transmitter;
  readonly fee?: FeeNote | undefined;
}

/** Submits a draft. Durable when it returns `submitted`. */
export async function submit(store: Store, keys: KeyRing, options: SubmitOptions): Promise<SubmitResult> {
  const { draft, answers, lang, callbackUrl, confirmation, transmittedBy, fee } = options;
  const walked = walk(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk });
  if (walked.outcome !== 'complete') return { outcome: 'incomplete', walk: walked };
  if (unconfirmed(draft, walked).length > 0) return { outcome: 'unconfirmed' };
  const { document, problems } = payloadOf(draft.pkg, walked);
  if (problems.length > 0) return { outcome: 'defect', problems };
  const { municipality, destination } = draft.offering;
  const payload = withKeys(document, draft.pkg.payload, destination.payloadKeys);
  const payloadSha256 = createHash('sha256').update(canonicalJson(payload)).digest();
  const { kind, hash: factorHash, pin } = await secondFactor(keys, municipality.id, draft.pkg, walked.counted, pinFor(draft));
  const context = { municipality: municipality.id, application: draft.id, revision: draft.revision };
  const provenance = Object.fromEntries(Object.entries(draft.provenance).filter(([, one]) => !one.removed));
  const attachments = await attachmentsOf(store, draft, walked);
  const handling: Handling = { intakes: draft.intakes ?? [], confirmation, transmittedBy, ...(fee && { fee }) };
  const submittedAt = new Date(store.now());
  for (let attempt = 0; attempt < 5; attempt++) {
    const reference = newReference(Number(today(submittedAt).slice(0, 4)));
    const id = randomUUID();
    const delivery = randomUUID();
    const told: EnvelopeInput = {
      id: `${id}:${destination.id}`,
      submission: id,
      reference,
      municipality: { id: municipality.id, ars: municipality.ars, name: municipality.name },
      service: { id: draft.offering.service, leika: draft.pkg.service.leika, level: draft.pkg.service.level },
      flowVersion: draft.pkg.hash,
      channel: draft.channel,
      language: lang,
      submittedAt: submittedAt.toISOString(),
      payloadSchema: destination.payloadSchemas?.[draft.offering.service],
      payload,
      payloadSha256: payloadSha256.toString('hex'),
      provenance,
      handling: handlingOf(handling),
      attachments,
      callback: { url: callbackUrl },
    };
    const envelope = buildEnvelope(told, destination.envelope);
    faultPoint('submit-frozen');
    const result = await submitApplication(store, {
      municipality: municipality.id,
      sessionHash: draft.session,
      application: draft.id,
      revision: draft.revision,
      id,
      reference,
      idempotencyKey: draft.id,
      payload: seal(
        draft.key,
        { ...context, purpose: purposes.payload },
        Buffer.from(JSON.stringify({ answers: walked.counted, payload, today: draft.today, lang, provenance, handling } satisfies Frozen)),
      ),
      payloadSha256,
      summarySha256: confirmation.summarySha256,
      summaryPdf: null,
      factorKind: kind,
      factorHash,
      submittedAt,
      orders: [
        {
          id: delivery,
          destination: destination.id,
          adapter: destination.adapter,
          envelope: seal(draft.key, { ...context, purpose: purposes.envelope(destination.id) }, Buffer.from(JSON.stringify(envelope))),
        },
      ],
    });
    faultPoint('submit-committed');
    if (result.outcome === 'reference-taken') continue;
    if (result.outcome === 'submitted' || result.outcome === 'replayed')
      return { outcome: result.outcome, reference: result.reference, pin };
    return { outcome: result.outcome };
  }
  throw new Error('no free reference number');
}

/** Frozen content of a submission, for the summary document. */
export interface Frozen {
  answers: Answers;
  payload: Json;
  today: string;
  lang: string;
  /** Not in what was handed in before there was any but the citizen's own. */
  provenance?: Record<string, Provenance>;
  /** Not in what was handed in before it was recorded. */
  handling?: Handling;
}

/** Opens what was frozen. */
export async function frozen(
  store: Store,
  keys: KeyRing,
  municipality: string,
  row: SubmissionRow,
): Promise<{ content: Frozen; key: Buffer; summary?: Buffer }> {
  const key = await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey);
  const sealed = await submissionContents(store, municipality, row.id);
  if (!sealed) throw new Error('the submission has no content');
  const context = { municipality, application: row.application, revision: row.revision };
  const content = JSON.parse(open(key, { ...context, purpose: purposes.payload }, sealed.payload).toString()) as Frozen;
  return { content, key, summary: sealed.summaryPdf ? open(key, { ...context, purpose: purposes.summary }, sealed.summaryPdf) : undefined };
}

/** Keeps the summary document beside the submission; the first one counts. */
export async function keepSummary(store: Store, municipality: string, row: SubmissionRow, key: Buffer, pdf: Uint8Array): Promise<void> {
  const context = { municipality, application: row.application, revision: row.revision, purpose: purposes.summary };
  await addSummary(store, municipality, row.id, seal(key, context, pdf));
}
