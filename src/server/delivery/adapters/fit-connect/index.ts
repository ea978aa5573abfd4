/**
 * `fit-connect`: a submission is announced, its files and then the submission itself are sent, each encrypted for the destination, and the destination
 * takes it when it says so in the event log. Until then it is nobody's: the service deletes what is not taken. docs/adr/0020 and 0021 says what is right when
 * answers are lost.
 */
import { faultPoint } from '#server/faults';
import type { FitConnectDestination } from '#server/config';
import { plainWords } from '../judge.ts';
import type { DeliveryContext, DeliveryOutcome, Protocol } from '../types.ts';
import { outcomeOf, SubmissionApi } from './api.ts';
import { hint } from './callback.ts';
import { dataOf, encrypted, fileOf, metadataOf, sha512, type AttachedFile } from './content.ts';
import { EventRefused, verifyEvent, type CaseEvent } from './events.ts';
import { Halt } from './halt.ts';
import { fresh, isAnnounced, isYoung, pauseAfter, progressOf, type Announcement, type Progress } from './progress.ts';
import { fitConnectSettings, type FitConnectSettings } from './settings.ts';
import { targetOf, type Target } from './target.ts';
import { keysOf, refusedKey, type Keys } from './trust.ts';

export type { FitConnectSettings } from './settings.ts';

type Context = DeliveryContext<FitConnectSettings>;

const GONE = new Set([404, 410]);

export const fitConnect: Protocol<FitConnectDestination, FitConnectSettings> = {
  settings: fitConnectSettings,
  // A submission has to fit the schema that the destination offers for the service, and an answer does not (docs/adr/0022).
  answers: () => false,
  send: async (context) => {
    try {
      return await new Sending(context).run();
    } catch (error) {
      return outcomeOf(error);
    }
  },
  hint,
};

/** One attempt. */
class Sending {
  readonly #context: Context;
  readonly #api: SubmissionApi;
  readonly #keys: Keys;
  #progress: Progress;

  constructor(context: Context) {
    this.#context = context;
    this.#api = new SubmissionApi(context);
    this.#keys = keysOf(context, this.#api);
    this.#progress = progressOf(context.checkpoint, context.envelope.attachments.length);
  }

