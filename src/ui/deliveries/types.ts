/** What the deliveries desk shows: figures, codes in words, never an answer. */
import type { Link, SummaryError } from '../types.ts';

export type Light = 'good' | 'slow' | 'open';

export interface Figure {
  readonly label: string;
  readonly value: string;
}

/** An instant: for machines and for people. */
export interface Instant {
  readonly iso: string;
  readonly text: string;
}

export interface DestinationView {
  readonly id: string;
  readonly name: string;
  readonly href: string;
  /** The protocol, in words. */
  readonly how: string;
  /** What arrives there is typed in again. */
  readonly mediaBreak: boolean;
  /** A sentence where answers to what it asks do not leave this way. */
  readonly noAnswers?: string | undefined;
  readonly light: Light;
  readonly lightText: string;
  readonly counts: readonly (Figure & { readonly name: string; readonly none: boolean; readonly note?: string | undefined })[];
}

export interface DeskView {
  readonly equation: {
    readonly submitted: Figure;
    /** How many of them are answers, if any. */
    readonly answers?: string | undefined;
    readonly parts: readonly Figure[];
    readonly holds: boolean;
  };
  readonly destinations: readonly DestinationView[];
  /** Changes of destination that wait for a second person. */
  readonly changes: readonly (Link & { readonly text: string })[];
}

export interface DeskListView extends DestinationView {
  readonly back: string;
  readonly tabs: readonly { readonly label: string; readonly count: string; readonly href: string; readonly current: boolean }[];
  readonly lines: readonly {
    readonly reference: string;
    readonly href: string;
    readonly service: string;
    readonly since: Instant;
    readonly attempts: number;
    readonly reason: string;
    readonly due?: string | undefined;
  }[];
  /** Whether lines say when they are due. */
  readonly due: boolean;
  readonly earlier?: string | undefined;
  readonly later?: string | undefined;
  /** Label of the button that sends everything parked again. */
  readonly replay?: string | undefined;
  readonly action: string;
  readonly done?: string | undefined;
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface DeskCaseView {
  readonly action: string;
  readonly back: Link;
  readonly reference: string;
  readonly errors: readonly SummaryError[];
  readonly told?: string | undefined;
  readonly state: string;
  readonly reason?: string | undefined;
  readonly facts: readonly Figure[];
  readonly attempts: readonly {
    readonly n: number;
    readonly at: Instant;
    readonly took: string;
    readonly outcome: string;
    readonly status?: number | undefined;
    readonly reason?: string | undefined;
  }[];
  /** What the back office said: shown when it was asked for; null: there is something to be shown. */
  readonly words?: string | null | undefined;
  readonly again: boolean;
  readonly arrived: boolean;
  readonly change?:
    | {
        readonly kind: 'open';
        readonly redirection: string;
        readonly text: string;
        readonly reason: string;
        /** The clerk proposed it: somebody else has to confirm. */
        readonly own: boolean;
      }
    /** `tried`: it was sent there before, so that it may have arrived. */
    | { readonly kind: 'propose'; readonly tried: boolean; readonly targets: readonly Option[]; readonly reasons: readonly Option[] }
    | undefined;
  readonly history: readonly string[];
}

/** What the post room has to print. */
export interface PrintsView {
  readonly lines: readonly {
    readonly reference: string;
    readonly href: string;
    readonly service: string;
    readonly office: string;
    readonly since: Instant;
  }[];
}

export interface PrintView {
  readonly back: Link;
  readonly reference: string;
  /** It was printed. */
  readonly told?: string;
  readonly print?: { readonly action: string; readonly service: string; readonly office: string; readonly files: readonly Link[] };
}
