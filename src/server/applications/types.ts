/** Applications as the rest of the server sees them. */
import type { Answers, Json, Walk } from '#flow';
import type { Package } from '#package';
import type { Offering } from '#server/catalog';

export type Source = 'typed' | 'dictated' | 'phone' | 'paper' | 'taken-over';
export type Channel = 'online' | 'counter' | 'phone' | 'post' | 'email';

/** How an answer came in. */
export interface Provenance {
  source: Source;
  channel: Channel;
  by: 'citizen' | 'clerk';
  at: string;
  /** Name of the member of staff. */
  actor?: string;
  /** When the citizen confirmed what staff had entered. */
  confirmedAt?: string;
  /** The value before, where an answer passed from one hand to the other. */
  previous?: Json;
  /** Staff took the answer away. */
  removed?: true;
}

/** Sealed content of a draft. */
export interface Content {
  answers: Record<string, Json>;
  provenance: Record<string, Provenance>;
}

export interface Draft {
  readonly id: string;
  readonly revision: number;
  readonly offering: Offering;
  /** The pinned version, which may be older than the offering's. */
  readonly pkg: Package;
  readonly answers: Answers;
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** ISO date that counts as today for its rules. */
  readonly today: string;
  readonly walk: Walk;
  /** Hash of the session that opened it: a citizen's, or of staff who have it in hand. */
  readonly session: Buffer;
  /** The application's own key. */
  readonly key: Buffer;
  readonly keyEpoch: string;
  /** Where it began. */
  readonly channel: Channel;
  /** `counter`: staff have it in hand, and the citizen only looks. */
  readonly custody: 'citizen' | 'counter';
  /** A resume code was given out. */
  readonly kept: boolean;
  readonly factorKind?: string;
  readonly expiresAt?: Date;
}

/** `held`: nobody saved meanwhile, but the draft is in other hands. */
export type Saved = { outcome: 'saved'; draft: Draft } | { outcome: 'stale' | 'held' | 'gone' | 'submitted' };
