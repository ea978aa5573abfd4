/** What the counter's frame and pages show. Plain data, one language, one clerk. */
import type {
  AskedView,
  FieldView,
  FormTarget,
  LanguageLink,
  Link,
  ReviewView,
  SentView,
  SummaryError,
  SummaryRow,
  Translate,
  WarningView,
} from '../types.ts';

export interface CounterFrame {
  readonly t: Translate;
  /** Complete document title without the mark for errors. */
  readonly title: string;
  readonly faulty?: boolean | undefined;
  readonly municipality: { readonly name: string; readonly stylesheet: string };
  /** Where one is: the counter, the deliveries desk, … and its first page. */
  readonly area: string;
  readonly home: string;
  /** The ways between areas, for whoever has more than one. */
  readonly areas: readonly (Link & { readonly current: boolean })[];
  readonly languages: readonly LanguageLink[];
  readonly statutory: readonly Link[];
  /** Staff are invented: every page says so. */
  readonly demo: boolean;
  /** Who works here; nobody before the login. */
  readonly clerk?: ClerkView | undefined;
}

export interface ClerkView {
  readonly name: string;
  /** "Bürgerbüro Rathaus, Platz 2". */
  readonly station?: string | undefined;
  readonly stationHref: string;
  /** Addresses that take a POST. `next` only for who is at work here. */
  readonly next?: string | undefined;
  readonly logout: string;
}

export interface StationView {
  readonly action: string;
  /** Where to go on. */
  readonly to: string;
  readonly errors: readonly SummaryError[];
  readonly sites: readonly {
    readonly id: string;
    readonly name: string;
    readonly desks: readonly { readonly id: string; readonly value: string; readonly name: string; readonly chosen: boolean }[];
  }[];
}

/** A page that goes on by itself, because a redirect would not do. */
export interface OnwardView {
  readonly title: string;
  readonly text: string;
  readonly to: Link;
}

/** Logged out, by oneself. */
export interface LeftView {
  readonly login: string;
}

/** A choice of the intake: radio buttons. */
export interface IntakeChoice {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly value: string; readonly label: string; readonly chosen: boolean }[];
  readonly error?: string | undefined;
}

/** A question of a back office, answered for the citizen. */
export type CounterAnswerView =
  | {
      readonly kind: 'open';
      readonly action: string;
      readonly errors: readonly SummaryError[];
      readonly reference: IntakeText;
      readonly factor: IntakeText;
      /** What was typed and not sent. */
      readonly typed?: string | undefined;
    }
  | (FormTarget & {
      readonly kind: 'form';
      readonly service: string;
      readonly reference: string;
      readonly errors: readonly SummaryError[];
      readonly asked: AskedView;
      readonly channel: IntakeChoice;
      readonly fields: readonly FieldView[];
      readonly check: string;
    })
  /** Nothing is asked; or it is, and this office takes no answers from here. */
  | { readonly kind: 'closed'; readonly service: string; readonly reference: string; readonly typed?: string | undefined }
  | {
      readonly kind: 'elsewhere';
      readonly service: string;
      readonly reference: string;
      readonly asked: AskedView;
      readonly typed?: string | undefined;
    }
  | { readonly kind: 'sent'; readonly service: string; readonly sent: SentView };

export interface IntakeText {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string;
  readonly error?: string | undefined;
}

/** The counter's start: who is there, and what for. */
export interface CounterStartView {
  readonly action: string;
  /** Where a question of a back office is answered. */
  readonly answer: string;
  /** Why one is here, where that was not the plan. */
  readonly message?: string | undefined;
  readonly errors: readonly SummaryError[];
  readonly choices: readonly IntakeChoice[];
  readonly receivedOn: IntakeText;
  readonly mandate: { readonly given: boolean; readonly error?: string | undefined };
  readonly code: IntakeText;
  readonly factor: IntakeText;
  readonly search: IntakeText;
  readonly services: IntakeChoice;
  /** Number of an application that was handed in. */
  readonly reference: IntakeText;
  /** The clerk was told that the service asks to know more surely who is there: the next try begins all the same. */
  readonly below?: string | undefined;
}

/** One page of the flow on the sheet. */
export interface SheetPageView {
  readonly path: string;
  readonly title?: string | undefined;
  /** Heading of the list's entry that begins here. */
  readonly entry?: { readonly title: string; readonly remove: string } | undefined;
  /** Text of an info page. */
  readonly text?: string | undefined;
  readonly fields: readonly FieldView[];
  /** Files can be taken in. */
  readonly files: boolean;
  /** What follows from the answers. */
  readonly computed: readonly SummaryRow[];
  readonly warnings: readonly WarningView[];
  /** A list: one more can be added. */
  readonly add?: { readonly value: string; readonly label: string } | undefined;
}

