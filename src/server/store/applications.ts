/** Drafts: pinned flow versions, and the statements of the hot path, one round trip each. Contents come and go sealed; who seals is above. */
import type { Statements, Store } from './pool.ts';
import { milliseconds } from './interval.ts';

/** A draft as the database holds it. */
export interface DraftRow {
  id: string;
  revision: number;
  flowHash: string;
  channel: string;
  custody: string;
  language: string;
  /** The `today` of its rules, `YYYY-MM-DD`. */
  startedOn: string;
  keyEpoch: string;
  wrappedKey: Buffer;
  /** Sealed answers; null when the caller holds this revision already (`have`). */
  content: Buffer | null;
  /** It can be fetched with a resume code. */
  kept: boolean;
  factorKind: string | null;
  expiresAt: Date | null;
}

export interface LoadDraft {
  municipality: string;
  sessionHash: Buffer;
  service: string;
  /** What the caller already holds: if it is still the newest, the content is not sent again. */
  have?: { id: string; revision: number } | undefined;
  /** A session not used for so long is dead, in milliseconds. */
  idle: number;
}

/** The session's draft of a service. Undefined: no draft, or no living session. Notes the session's use. */
export async function loadDraft(
  store: Statements,
  { municipality, sessionHash, service, have, idle }: LoadDraft,
): Promise<DraftRow | undefined> {
  const [row] = await store.query<DraftRow>(
    'draft-load',
    `select id, revision, flow_hash as "flowHash", channel, custody, language, started_on as "startedOn", key_epoch as "keyEpoch",
            wrapped_key as "wrappedKey", content, saved as kept, factor_kind as "factorKind", expires_at as "expiresAt"
     from load_draft($1, $2, $3, $4, $5, $6)`,
    [municipality, sessionHash, service, have?.id ?? null, have?.revision ?? null, milliseconds(idle)],
  );
  return row;
}

export interface StartDraft {
  municipality: string;
  sessionHash: Buffer;
  /** A fresh UUID: the content is sealed for it, at revision 1. */
  id: string;
  service: string;
  /** A version pinned with `pinFlow`. */
  flowHash: string;
  channel: string;
  language: string;
  startedOn: string;
  keyEpoch: string;
  wrappedKey: Buffer;
  content: Buffer;
  /** Days until it expires when nobody touches it. */
  keepDays: number;
}

export type Started = { outcome: 'created' | 'exists'; id: string; revision: number } | { outcome: 'no-session'; id: null; revision: null };

/** Begins a draft. A session has one of each service: in parallel, all but one get `exists` and its id. */
export async function startDraft(store: Statements, draft: StartDraft): Promise<Started> {
  const [row] = await store.query<Started>('draft-start', `select * from start_draft($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, [
    draft.municipality,
    draft.sessionHash,
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
  ]);
  // no row: the draft in the way ended between the insert and the look at it
  return row ?? startDraft(store, draft);
}

export interface SaveDraft {
  municipality: string;
  sessionHash: Buffer;
  id: string;
  /** The revision that was read. The content is sealed for `revision + 1`. */
  revision: number;
  content: Buffer;
  language?: string | undefined;
  keepDays: number;
  /** A session not used for so long is dead, in milliseconds. */
  idle: number;
  /** For the audit trail. Default `citizen` and `save`. */
  actor?: string;
  action?: string;
}

/** Saves of one draft within a window (milliseconds): a person needs seconds for a page, so only a machine gets there. */
export const SAVES = { limit: 600, window: 10 * 60_000 };

export type Saved =
  | { outcome: 'saved' | 'stale' | 'submitted'; revision: number; wait: null }
  /** `wait`: seconds until it may be saved again. */
  | { outcome: 'often'; revision: number; wait: number }
  | { outcome: 'gone'; revision: null; wait: null };

/** Saves over the revision that was read; with an audit row, in one statement. `stale`: somebody saved meanwhile, nothing was changed. */
export async function saveDraft(store: Statements, draft: SaveDraft): Promise<Saved> {
  const [row] = await store.query<Saved>('draft-save', `select * from save_draft($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, [
    draft.municipality,
    draft.sessionHash,
    draft.id,
    draft.revision,
    draft.content,
    draft.language ?? null,
    `${draft.keepDays} days`,
    draft.actor ?? 'citizen',
    draft.action ?? 'save',
    milliseconds(draft.idle),
    SAVES.limit,
    milliseconds(SAVES.window),
  ]);
  return row ?? { outcome: 'gone', revision: null, wait: null };
}

export interface KeepDraft {
  municipality: string;
  sessionHash: Buffer;
  id: string;
  /** Keyed hashes (`KeyRing.keyedHash`) of the code and of the second factor. */
  resumeHash: Buffer;
  factorKind: string;
  factorHash: Buffer;
  keepDays: number;
}

/** Lets a draft be fetched from any browser with a code and a second factor. False: no such draft of this session. */
export async function keepDraft(store: Statements, draft: KeepDraft): Promise<boolean> {
  const [row] = await store.query<{ kept: boolean }>('draft-keep', `select keep_draft($1, $2, $3, $4, $5, $6, $7) as kept`, [
    draft.municipality,
    draft.sessionHash,
    draft.id,
    draft.resumeHash,
    draft.factorKind,
    draft.factorHash,
    `${draft.keepDays} days`,
  ]);
  return row?.kept ?? false;
}

export interface ResumeDraft {
  municipality: string;
  resumeHash: Buffer;
  factorHash: Buffer;
  /** The session that gets the draft: a new one, or one renewed for it. */
  sessionHash: Buffer;
  /** Let go of another draft of the same service in this session that no code leads back to. */
  replace?: boolean;
}

/** `unknown` does not tell a wrong code from a wrong factor or an expired draft. Count tries with `hitLimit` before. */
export type Resumed =
  { outcome: 'resumed' | 'occupied'; id: string; service: string } | { outcome: 'unknown' | 'no-session'; id: null; service: null };

/** Moves a kept draft into a session. */
export async function resumeDraft(store: Statements, wanted: ResumeDraft): Promise<Resumed> {
  const [row] = await store.query<Resumed>('draft-resume', `select * from resume_draft($1, $2, $3, $4, $5)`, [
    wanted.municipality,
    wanted.resumeHash,
    wanted.factorHash,
    wanted.sessionHash,
    wanted.replace ?? false,
  ]);
  return row ?? { outcome: 'unknown', id: null, service: null };
}

/** Deletes a draft with its files. False: no such draft of this session. */
export async function discardDraft(store: Statements, municipality: string, sessionHash: Buffer, id: string): Promise<boolean> {
  const [row] = await store.query<{ gone: boolean }>('draft-discard', `select discard_draft($1, $2, $3) as gone`, [
    municipality,
    sessionHash,
    id,
  ]);
  return row?.gone ?? false;
}

/** Keeps a flow version for as long as applications point to it. Idempotent; do it once per process before the first draft of a version. */
export async function pinFlow(store: Store, municipality: string, hash: string, service: string, document: object): Promise<void> {
  await store.transaction(municipality, (tx) =>
    tx.query(
      'flow-pin',
      `insert into flow_version (municipality, hash, service, document) values ($1, $2, $3, $4) on conflict do nothing`,
      [municipality, hash, service, JSON.stringify(document)],
    ),
  );
}

/** The documents of a pinned version. */
export async function loadFlow(store: Store, municipality: string, hash: string): Promise<unknown> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query<{ document: unknown }>('flow-load', `select document from flow_version where municipality = $1 and hash = $2`, [
      municipality,
      hash,
    ]),
  );
  return rows[0]?.document;
}
