/** Codes with which a citizen lets staff take a draft in hand, and who has it. Access is by the citizen's session. */
import type { CodeHashes } from './custody.ts';
import { milliseconds } from './interval.ts';
import type { Statements } from './pool.ts';

/** A citizen's draft. */
export interface OwnDraft {
  municipality: string;
  sessionHash: Buffer;
  application: string;
}

export interface NewHandover extends OwnDraft, CodeHashes {
  /** Fresh UUID; the code is derived from it. */
  id: string;
  /** How long the code counts, in milliseconds. */
  lasts: number;
  /** A session not used for so long is dead, in milliseconds. */
  idle: number;
}

/** Makes a code count; the one before does not any more. False: no such draft of a living session. */
export async function createHandover(store: Statements, wanted: NewHandover): Promise<boolean> {
  const [row] = await store.query<{ made: boolean }>(
    'handover-create',
    `select create_handover($1, $2, $3, $4, $5, $6, $7, $8, $9) as made`,
    [
      wanted.municipality,
      wanted.sessionHash,
      wanted.application,
      wanted.id,
      wanted.codeHash,
      wanted.factorKind,
      wanted.factorHash,
      milliseconds(wanted.lasts),
      milliseconds(wanted.idle),
    ],
  );
  return row?.made ?? false;
}

export interface OpenHandover {
  id: string;
  factorKind: string;
  expiresAt: Date;
}

/** The code that can still be used. */
export async function openHandover(
  store: Statements,
  { municipality, sessionHash, application }: OwnDraft,
): Promise<OpenHandover | undefined> {
  const [row] = await store.query<OpenHandover>(
    'handover-open',
    `select id, factor_kind as "factorKind", expires_at as "expiresAt" from open_handover($1, $2, $3)`,
    [municipality, sessionHash, application],
  );
  return row;
}

/** Ends all codes of a draft, and takes it out of the hands of whoever has it. False: not a draft of this session. */
export async function revokeHandover(store: Statements, { municipality, sessionHash, application }: OwnDraft): Promise<boolean> {
  const [row] = await store.query<{ revoked: boolean }>('handover-revoke', `select revoke_handover($1, $2, $3) as revoked`, [
    municipality,
    sessionHash,
    application,
  ]);
  return row?.revoked ?? false;
}

export interface Custody {
  name: string;
  /** Ids of the municipality's configuration. */
  site: string | null;
  desk: string | null;
  since: Date;
  until: Date;
}

/** Who at the counter has a citizen's draft in hand now. */
export async function custodyOf(store: Statements, { municipality, sessionHash, application }: OwnDraft): Promise<Custody | undefined> {
  const [row] = await store.query<Custody>('custody', `select * from custody_of($1, $2, $3)`, [municipality, sessionHash, application]);
  return row;
}
