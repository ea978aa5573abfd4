/**
 * Answers to what a back office asks about an application that was handed in: the citizen's own, or given for them by staff. An answer is frozen with its
 * delivery in one transaction, and a question has one: whatever comes again finds the first.
 */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '#package';
import type { Municipality } from '#server/config';
import { buildFollowup, statusTimeline, type EnvelopeAttachment, type TimelineEntry } from '#server/delivery';
import { faultPoint } from '#server/faults';
import {
  answerQuestion,
  filesOf,
  followupsOf,
  open,
  openQuestion,
  purposes,
  seal,
  type FileRow,
  type KeyRing,
  type OpenQuestion,
  type Store,
  type SubmissionRow,
} from '#server/store';
import type { Trace } from './provenance.ts';

interface Room {
  readonly store: Store;
  readonly keys: KeyRing;
}

/** What is asked now. */
export interface Question extends OpenQuestion {
  /** In the office's words, oldest first: more than one where it asked again before there was an answer. */
  readonly texts: readonly string[];
  readonly askedAt: Date;
  /** The office's own id of what it asked last. */
  readonly eventId: string;
}

/** Where the files of an answer lie until it is sent. */
export const answerPath = ({ event }: Pick<OpenQuestion, 'event'>): string => `answer:${event}`;

/** The question that waits for an answer. Undefined: there is none, it was answered, or its office needs no answer any more. */
export async function questionOf({ store, keys }: Room, municipality: string, row: SubmissionRow): Promise<Question | undefined> {
  const asked = await openQuestion(store, municipality, row.id);
  if (!asked) return undefined;
  const entries = (await statusTimeline(store, keys, municipality, row)).toSorted((a, b) => Number(a.id) - Number(b.id));
  const last = entries.find(({ id }) => id === asked.event)!;
  return { ...asked, texts: openTexts(entries), askedAt: last.at, eventId: last.eventId ?? '' };
}

/** What was asked and neither answered nor overtaken by other news. */
function openTexts(entries: readonly TimelineEntry[]): string[] {
  const texts: string[] = [];
  for (const { status, text } of entries) {
    if (status === 'information_requested') texts.push(...(text ? [text] : []));
    // news that came late says nothing about what was asked
    else if (status === 'answered' || status === 'in_progress' || status === 'decided') texts.length = 0;
  }
  return texts;
}

/** Sealed content of an answer. */
export interface Answer {
  readonly question: { readonly texts: readonly string[]; readonly askedAt: string };
  readonly text: string;
  readonly files: readonly EnvelopeAttachment[];
  readonly by: 'citizen' | 'clerk';
  readonly actor?: string;
}

/** An answer that was given. */
export interface GivenAnswer extends Answer {
  readonly n: number;
  readonly answeredAt: Date;
  /** It has arrived at the office. */
  readonly delivered: boolean;
}

const answerContext = (municipality: string, { application }: SubmissionRow, id: string) => ({
  municipality,
  application,
  purpose: purposes.answer(id),
  revision: 0,
});

const keyOf = ({ keys }: Room, municipality: string, { keyEpoch, wrappedKey }: SubmissionRow) =>
  keys.unwrap(municipality, keyEpoch, wrappedKey);

/** The answers that were given, oldest first. */
export async function answersOf(room: Room, municipality: string, row: SubmissionRow): Promise<GivenAnswer[]> {
  const given = await followupsOf(room.store, municipality, row.id);
  if (given.length === 0) return [];
  const key = await keyOf(room, municipality, row);
  return given.map(({ id, n, contents, answeredAt, delivered }) => {
    const answer = JSON.parse(open(key, answerContext(municipality, row, id), contents).toString()) as Answer;
    return { ...answer, n, answeredAt, delivered };
  });
}

/** Whether this question was answered. */
export async function wasAnswered({ store }: Room, municipality: string, row: SubmissionRow, event: string): Promise<boolean> {
  return (await followupsOf(store, municipality, row.id)).some((one) => one.event === event);
}

/** The files that lie ready for an answer. A file that came twice counts once: `repeated` are the others. */
export async function answerFiles(
  room: Room,
  municipality: string,
  row: SubmissionRow,
  question: Pick<OpenQuestion, 'event'>,
): Promise<{ files: EnvelopeAttachment[]; repeated: string[] }> {
  const rows = (await filesOf(room.store, municipality, row.application)).filter((file) => file.fieldPath === answerPath(question));
  if (rows.length === 0) return { files: [], repeated: [] };
  const key = await keyOf(room, municipality, row);
  const files: EnvelopeAttachment[] = [];
  const repeated: string[] = [];
  for (const file of rows.map((one) => attachmentOf(one, key, municipality))) {
    if (files.some((other) => other.name === file.name && other.sha256 === file.sha256)) repeated.push(file.id);
    else files.push(file);
  }
  return { files, repeated };
}

