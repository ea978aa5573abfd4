/**
 * View models: what a page shows, as plain data. Whoever answers a request makes one; components render it and fetch nothing.
 * Texts of the service and the municipality come ready in the reader's language; the portal's own words come through `Translate`.
 * "Text" in a comment means the small markup of `prose.ts` (paragraphs, `##`, lists, links).
 */
import type { Component } from 'svelte';
import type { FieldView } from '#fields';

export type { FieldView };

/** Looks a portal text up (`src/i18n/texts/<lang>.json`). */
export type Translate = (key: string, params?: Record<string, unknown>) => string;

/** Svelte view of each field type, by name. */
export type FieldViews = Readonly<Record<string, Component<{ field: FieldView }>>>;

export interface Link {
  readonly href: string;
  readonly label: string;
  readonly lang?: string | undefined;
}

export interface LanguageLink {
  /** BCP 47. */
  readonly code: string;
  /** Its own name: "English", "Türkçe". */
  readonly label: string;
  /** This page in that language. */
  readonly href: string;
  readonly current: boolean;
}

export interface Help {
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  readonly hours?: string | undefined;
  readonly address?: readonly string[] | undefined;
  /** Where a code for the counter is given out, on pages of an application. */
  readonly handover?: string | undefined;
}

/** Everything round the content. */
export interface PageFrame {
  readonly t: Translate;
  /** Complete document title without the mark for errors: "page – service – municipality". */
  readonly title: string;
  /** The page shows errors: the title starts with "Fehler: ". */
  readonly faulty?: boolean | undefined;
  /** `wide`: the content makes its own bands; `sheet`: one task on a sheet. */
  readonly shape: 'wide' | 'sheet';
  readonly municipality: {
    /** "Stadt Musterstadt". */
    readonly name: string;
    /** Address of the coat of arms; a neutral shield without. */
    readonly crest?: string | undefined;
    readonly home: string;
    /** Address of what `brandCss` gave. */
    readonly stylesheet: string;
  };
  readonly languages: readonly LanguageLink[];
  readonly easyLanguage?: string | undefined;
  readonly signLanguage?: string | undefined;
  /** Way from the start page to here, without this page. */
  readonly breadcrumb: readonly Link[];
  readonly help?: Help | undefined;
  readonly statutory: readonly Link[];
  /** A time limit: now and its end by the server's clock (ISO date and time), and where a POST keeps the session (2xx: extended). */
  readonly session?: { readonly now: string; readonly ends: string; readonly keep: string } | undefined;
  /** Way to the end of the session on this device, where there is one. */
  readonly end?: Link | undefined;
  /** Something to know before anything else on the page, and where to go for it. */
  readonly notice?: { readonly text: string; readonly href: string; readonly label: string } | undefined;
  /** What the citizen said they would bring: why it is missing, and where it goes. */
  readonly bring?: readonly { readonly label: string; readonly reason: string; readonly href: string | undefined }[] | undefined;
  /** Keep out of search engines: everything but services and statutory pages. */
  readonly unlisted?: boolean | undefined;
}

/** One line of an error summary; `href` is `#id` of the control. */
export interface SummaryError {
  readonly text: string;
  readonly href?: string | undefined;
}

/** Where a form goes and what it carries unseen: `revision`, `return`, …; a control with several values has a list. */
export interface FormTarget {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string | readonly string[]>>;
}

/** A line of the progress above a page's title: "Abschnitt 2 von 5: Fahrzeug". */
export interface Progress {
  readonly number: number;
  readonly total: number;
  readonly section: string;
}

export interface ServiceCardView {
  readonly href: string;
  readonly title: string;
  readonly summary: string;
  /** Short facts: "kostenlos", "ca. 10 Minuten", "online". */
  readonly facts: readonly string[];
  /** Words people search with, not shown. */
  readonly keywords: string;
}

