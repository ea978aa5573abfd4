/** What documents are made of. Plain data in one language: whoever orders a document has already chosen words, dates and order. */

/** Who writes the letter; a municipality of the configuration fits. */
export interface Sender {
  /** As on a letterhead: "Stadt Musterstadt". */
  readonly name: string;
  readonly contact: {
    readonly office: string;
    readonly street: string;
    readonly city: string;
    readonly phone: string;
    readonly email: string;
  };
  /** `#rrggbb`, dark enough to be read on white (the configuration checks that). */
  readonly colors?: { readonly action: string };
}

export interface DocumentRow {
  readonly label: string;
  /** No lines: nothing was answered. */
  readonly lines: readonly string[];
  /** Where the answer comes from, if that is not the citizen: "Eingetragen am Schalter". */
  readonly origin?: string | undefined;
}

interface Common {
  /** Language of all texts; `de-simple` is German to a screen reader. */
  readonly lang: string;
  readonly municipality: Sender;
  /** Title of the service. */
  readonly service: string;
  readonly reference: string;
  /** As a person reads it: "23. November 2026, 9:30 Uhr". */
  readonly receivedAt: string;
  /** Who gets the application, as a citizen reads it. */
  readonly recipient: string;
}

/** The frozen application as the citizen handed it in. */
export interface SummaryDocument extends Common {
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly DocumentRow[];
    /** Entries of lists: one dog, one vehicle. */
    readonly entries?: readonly { readonly title: string; readonly rows: readonly DocumentRow[] }[] | undefined;
  }[];
  /** What it is, where it is not the application: "Ihre Antwort". */
  readonly what?: string | undefined;
  /** Sentences the citizen declared. */
  readonly declaration?: readonly string[];
}

/** Confirmation that an application has arrived; one page. */
export interface ReceiptDocument extends Common {
  /** What happens now, step by step. */
  readonly next: readonly string[];
  /** How to look up what has become of it: address, and what to have at hand. */
  readonly status?: readonly string[];
}

/** A document as it travels to the typesetting process: the template's name and its data. */
export interface Order {
  readonly id: number;
  readonly template: 'summary' | 'receipt';
  readonly data: object;
}

/** What comes back. `rss` is the memory of the typesetting process in bytes. */
export type Answer = { readonly id: number; readonly rss: number } & ({ readonly pdf: Uint8Array } | { readonly problem: string });