function attachmentOf({ id, application, nameSealed, mime, size, sha256 }: FileRow, key: Buffer, municipality: string): EnvelopeAttachment {
  const name = open(key, { municipality, application, purpose: purposes.fileName(id), revision: 0 }, nameSealed).toString();
  return { id, name, mime, size, sha256: sha256?.toString('hex') ?? '', field: 'answer' };
}

export interface AnswerOptions {
  readonly municipality: Municipality;
  readonly row: SubmissionRow;
  readonly service: { readonly leika: readonly string[]; readonly level: string };
  /** The question as the page showed it: id of its entry in the timeline. */
  readonly event: string;
  readonly text: string;
  /** Who answers, and on which way it came. */
  readonly trace: Pick<Trace, 'channel' | 'by' | 'actor'>;
  /** Hash of the staff session that answers for the citizen. */
  readonly staff?: Buffer;
  readonly lang: string;
  /** Same-origin address that the back office calls with news. */
  readonly callbackUrl: string;
}

/**
 * `replayed`: it was answered before. `closed`: it is not open any more, or the office has asked something else since. `empty`: neither text nor files.
 * `forbidden`: no living staff session.
 */
export type AnswerResult = { outcome: 'answered' | 'replayed' | 'closed' | 'empty' | 'forbidden' };

/** Answers a question with a text and the files that lie ready for it. Durable when it returns `answered`. */
export async function giveAnswer(room: Room, options: AnswerOptions): Promise<AnswerResult> {
  const { municipality, row, event, text, trace, staff, lang } = options;
  const key = await keyOf(room, municipality.id, row);
  for (let attempt = 0; attempt < 5; attempt++) {
    const question = await questionOf(room, municipality.id, row);
    if (question?.event !== event) return { outcome: (await wasAnswered(room, municipality.id, row, event)) ? 'replayed' : 'closed' };
    const { files } = await answerFiles(room, municipality.id, row, question);
    if (text === '' && files.length === 0) return { outcome: 'empty' };
    const { destination, n } = question;
    const id = randomUUID();
    const answeredAt = new Date(room.store.now());
    const payload = { text };
    const payloadSha256 = createHash('sha256').update(canonicalJson(payload)).digest();
    const asked = { texts: [...question.texts], askedAt: question.askedAt.toISOString() };
    const who = { by: trace.by, ...(trace.actor && { actor: trace.actor }) };
    const contents: Answer = { question: asked, text, files, ...who };
    const envelope = buildFollowup({
      id: `${row.id}:${destination}:${n}`,
      submission: row.id,
      delivery: `${row.id}:${destination}`,
      number: n,
      reference: row.reference,
      municipality: { id: municipality.id, ars: municipality.ars, name: municipality.name },
      service: { id: row.service, leika: [...options.service.leika], level: options.service.level },
      question: { eventId: question.eventId, ...asked },
      channel: trace.channel,
      ...who,
      language: lang,
      submittedAt: answeredAt.toISOString(),
      payload,
      payloadSha256: payloadSha256.toString('hex'),
      attachments: files,
      callback: { url: options.callbackUrl },
    });
    const context = { municipality: municipality.id, application: row.application, revision: row.revision };
    faultPoint('answer-frozen');
    const { outcome } = await answerQuestion(room.store, {
      municipality: municipality.id,
      submission: row.id,
      event,
      id,
      delivery: randomUUID(),
      n,
      channel: trace.channel,
      contents: seal(key, answerContext(municipality.id, row, id), Buffer.from(JSON.stringify(contents))),
      payloadSha256,
      envelope: seal(key, { ...context, purpose: purposes.envelope(destination, n) }, Buffer.from(JSON.stringify(envelope))),
      adapter: municipality.destinations.find((one) => one.id === destination)?.adapter,
      answeredAt,
      files: files.map((file) => file.id),
      staff,
    });
    faultPoint('answer-committed');
    if (outcome !== 'changed') return { outcome };
  }
  throw new Error('the answer changed five times while it was taken');
}
