/** The log of what staff read and did: only grows, each row carries the hash of the one before. Rows are written by the functions that act. */
import type { Statements } from './pool.ts';

/** A row as its hash was made of it. */
export interface AccessRow {
  /** Counts up from 1 in each municipality, without gaps; text because it may outgrow a number. */
  n: string;
  /** UTC, with microseconds. */
  at: string;
  actor: string;
  actorName: string;
  site: string | null;
  desk: string | null;
  application: string | null;
  purpose: string | null;
  action: string;
  code: string | null;
  previous: Buffer;
  hash: Buffer;
}

/** At most `most` rows after number `after`, in order. */
export function accessRows(store: Statements, municipality: string, after: string, most: number): Promise<AccessRow[]> {
  return store.query<AccessRow>(
    'access-page',
    `select n, at, actor, actor_name as "actorName", site, desk, application, purpose, action, code, previous, hash from access_log_page($1, $2, $3)`,
    [municipality, after, most],
  );
}

export interface AccessHead {
  municipality: string;
  /** Number and hash of the newest row. */
  n: string;
  hash: Buffer;
}

/** Where each municipality's chain ends. */
export function accessHeads(store: Statements): Promise<AccessHead[]> {
  return store.query<AccessHead>('access-heads', `select municipality, n, hash from access_log_heads()`);
}

/** What staff did with an application, as its citizen may know it. */
export interface Opened {
  at: Date;
  action: 'claim' | 'start' | 'give-back' | 'hand-on' | 'submit' | 'open' | 'answer-open' | 'answer';
  name: string;
  site: string | null;
  desk: string | null;
}

/** Who opened an application, oldest first. The caller knows that it is the citizen who asks. */
export function openedBy(store: Statements, municipality: string, application: string): Promise<Opened[]> {
  return store.query<Opened>('access-of', `select * from opened_by($1, $2)`, [municipality, application]);
}
