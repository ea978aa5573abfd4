/** What the deliveries desk reads, and what a person decides there. Reading never gives contents; acts need a living staff session with the role. */
import type { Statements, Store } from './pool.ts';

/** States that the desk lists, each by an index, so that a long queue costs nothing. */
export type ListedState = 'queued' | 'sending' | 'parked' | 'unknown' | 'waiting';

export interface DeskLine {
  id: string;
  reference: string;
  service: string;
  state: ListedState;
  attempts: number;
  queuedAt: Date;
  /** When it is due; while it is in flight, the end of its lease. */
  nextAt: Date;
  lastError: string | null;
  /** Number of the answer that it carries; null: the application. */
  answer: number | null;
}

const line = `select w.id, s.reference, s.service, w.state, w.attempts, w.created_at as "queuedAt", w.next_at as "nextAt", w.last_error as "lastError",
  (select f.n from followup f where f.municipality = w.municipality and f.id = w.followup_id) as answer
  from delivery w join submission s on s.municipality = w.municipality and s.id = w.submission_id
  where w.municipality = $1 and w.destination = $2`;

/** Deliveries to a destination in one state, at most `most`: those under way by when they are due, the others by age. */
export function deskLines(
  store: Store,
  municipality: string,
  destination: string,
  state: ListedState,
  { most, skip }: { most: number; skip: number },
): Promise<DeskLine[]> {
  const values = [municipality, destination, most, skip];
  const text =
    state === 'queued' || state === 'sending'
      ? `${line} and w.state in ('queued', 'sending') and w.state = '${state}' order by w.next_at, w.id limit $3 offset $4`
      : `${line} and w.state in ('parked', 'unknown', 'waiting') and w.state = '${state}' order by w.created_at, w.id limit $3 offset $4`;
  return store.transaction(municipality, (tx) => tx.query<DeskLine>(`desk-lines-${state}`, text, values));
}

export interface DeskDelivery {
  id: string;
  submission: string;
  application: string;
  reference: string;
  service: string;
  destination: string;
  adapter: string;
  /** Number of the answer that it carries; null: the application. */
  answer: number | null;
  state: ListedState | 'delivered' | 'redirected';
  attempts: number;
  queuedAt: Date;
  nextAt: Date;
  deliveredAt: Date | null;
  lastError: string | null;
  /** Whether the back office's own words are there. */
  words: boolean;
  keyEpoch: string;
  wrappedKey: Buffer;
  revision: number;
}

export interface AttemptRow {
  n: number;
  startedAt: Date;
  milliseconds: number;
  outcome: 'delivered' | 'retry' | 'parked' | 'unknown' | 'waiting' | 'released' | 'lost';
  status: number | null;
  detail: string | null;
}

export interface RedirectionRow {
  id: string;
  delivery: string;
  reference: string;
  source: string;
  target: string;
  reason: string;
  proposedBy: string;
  proposedName: string;
  proposedAt: Date;
  decidedName: string | null;
  decidedAt: Date | null;
  outcome: 'confirmed' | 'refused' | 'overtaken' | null;
}

const redirections = `select r.id, r.delivery_id as delivery, s.reference, r.source, r.target, r.reason, r.proposed_by as "proposedBy",
  r.proposed_name as "proposedName", r.proposed_at as "proposedAt", r.decided_name as "decidedName", r.decided_at as "decidedAt", r.outcome
  from redirection r join submission s on s.municipality = r.municipality and s.id = r.submission_id where r.municipality = $1`;

export interface DeskCase {
  delivery: DeskDelivery;
  /** Newest first, at most a hundred. */
  attempts: AttemptRow[];
  redirections: RedirectionRow[];
  /** Destinations that this submission has a delivery to, those that it left not counted. */
  taken: string[];
}

