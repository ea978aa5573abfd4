/**
 * Drafts in the hands of staff. Every function takes the hash of a staff session, which the database checks (it lives, and has a role that serves
 * citizens) together with what it asks for; there is none that lists or counts. Reads, acts and refusals are in the log of access, in the same transaction.
 */
import type { DraftRow, StartDraft } from './applications.ts';
import { milliseconds } from './interval.ts';
import type { Statements } from './pool.ts';

/** Whose staff session asks. */
export interface Hands {
  municipality: string;
  /** Hash of the staff session's id. */
  staff: Buffer;
}

export interface ClaimDraft extends Hands {
  /** Keyed hash of the code. */
  codeHash: Buffer;
  /** Keyed hashes of what the second factor may mean. */
  factorHashes: readonly Buffer[];
  /** Why: for the log of access. */
  purpose: string;
}

/**
 * `refused`: wrong, expired, revoked, used or tried too often, not told apart. `held`: code and factor are right, and somebody else has the draft in hand.
 * `forbidden`: no living session with a role for it. `code`: id of the hand-over; `purpose` and `note` (sealed) come from a colleague.
 */
export type ClaimedDraft =
  | { outcome: 'claimed'; application: string; service: string; code: string; purpose: string | null; note: Buffer | null }
  | { outcome: 'held'; holderName: string; holderSite: string | null; holderDesk: string | null }
  | { outcome: 'refused' | 'forbidden' | 'restricted' };

/** Takes a draft in hand with a code and its second factor. At once from two stations: one has it. */
export async function claimDraft(
  store: Statements,
  { municipality, staff, codeHash, factorHashes, purpose }: ClaimDraft,
): Promise<ClaimedDraft> {
  const [row] = await store.query<ClaimedDraft>(
    'draft-claim',
    `select outcome, application, service, code, purpose, note, holder_name as "holderName", holder_site as "holderSite", holder_desk as "holderDesk"
     from claim_draft($1, $2, $3, $4, $5)`,
    [municipality, staff, codeHash, factorHashes, purpose],
  );
  return row ?? { outcome: 'refused' };
}

/** Begins a draft in the hands of staff. False: no living session with a role for it. */
export async function startCounterDraft(
  store: Statements,
  draft: Omit<StartDraft, 'sessionHash'> & Hands & { purpose: string },
): Promise<boolean> {
  const [row] = await store.query<{ started: boolean }>(
    'draft-start-counter',
    `select start_counter_draft($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as started`,
    [
      draft.municipality,
      draft.staff,
      draft.id,
      draft.service,
      draft.flowHash,
      draft.channel,
      draft.language,
      draft.startedOn,
      draft.keyEpoch,
      draft.wrappedKey,
      draft.content,
      `${draft.keepDays} days`,
      draft.purpose,
    ],
  );
  return row?.started ?? false;
}

const draftColumns = `id, service, revision, flow_hash as "flowHash", channel, custody, language, started_on as "startedOn", key_epoch as "keyEpoch",
            wrapped_key as "wrappedKey", content, saved as kept, factor_kind as "factorKind", expires_at as "expiresAt"`;

export type CounterDraftRow = DraftRow & { service: string };

/** The draft that this session has in hand. Undefined: it has no such draft, or not any more. `action`: what it is read for, for the log. */
export async function loadCounterDraft(
  store: Statements,
  { municipality, staff }: Hands,
  application: string,
  action: 'read' | 'print' = 'read',
): Promise<CounterDraftRow | undefined> {
  const [row] = await store.query<CounterDraftRow>('draft-load-counter', `select ${draftColumns} from load_counter_draft($1, $2, $3, $4)`, [
    municipality,
    staff,
    application,
    action,
  ]);
  return row;
}

/** The draft that this session took in hand last, for the screen the citizen sees. Looking is no use of the session. */
export async function viewDraft(store: Statements, { municipality, staff }: Hands): Promise<CounterDraftRow | undefined> {
  const [row] = await store.query<CounterDraftRow>('draft-view', `select ${draftColumns} from view_draft($1, $2)`, [municipality, staff]);
  return row;
}

