/** Answers to what a back office asks: the open question of a submission, and the follow-ups that were given. */
import type { Statements, Store } from './pool.ts';

/** A question that waits for its answer. */
export interface OpenQuestion {
  /** Id of its entry in the timeline. */
  event: string;
  /** Who asks. */
  destination: string;
  /** Which of the submission's answers this will be, from 1. */
  n: number;
}

/** The newest question, while it waits for an answer. Undefined: nothing is asked, it was answered, or its office needs no answer any more. */
export async function openQuestion(store: Store, municipality: string, submission: string): Promise<OpenQuestion | undefined> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query<OpenQuestion>('question-open', `select event_id::text as event, destination, n from open_question($1, $2)`, [
      municipality,
      submission,
    ]),
  );
  return rows[0];
}

export interface Followup {
  id: string;
  /** Id of the question's entry in the timeline. */
  event: string;
  n: number;
  destination: string;
  /** Sealed with purpose `answer:<id>`, revision 0. */
  contents: Buffer;
  answeredAt: Date;
  /** It has arrived at the office. */
  delivered: boolean;
}

/** The answers that were given to questions about a submission, oldest first. */
export function followupsOf(store: Store, municipality: string, submission: string): Promise<Followup[]> {
  return store.transaction(municipality, (tx) =>
    tx.query<Followup>(
      'followups',
      `select f.id, f.event_id::text as event, f.n, f.destination, f.contents, f.answered_at as "answeredAt", w.state is not distinct from 'delivered' as delivered
       from followup f left join delivery w on w.municipality = f.municipality and w.followup_id = f.id
       where f.municipality = $1 and f.submission_id = $2 order by f.n`,
      [municipality, submission],
    ),
  );
}

export interface NewFollowup {
  municipality: string;
  submission: string;
  /** The question. */
  event: string;
  /** Fresh UUIDs. */
  id: string;
  delivery: string;
  n: number;
  channel: string;
  /** Sealed with purpose `answer:<id>`, revision 0. */
  contents: Buffer;
  payloadSha256: Buffer;
  /** The document to send, sealed with purpose `envelope:<destination>:<n>` at the submission's revision. */
  envelope: Buffer;
  /** As the destination is reached by now. Undefined: no document knows it. */
  adapter: string | undefined;
  answeredAt: Date;
  /** The files that the envelope names. */
  files: readonly string[];
  /** Hash of the staff session that answers for the citizen. */
  staff?: Buffer | undefined;
}

/**
 * `replayed`: the question was answered before. `closed`: it is not the open question any more. `changed`: its files or its number are not what was
 * read. `forbidden`: no living staff session with a role for it.
 */
export type Answered = { outcome: 'answered' | 'replayed'; id: string } | { outcome: 'closed' | 'changed' | 'forbidden'; id: null };

/** Freezes an answer, and orders its delivery to who asked, in one statement and one transaction. */
export async function answerQuestion(store: Statements, wanted: NewFollowup): Promise<Answered> {
  const [row] = await store.query<Answered>(
    'question-answer',
    `select outcome, id from answer_question($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      wanted.municipality,
      wanted.submission,
      wanted.event,
      wanted.id,
      wanted.delivery,
      wanted.n,
      wanted.channel,
      wanted.contents,
      wanted.payloadSha256,
      wanted.envelope,
      wanted.adapter ?? null,
      wanted.answeredAt,
      wanted.files,
      wanted.staff ?? null,
    ],
  );
  return row ?? { outcome: 'closed', id: null };
}

/** For staff, with the citizen there: the submission by reference and second factor (keyed hashes of what it may mean). Counted and logged. */
export async function openForAnswer(
  store: Statements,
  { municipality, staff }: { municipality: string; staff: Buffer },
  reference: string,
  factors: readonly Buffer[],
): Promise<string | undefined> {
  const [row] = await store.query<{ id: string | null }>('question-open-counter', `select open_for_answer($1, $2, $3, $4) as id`, [
    municipality,
    staff,
    reference,
    factors,
  ]);
  return row?.id ?? undefined;
}

/** Takes back a file of an answer that is not sent yet. False: there is no such file, or its question is not open any more. */
export async function removeAnswerFile(store: Statements, municipality: string, application: string, id: string): Promise<boolean> {
  const [row] = await store.query<{ gone: boolean }>('answer-file-remove', `select remove_answer_file($1, $2, $3) as gone`, [
    municipality,
    application,
    id,
  ]);
  return row?.gone ?? false;
}