  async run(): Promise<DeliveryOutcome> {
    if (isAnnounced(this.#progress)) {
      const known = await this.#ask(this.#progress);
      if (known) return known;
    }
    const { destination, envelope } = this.#context;
    const target = targetOf(await this.#api.destination(), destination, envelope);
    const { key } = await this.#keys.ofDestination(target.encryptionKid, 'encrypt').catch(refusedKey);
    const announced = isAnnounced(this.#progress) ? this.#progress : await this.#announce(target);
    return await this.#submit(announced, target, key).catch((error: unknown) => this.#refused(error));
  }

  /** What the log says about a submission that is under way; undefined: it is not sent yet, and `#progress` says how to go on. */
  async #ask(sent: Announcement): Promise<DeliveryOutcome | undefined> {
    const tokens = await this.#api.events(sent.case);
    const { events, refused } = await this.#verified(tokens ?? [], sent);
    const find = (kind: CaseEvent['kind']) => events.find((one) => one.kind === kind);
    const accepted = find('accept-submission');
    if (accepted) return { kind: 'delivered', accepted: accepted.id };
    const ended = find('reject-submission') ?? find('delete-submission');
    const submitted = find('submit-submission');
    if (ended && submitted) {
      if (!this.#context.again) return refusal(ended);
      await this.#save(fresh(sent.attachments.length));
      return undefined;
    }
    if (submitted) {
      const checkpoint = { ...sent, asked: sent.asked + 1, archived: events.map((one) => one.id) } satisfies Progress;
      return { kind: 'waiting', afterSeconds: pauseAfter(sent.asked), checkpoint, ...(refused && { reason: refused }) };
    }
    // Signed and about this submission, but not what we sent: neither to be sent again nor to be believed.
    if (refused === 'event-tags' && !this.#context.again) return { kind: 'unknown', reason: refused };
    // What was never completed is gone for good after a day, and nobody has seen it.
    if (ended || refused === 'event-tags' || !isYoung(sent, this.#context.now())) await this.#save(fresh(sent.attachments.length));
    else if (!tokens) throw new Halt({ kind: 'retry', cause: 'failing', reason: 'case-unknown' });
    return undefined;
  }

  /** Verifies a log and keeps it as proof. `refused`: why the last one that does not count does not. */
  async #verified(tokens: readonly string[], sent: Announcement): Promise<{ events: CaseEvent[]; refused: string | undefined }> {
    const events: CaseEvent[] = [];
    let refused: string | undefined;
    for (const token of tokens) {
      try {
        const event = await verifyEvent(token, sent, this.#context.destination.destinationId, this.#keys);
        if (!event) continue;
        events.push(event);
      } catch (error) {
        if (!(error instanceof EventRefused)) throw error;
        if (refused !== 'event-tags') refused = error.message;
      }
    }
    const unkept = events.filter((one) => !sent.archived.includes(one.id));
    if (unkept.length > 0)
      await this.#context.keepProofs(
        unkept.map(({ id, kind, token, jwk }) => ({ sourceId: id, kind, text: JSON.stringify({ token, key: jwk }) })),
      );
    return { events, refused };
  }

  /**
   * The intent is noted first. An announcement whose answer was lost is made again: it is empty, its receiver never sees it, and the service removes it
   * after a day.
   */
  async #announce(target: Target): Promise<Announcement> {
    const begun = fresh(this.#context.envelope.attachments.length, this.#progress.announcements + 1);
    await this.#save(begun);
    const { submissionId, caseId } = await this.#api.announce(target.publicService, begun.attachments);
    const announced = { ...begun, remote: submissionId, case: caseId, announcedAt: this.#context.now() };
    await this.#save(announced);
    return announced;
  }

  async #submit(announced: Announcement, target: Target, key: Awaited<ReturnType<Keys['ofDestination']>>['key']): Promise<DeliveryOutcome> {
    const { envelope, openAttachment } = this.#context;
    const kid = target.encryptionKid;
    const data = dataOf(envelope);
    const files: AttachedFile[] = [];
    let now = announced;
    for (const [n, file] of envelope.attachments.entries()) {
      const attachmentId = announced.attachments[n]!;
      const bytes = await fileOf(openAttachment, file);
      files.push({ file, attachmentId, sha512: sha512(bytes) });
      if (now.uploaded.includes(attachmentId)) continue;
      const { jwe, tag } = await encrypted(bytes, file.mime, key, kid);
      const known = now.tags.attachments[attachmentId] ?? [];
      now = { ...now, tags: { ...now.tags, attachments: { ...now.tags.attachments, [attachmentId]: [...known, tag] } } };
      await this.#save(now);
      await this.#api.putAttachment(now.remote, attachmentId, jwe);
      now = { ...now, uploaded: [...now.uploaded, attachmentId] };
      await this.#save(now);
    }
    const metadata = await encrypted(metadataOf(envelope, target, data, files), 'application/json', key, kid);
    const content = await encrypted(data, 'application/json', key, kid);
    now = { ...now, tags: { ...now.tags, metadata: [...now.tags.metadata, metadata.tag], data: [...now.tags.data, content.tag] } };
    await this.#save(now);
    faultPoint('delivery-signed');
    const status = await this.#api.submit(now.remote, metadata.jwe, content.jwe);
    faultPoint('delivery-answered');
    return { kind: 'waiting', afterSeconds: pauseAfter(0), status, checkpoint: { ...now, asked: 1 } satisfies Progress };
  }

  /** A refusal may be the answer to a submission that had arrived before, or about one that is gone. @throws the refusal, when it is one */
  async #refused(error: unknown): Promise<DeliveryOutcome> {
    const sent = this.#progress;
    if (!(error instanceof Halt) || error.outcome.kind !== 'park' || !isAnnounced(sent)) throw error;
    const known = await this.#ask(sent);
    if (known) return known;
    if (!GONE.has(error.outcome.status ?? 0)) throw error;
    await this.#save(fresh(sent.attachments.length));
    return { kind: 'retry', cause: 'failing', reason: 'submission-gone', status: error.outcome.status };
  }

  async #save(progress: Progress): Promise<void> {
    await this.#context.saveCheckpoint(progress);
    this.#progress = progress;
  }
}

/** Refused by who should have taken it, or removed before anybody did. Its words are for staff, and sealed. */
function refusal({ kind, problems }: CaseEvent): DeliveryOutcome {
  const code = problems.find((one) => one.code !== undefined)?.code;
  const said = problems.map(({ title, detail, instance }) => [title, detail, instance && `(${instance})`].filter(Boolean).join(' '));
  const words = plainWords(said.join(' | '));
  const reason = kind === 'reject-submission' ? `rejected${code ? `:${code}` : ''}` : 'deleted';
  return { kind: 'park', reason, ...(words && { words }) };
}