export interface ServiceListView {
  readonly title: string;
  readonly lead?: string | undefined;
  /** GET address of the search; its field is called `q`. */
  readonly search: string;
  readonly query: string;
  readonly services: readonly ServiceCardView[];
  readonly resume?: string | undefined;
  readonly status?: string | undefined;
}

export interface ServicePageView {
  readonly title: string;
  readonly summary: string;
  /** Texts. */
  readonly what?: string | undefined;
  readonly who?: string | undefined;
  readonly documents: readonly string[];
  readonly cost?: string | undefined;
  /** How long filling in takes, and how long the decision. */
  readonly effort?: string | undefined;
  readonly duration?: string | undefined;
  readonly responsible?: string | undefined;
  readonly legalBasis: readonly { readonly text: string; readonly url?: string | undefined }[];
  /** Text for each other way: telephone, counter, paper. */
  readonly channels: readonly { readonly title: string; readonly text: string }[];
  /** Information on data protection (Art. 13 DSGVO) for this service. */
  readonly privacy?: Link | undefined;
  /** POST that starts an application, or why it cannot be started now. */
  readonly start?: FormTarget | undefined;
  readonly resume?: string | undefined;
  readonly closed?: string | undefined;
}

/** A should-rule that fails: the checkbox confirms it. */
export interface WarningView {
  readonly name: string;
  readonly value: string;
  readonly id: string;
  readonly text: string;
  readonly confirmed: boolean;
  readonly change?: string | undefined;
}

export interface QuestionView extends FormTarget {
  readonly back?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Name of the service or of the entry of a list, above the title. */
  readonly caption?: string | undefined;
  /** None where the one field's label is the heading. */
  readonly title?: string | undefined;
  /** Text. */
  readonly intro?: string | undefined;
  readonly errors: readonly SummaryError[];
  readonly warnings: readonly WarningView[];
  readonly fields: readonly FieldView[];
  /** The page carries files. */
  readonly multipart?: boolean | undefined;
  /** Label of the main button; default "Weiter". */
  readonly submit?: string | undefined;
  /** Offer "Speichern und später weitermachen": posts `do=save` with the page. */
  readonly save?: boolean | undefined;
}

export interface InfoView extends FormTarget {
  readonly back?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly caption?: string | undefined;
  readonly title: string;
  /** Rules over what the page tells. */
  readonly errors: readonly SummaryError[];
  readonly warnings: readonly WarningView[];
  /** Text. */
  readonly text: string;
  readonly submit?: string | undefined;
}

export type TaskState = 'todo' | 'started' | 'done' | 'locked' | 'problem';

export interface TaskListView {
  readonly title: string;
  readonly caption?: string | undefined;
  readonly intro?: string | undefined;
  readonly savedUntil?: string | undefined;
  readonly groups: readonly {
    readonly title?: string | undefined;
    readonly tasks: readonly {
      readonly label: string;
      readonly hint?: string | undefined;
      readonly href?: string | undefined;
      readonly state: TaskState;
    }[];
  }[];
  /** Where to go on. */
  readonly next?: Link | undefined;
  readonly save?: string | undefined;
}

/** A line of a description list; no lines: "Keine Angabe". */
export interface SummaryRow {
  readonly label: string;
  readonly lines: readonly string[];
  readonly change?: string | undefined;
  /** How it came in, where that is not the citizen's own typing: a sentence. */
  readonly origin?: string | undefined;
  /** The value before, where somebody else changed it. */
  readonly before?: readonly string[] | undefined;
  /** Path of the answer. */
  readonly path?: string | undefined;
}

export interface CollectionView extends FormTarget {
  readonly back?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly caption?: string | undefined;
  readonly title: string;
  readonly intro?: string | undefined;
  readonly errors: readonly SummaryError[];
  /** Should-rules over the whole list that fail. */
  readonly warnings: readonly WarningView[];
  readonly entries: readonly {
    readonly title: string;
    readonly rows: readonly SummaryRow[];
    readonly complete: boolean;
    readonly change: string;
    readonly remove?: FormTarget | undefined;
  }[];
  /** The question whether to add an entry; none where no more are allowed. `name` is posted as `yes` or `no`. */
  readonly add?:
    | {
        readonly id: string;
        readonly name: string;
        readonly question: string;
        readonly hint?: string | undefined;
        readonly value?: string | undefined;
        readonly error?: string | undefined;
      }
    | undefined;
  /** Why no more can be added. */
  readonly full?: string | undefined;
  readonly save?: boolean | undefined;
}

