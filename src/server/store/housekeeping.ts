/** Rate limits, retention by the clock, and periodic work. */
import type { Statements } from './pool.ts';
import { milliseconds } from './interval.ts';

/**
 * Counts one use of `key` within `window` milliseconds. 0: allowed; else the seconds to wait (`Retry-After`). Exact over all portals.
 * @param key a keyed hash (`KeyRing.keyedHash`) of what is limited, e.g. an address: the table shall not tell who came
 */
export async function hitLimit(store: Statements, municipality: string, key: Buffer, limit: number, window: number): Promise<number> {
  const [row] = await store.query<{ wait: number }>('limit-hit', `select hit_rate_limit($1, $2, $3, $4) as wait`, [
    municipality,
    key,
    limit,
    milliseconds(window),
  ]);
  return row?.wait ?? 0;
}

/** True for one caller per interval (milliseconds), whoever of all portals and workers asks first. */
export async function claimPeriodic(store: Statements, name: string, every: number): Promise<boolean> {
  const [row] = await store.query<{ mine: boolean }>('periodic-claim', `select claim_periodic($1, $2) as mine`, [
    name,
    milliseconds(every),
  ]);
  return row?.mine ?? false;
}

export interface Swept {
  drafts: number;
  sessions: number;
  uploads: number;
}

/** Deletes expired drafts with their files, dead sessions (not used for `idle` milliseconds) and abandoned uploads. Never anything handed in. */
export async function sweepExpired(store: Statements, idle: number): Promise<Swept> {
  const [row] = await store.query<Swept>('sweep', `select * from sweep_expired($1)`, [milliseconds(idle)]);
  return row ?? { drafts: 0, sessions: 0, uploads: 0 };
}