export interface SaveCounterDraft extends Hands {
  id: string;
  /** The revision that was read. The content is sealed for `revision + 1`. */
  revision: number;
  content: Buffer;
  language?: string | undefined;
  keepDays: number;
}

/** `gone`: this session has the draft in hand no more. */
export type CounterSaved = { outcome: 'saved' | 'stale'; revision: number } | { outcome: 'gone'; revision: null };

/** Saves over the revision that was read, and holds the draft for another half hour. */
export async function saveCounterDraft(store: Statements, draft: SaveCounterDraft): Promise<CounterSaved> {
  const [row] = await store.query<CounterSaved>('draft-save-counter', `select * from save_counter_draft($1, $2, $3, $4, $5, $6, $7)`, [
    draft.municipality,
    draft.staff,
    draft.id,
    draft.revision,
    draft.content,
    draft.language ?? null,
    `${draft.keepDays} days`,
  ]);
  return row ?? { outcome: 'gone', revision: null };
}

/** A code and its second factor, as keyed hashes. */
export interface CodeHashes {
  codeHash: Buffer;
  factorKind: string;
  factorHash: Buffer;
}

/** Gives a draft back to the citizen, with a resume code where one is given. False: not in this session's hands, or nobody could find it again. */
export async function giveBackDraft(
  store: Statements,
  { municipality, staff }: Hands,
  application: string,
  keepDays: number,
  resume?: CodeHashes,
): Promise<boolean> {
  const [row] = await store.query<{ given: boolean }>('draft-give-back', `select give_back_draft($1, $2, $3, $4, $5, $6, $7) as given`, [
    municipality,
    staff,
    application,
    resume?.codeHash ?? null,
    resume?.factorKind ?? null,
    resume?.factorHash ?? null,
    `${keepDays} days`,
  ]);
  return row?.given ?? false;
}

export interface HandOn extends Hands, CodeHashes {
  application: string;
  /** Fresh UUID of the hand-over; the note is sealed for it. */
  id: string;
  purpose: string;
  note: Buffer | null;
  /** How long the code counts, in milliseconds. */
  lasts: number;
}

/** Lets go of a draft with a code for a colleague. False: not in this session's hands. */
export async function handOnDraft(store: Statements, wanted: HandOn): Promise<boolean> {
  const [row] = await store.query<{ given: boolean }>(
    'draft-hand-on',
    `select hand_on_draft($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as given`,
    [
      wanted.municipality,
      wanted.staff,
      wanted.application,
      wanted.id,
      wanted.codeHash,
      wanted.factorKind,
      wanted.factorHash,
      wanted.purpose,
      wanted.note,
      milliseconds(wanted.lasts),
    ],
  );
  return row?.given ?? false;
}

/** Lets go of everything a staff session holds, whether it lives or not, and of what it has open; gives how many drafts. The end of a session does the same. */
export async function releaseDrafts(store: Statements, { municipality, staff }: Hands): Promise<number> {
  const [row] = await store.query<{ n: number }>('draft-release', `select next_person($1, $2) as n`, [municipality, staff]);
  return row?.n ?? 0;
}

/** Opens an application that was handed in, by its reference number; gives the submission's id. Undefined: no such number, or no session with a role for it. */
export async function openCase(
  store: Statements,
  { municipality, staff }: Hands,
  reference: string,
  purpose: string,
): Promise<string | undefined> {
  const [row] = await store.query<{ id: string | null }>('case-open', `select open_case($1, $2, $3, $4) as id`, [
    municipality,
    staff,
    reference,
    purpose,
  ]);
  return row?.id ?? undefined;
}

/** The submission that a session has open, read for `action`. */
export async function readCase(store: Statements, { municipality, staff }: Hands, action: 'read' | 'print'): Promise<string | undefined> {
  const [row] = await store.query<{ id: string | null }>('case-read', `select read_case($1, $2, $3) as id`, [municipality, staff, action]);
  return row?.id ?? undefined;
}