/** Something that is missing or wrong, and where. */
export interface OpenPoint {
  readonly text: string;
  readonly href: string;
  /** Path of an answer that is missing, and can be parked. */
  readonly missing?: { readonly path: string; readonly label: string } | undefined;
  /** Path of an answer that the citizen will bring: open, but nobody's mistake. */
  readonly parked?: string | undefined;
}

/** What changes as the clerk types. */
export interface SheetOpenView {
  readonly tabs: readonly {
    readonly label: string;
    readonly href: string;
    readonly current: boolean;
    readonly open: number;
  }[];
  /** By section; `here`: shown at once; `current`: of the sheet itself. */
  readonly open: readonly {
    readonly section: string;
    readonly here: boolean;
    readonly current: boolean;
    readonly points: readonly OpenPoint[];
  }[];
}

export interface SheetFrameView extends SheetOpenView, FormTarget {
  readonly service: string;
  /** "Schalter, handelt für sich selbst, seit …". */
  readonly facts: string;
  /** From the colleague who handed it on: why, and a note. */
  readonly message?: { readonly why: string; readonly note: string } | undefined;
  /** Why it is handed on. */
  readonly purposes: IntakeChoice;
  /** Where the slip is sent, if wanted; absent where no mail can be sent. */
  readonly mail?: IntakeText | undefined;
  /** Something was just saved. */
  readonly saved?: string | undefined;
}

export interface SheetView extends SheetFrameView {
  readonly title: string;
  readonly pages: readonly SheetPageView[];
  /** Why the citizen brings something later. */
  readonly reasons: IntakeChoice;
}

export interface SheetCheckView extends SheetFrameView {
  /** How most answers came in; the others say so themselves. */
  readonly usual?: string | undefined;
  readonly sections: ReviewView['sections'];
  readonly errors: readonly SummaryError[];
  readonly warnings: readonly WarningView[];
  readonly fee?: string | undefined;
  readonly recipient: string;
  readonly fields: readonly FieldView[];
  /** The service asks to know more surely who is there. */
  readonly lacking?: string | undefined;
  /** How the citizen confirms; absent while something is open. */
  readonly confirmation?: ConfirmationView | undefined;
  readonly feeNote?: FeeView | undefined;
  /** To read out, print and show. */
  readonly papers: readonly Link[];
  readonly submit: string;
}

/** How the citizen confirms, and what each way needs. */
export interface ConfirmationView {
  readonly how: IntakeChoice;
  /** What staff note of what was said. */
  readonly record?: IntakeText | undefined;
  /** The name, where nobody draws; with it a pad to draw on, which a script brings. */
  readonly signer?: IntakeText | undefined;
  /** The box that strokes are scaled to. */
  readonly box: { readonly width: number; readonly height: number };
}

export interface FeeView {
  /** What is to be paid: "Gebühr: 30,70 €". */
  readonly item: string;
  readonly paid: IntakeChoice;
  readonly reference: IntakeText;
}

type BareRow = { readonly label: string; readonly lines: readonly string[] };

/** Answers and declarations, and nothing else. */
export interface BareReview {
  readonly service: string;
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly BareRow[];
    readonly entries: readonly { readonly title: string; readonly rows: readonly BareRow[] }[];
  }[];
  readonly declarations: readonly string[];
  readonly fee?: string | undefined;
}

/** What is read out on the telephone. */
export interface ReadOutView extends BareReview {
  readonly back: string;
}

/** The screen that the citizen sees. */
export interface ScreenView {
  readonly t: Translate;
  readonly title: string;
  readonly municipality: { readonly name: string; readonly stylesheet: string };
  readonly languages: readonly LanguageLink[];
  /** The same page, asked for without a person's doing. */
  readonly again: string;
  /** What is shown: another one when something was saved. */
  readonly state: string;
  /** Nobody is being served: a greeting. */
  readonly review?: BareReview | undefined;
}

/** An application that was handed in. */
export interface CaseView {
  readonly service: string;
  readonly reference: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly usual?: string | undefined;
  readonly sections: ReviewView['sections'];
  readonly papers: readonly Link[];
  /** Something is asked: where it is answered for the citizen. */
  readonly answer?: Link | undefined;
}

/** The application is out of the clerk's hands: handed in, given back or handed on. */
export interface SheetDoneView {
  readonly title: string;
  readonly text: string;
  /** Reference or code, large. */
  readonly code?: string | undefined;
  readonly factor?: string | undefined;
  /** What became of the e-mail. */
  readonly mailed?: string | undefined;
  readonly qr?: { readonly size: number; readonly path: string } | undefined;
  /** To print; `download`: name of a document that is in the link itself. */
  readonly papers?: readonly (Link & { readonly download?: string })[] | undefined;
}
