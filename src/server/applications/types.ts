/** Applications as the rest of the server sees them. */
import type { Answers, Json, Walk } from '#flow';
import type { Package } from '#package';
import type { Offering } from '#server/catalog';

/** How an answer came in. */
export interface Provenance {
  source: 'typed' | 'dictated' | 'phone' | 'paper' | 'taken-over';
  channel: 'online' | 'counter' | 'phone' | 'post' | 'email';
  by: 'citizen' | 'clerk';
  at: string;
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
  readonly session: Buffer;
  /** The application's own key. */
  readonly key: Buffer;
  readonly keyEpoch: string;
  /** A resume code was given out. */
  readonly kept: boolean;
  readonly factorKind?: string;
  readonly expiresAt?: Date;
}

export type Saved = { outcome: 'saved'; draft: Draft } | { outcome: 'stale' | 'gone' | 'submitted' };