export interface ReviewView extends FormTarget {
  readonly back?: string | undefined;
  readonly caption?: string | undefined;
  readonly title: string;
  readonly intro?: string | undefined;
  readonly errors: readonly SummaryError[];
  readonly warnings: readonly WarningView[];
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly SummaryRow[];
    readonly entries?: readonly { readonly title: string; readonly rows: readonly SummaryRow[] }[] | undefined;
  }[];
  /** What goes to whom. */
  readonly recipients: readonly { readonly name: string; readonly what: string }[];
  readonly fee?: string | undefined;
  readonly privacy?: Link | undefined;
  /** Instead of the button: what staff entered is to be confirmed first. */
  readonly confirm?: Link | undefined;
  /** Declarations, before the button. */
  readonly fields: readonly FieldView[];
  /** Names the act: "Antrag absenden". */
  readonly submit: string;
  readonly save?: boolean | undefined;
}

export interface ReceiptView {
  readonly title: string;
  readonly service: string;
  readonly reference: string;
  /** Ready text: "23. November 2026, 14:05 Uhr". */
  readonly receivedAt: string;
  /** Who sent it for the citizen, where staff did. */
  readonly transmittedBy?: string | undefined;
  /** Text: what happens next. */
  readonly next: string;
  readonly pdf?: string | undefined;
  readonly status?: string | undefined;
  /** How to look it up later: what is needed besides the reference. */
  readonly factor?: string | undefined;
  readonly home: string;
}

export interface TimelineStep {
  readonly title: string;
  /** ISO date and time, and how it is read. */
  readonly at?: { readonly iso: string; readonly text: string } | undefined;
  readonly text?: string | undefined;
  /** What the office wrote: plain text with line breaks, in the office's language. */
  readonly message?: string | undefined;
  readonly state: 'done' | 'current' | 'next';
}

export interface StatusView {
  readonly title: string;
  readonly service: string;
  readonly reference: string;
  readonly state: {
    readonly label: string;
    readonly text: string;
    readonly tone: 'info' | 'neutral' | 'warning' | 'success';
    /** What the office asks for, while it waits for it. */
    readonly message?: string | undefined;
    /** Where the question is answered. */
    readonly answer?: Link | undefined;
  };
  readonly office?: string | undefined;
  readonly expected?: string | undefined;
  readonly steps: readonly TimelineStep[];
  readonly documents: readonly Link[];
  readonly actions: readonly Link[];
  /** Who of the staff opened the application. */
  readonly opened: readonly OpenedView[];
}

/** What an office asks, in its own words. */
export interface AskedView {
  readonly texts: readonly string[];
  readonly at: { readonly iso: string; readonly text: string };
}

/** An answer that was sent. */
export interface SentView {
  readonly title: string;
  readonly receivedAt: string;
  readonly reference: string;
  readonly asked: readonly string[];
  readonly text: string;
  /** Names. */
  readonly files: readonly string[];
  readonly next: string;
}

/** A question of an office: the form for its answer, what was sent, or that nothing is asked any more. */
export type AnswerPageView =
  | (FormTarget & {
      readonly kind: 'form';
      readonly title: string;
      readonly errors: readonly SummaryError[];
      readonly fields: readonly FieldView[];
      readonly submit: string;
      /** Not for who has to prove first who they are. */
      readonly service?: string;
      readonly back?: string;
      readonly asked?: AskedView;
      readonly check?: string;
    })
  | {
      readonly kind: 'sent';
      readonly service: string;
      readonly back: string;
      readonly sent: SentView;
    }
  | {
      readonly kind: 'closed';
      readonly service: string;
      readonly back: string;
      readonly title: string;
      readonly text: string;
      /** What was typed and came too late. */
      readonly typed?: string | undefined;
    };

