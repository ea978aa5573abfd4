/** Applications as the rest of the server sees them. */
import type { RawInput } from '#fields';
import type { Answers, Json, Walk } from '#flow';
import type { ConfirmationMode, Package } from '#package';
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

/** A citizen before a member of staff: what was recorded before anything was entered. Neither a copy of a document nor its number. */
export interface Intake {
  channel: Exclude<Channel, 'online'>;
  /** Who is there: the citizen, somebody with a power of attorney, or a legal representative. */
  person: 'self' | 'attorney' | 'legal';
  identity: { method: 'idCard' | 'passport' | 'residencePermit' | 'known' | 'none'; verified: boolean };
  /** Day on which a letter or an e-mail came in (YYYY-MM-DD). */
  receivedOn?: string;
  /** By whom and when it was recorded: that the citizen asks for it, too. `subject` is the provider's. */
  actor: string;
  subject: string;
  at: string;
  /** What the colleague who handed it on left with it. */
  handedOn?: { purpose: string; note: string };
  /** How the citizen confirmed everything before staff handed it in. */
  confirmed?: Confirmation;
}

/** The citizen says that everything is right, and what exactly that was. */
export interface Confirmation {
  /** `online`: by sending it themselves. */
  how: ConfirmationMode | 'online';
  at: string;
  /** Hash of the summary that was shown (`summaryHash`). */
  summarySha256: string;
  /** What staff noted of what was said. */
  note?: string;
  /** Name typed instead of a drawn signature. */
  name?: string;
  /** The drawn signature: an SVG document, made here from the strokes. */
  drawing?: string;
}

/** What was noted of the fee. The portal is no cash register: the register's own number leads to the payment. */
export interface FeeNote {
  /** What is paid for, in the words of the review. */
  item: string;
  /** Euros, as computed from the answers. */
  amount: number;
  /** `open`: not yet. */
  paid: 'open' | 'cash' | 'card' | 'machine' | 'invoice';
  /** The register's receipt number or reference. */
  reference?: string;
}

/** An answer that is missing on purpose: the citizen will bring it. */
export interface Parked {
  /** Why, in words for the citizen: the choice of the clerk and what they added. */
  reason: string;
  /** Name of the member of staff. */
  actor: string;
  at: string;
}

/** Sealed content of a draft. */
export interface Content {
  answers: Record<string, Json>;
  provenance: Record<string, Provenance>;
  /** At the counter, oldest first. */
  intakes?: readonly Intake[];
  /** By answer path. */
  parked?: Readonly<Record<string, Parked>>;
  /** What staff typed and could not be taken, by answer path and part: shown to them again until it is corrected. */
  mistyped?: Readonly<Record<string, RawInput>>;
}

export interface Draft {
  readonly id: string;
  readonly revision: number;
  readonly offering: Offering;
  /** The pinned version, which may be older than the offering's. */
  readonly pkg: Package;
  readonly answers: Answers;
  readonly provenance: Readonly<Record<string, Provenance>>;
  readonly intakes?: readonly Intake[];
  /** What the citizen will bring, by answer path: never something that is answered. */
  readonly parked?: Readonly<Record<string, Parked>>;
  readonly mistyped?: Readonly<Record<string, RawInput>>;
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
export type Saved =
  { outcome: 'saved'; draft: Draft } | { outcome: 'often'; wait: number } | { outcome: 'stale' | 'held' | 'gone' | 'submitted' };