/** One delivery with its attempts. Undefined: there is none with this id. */
export function deskCase(store: Store, municipality: string, id: string): Promise<DeskCase | undefined> {
  return store.transaction(municipality, async (tx) => {
    const [delivery] = await tx.query<DeskDelivery>(
      'desk-delivery',
      `select w.id, w.submission_id as submission, s.application_id as application, s.reference, s.service, w.destination, w.adapter, w.state, w.attempts,
              w.created_at as "queuedAt", w.next_at as "nextAt", w.delivered_at as "deliveredAt", w.last_error as "lastError", w.words is not null as words,
              (select f.n from followup f where f.municipality = w.municipality and f.id = w.followup_id) as answer, s.key_epoch as "keyEpoch", s.wrapped_key as "wrappedKey", s.revision
       from delivery w join submission s on s.municipality = w.municipality and s.id = w.submission_id where w.municipality = $1 and w.id = $2`,
      [municipality, id],
    );
    if (!delivery) return undefined;
    const attempts = await tx.query<AttemptRow>(
      'desk-attempts',
      `select n, started_at as "startedAt", (extract(epoch from ended_at - started_at) * 1000)::float as milliseconds, outcome, status, detail
       from delivery_attempt where municipality = $1 and delivery_id = $2 order by id desc limit 100`,
      [municipality, id],
    );
    const moved = await tx.query<RedirectionRow>(
      'desk-redirections',
      `${redirections} and r.submission_id = $2 order by r.proposed_at desc limit 50`,
      [municipality, delivery.submission],
    );
    const taken = await tx.query<{ destination: string }>(
      'desk-taken',
      `select destination from delivery where municipality = $1 and submission_id = $2 and followup_id is null and state <> 'redirected'`,
      [municipality, delivery.submission],
    );
    return { delivery, attempts, redirections: moved, taken: taken.map((row) => row.destination) };
  });
}

/** Changes of destination that wait for a second person, oldest first. */
export const openRedirections = (store: Store, municipality: string, most = 50): Promise<RedirectionRow[]> =>
  store.transaction(municipality, (tx) =>
    tx.query<RedirectionRow>('desk-open-redirections', `${redirections} and r.outcome is null order by r.proposed_at limit $2`, [
      municipality,
      most,
    ]),
  );

/** The sealed envelope of a delivery: purpose `purposes.envelope(destination, answer)`, at the submission's revision. */
export async function deliveryEnvelope(store: Store, municipality: string, id: string): Promise<Buffer | undefined> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query<{ envelope: Buffer }>('desk-envelope', `select envelope from delivery where municipality = $1 and id = $2`, [
      municipality,
      id,
    ]),
  );
  return rows[0]?.envelope;
}

/** Whose session acts. */
export interface DeskClerk {
  municipality: string;
  sessionHash: Buffer;
}

async function call<Result>(store: Statements, name: string, { municipality, sessionHash }: DeskClerk, ...values: readonly unknown[]) {
  const places = values.map((_, n) => `$${n + 3}`);
  const [row] = await store.query<{ result: Result }>(
    `desk-${name.replaceAll('_', '-')}`,
    `select ${name}(${['$1', '$2', ...places].join(', ')}) as result`,
    [municipality, sessionHash, ...values],
  );
  return row!.result;
}

/** The back office's words about a refusal, sealed (purpose `words:<delivery>`, revision 0); noted in the log. Null: none, or not for this clerk. */
export const readWords = (store: Statements, clerk: DeskClerk, delivery: string) =>
  call<Buffer | null>(store, 'read_words', clerk, delivery);

/** `again`: sent again (parked or unknown); `arrived`: it is there (unknown). */
export const decideDelivery = (store: Statements, clerk: DeskClerk, delivery: string, decision: 'again' | 'arrived') =>
  call<'done' | 'forbidden' | 'changed'>(store, 'decide_delivery', clerk, delivery, decision);

/** Sends everything again that is parked for a destination; gives how many, null: not for this clerk. */
export const replayParked = (store: Statements, clerk: DeskClerk, destination: string) =>
  call<number | null>(store, 'replay_parked', clerk, destination);

export const proposeRedirection = (
  store: Statements,
  clerk: DeskClerk,
  wanted: { id: string; delivery: string; target: string; reason: string },
) =>
  call<'proposed' | 'forbidden' | 'changed' | 'open' | 'there'>(
    store,
    'propose_redirection',
    clerk,
    wanted.id,
    wanted.delivery,
    wanted.target,
    wanted.reason,
  );

/** `delivery`: fresh UUID. `envelope`: sealed for the new destination. */
export const confirmRedirection = (
  store: Statements,
  clerk: DeskClerk,
  order: { id: string; delivery: string; adapter: string; envelope: Buffer },
) =>
  call<'confirmed' | 'forbidden' | 'same-person' | 'changed'>(
    store,
    'confirm_redirection',
    clerk,
    order.id,
    order.delivery,
    order.adapter,
    order.envelope,
  );

/** Whether this clerk may see this print, which waits to be printed; noted in the log. */
export const openPrint = (store: Statements, clerk: DeskClerk, delivery: string) => call<boolean>(store, 'open_print', clerk, delivery);

/** It is on paper and on its way. */
export const finishPrint = (store: Statements, clerk: DeskClerk, delivery: string) =>
  call<'done' | 'forbidden' | 'changed'>(store, 'finish_print', clerk, delivery);

export const refuseRedirection = (store: Statements, clerk: DeskClerk, id: string) =>
  call<'refused' | 'forbidden' | 'changed'>(store, 'refuse_redirection', clerk, id);