/** One thing that staff did with an application. */
export interface OpenedView {
  readonly at: { readonly iso: string; readonly text: string };
  readonly what: string;
  readonly where: string;
}

/** Help at the counter: the code, or a button that makes one. */
export interface HelpView {
  readonly service: string;
  readonly back: string;
  readonly create: FormTarget;
  readonly code?:
    | {
        /** In groups: "K7M-4QX-9TD". */
        readonly text: string;
        readonly until: string;
        /** What is asked besides the code. */
        readonly factor: string;
        readonly qr: { readonly size: number; readonly path: string };
        readonly revoke: FormTarget;
      }
    | undefined;
  readonly opened: readonly OpenedView[];
}

/** Any page of the flow while staff have the application in hand. */
export interface HeldView {
  readonly service: string;
  readonly where: string;
  readonly since: { readonly iso: string; readonly text: string };
  /** What was just typed and came too late. */
  readonly typed: readonly SummaryRow[];
  readonly again: string;
  readonly takeBack: FormTarget;
}

/** What staff entered, to be confirmed. */
export interface ConfirmView extends FormTarget {
  readonly service: string;
  readonly errors: readonly SummaryError[];
  readonly sections: ReviewView['sections'];
  readonly removed: readonly SummaryRow[];
  readonly back: string;
}

export interface CodeFormView extends FormTarget {
  readonly back?: string | undefined;
  readonly title: string;
  readonly intro?: string | undefined;
  readonly errors: readonly SummaryError[];
  readonly code: {
    readonly id: string;
    readonly name: string;
    readonly label: string;
    readonly hint?: string | undefined;
    readonly value: string;
    readonly error?: string | undefined;
  };
  /** The second factor: date of birth, e-mail, … */
  readonly fields: readonly FieldView[];
  readonly submit: string;
  /** Text: what to do without the code. */
  readonly lost?: string | undefined;
}

export interface SavedView {
  readonly service: string;
  /** In groups: "K7QF-2MXB-9TRA". */
  readonly code: string;
  /** "23. Dezember 2026". */
  readonly until: string;
  /** Address to type, without the code. */
  readonly address: string;
  /** What is asked besides the code. */
  readonly factor: string;
  /** Dark modules of a QR code as one SVG path on a square of `size` units. */
  readonly qr?: { readonly size: number; readonly path: string } | undefined;
  readonly continue: string;
  readonly home: string;
}

export interface ConflictView extends FormTarget {
  readonly title?: string | undefined;
  readonly rows: readonly { readonly label: string; readonly saved: readonly string[]; readonly mine: readonly string[] }[];
  /** Go on with what is saved. */
  readonly keepSaved: string;
}

export interface ExitView {
  readonly back?: string | undefined;
  readonly caption?: string | undefined;
  readonly title: string;
  /** Texts: why, and what else can be done. */
  readonly why: string;
  readonly instead?: string | undefined;
  readonly links: readonly Link[];
  readonly home: string;
}

export interface ErrorView {
  readonly title: string;
  /** Texts. */
  readonly what: string;
  readonly todo: string;
  readonly links: readonly Link[];
  /** Number under which we find the event; never anything about the person. */
  readonly event?: string | undefined;
}

export interface StatutoryView {
  readonly title: string;
  /** Text. */
  readonly text: string;
  readonly updated?: string | undefined;
}

/** End of the session on a shared device. */
export interface EndView {
  readonly title: string;
  /** POST that ends it; none: there is no session (any more). */
  readonly action?: string | undefined;
  /** What the session has open. `until`: kept with a code until then; without it, out of reach afterwards. `save`: where a code is to be had. */
  readonly drafts: readonly { readonly title: string; readonly until?: string | undefined; readonly save: string }[];
  readonly home: string;
}
