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
  /** None: not handed in yet. */
  readonly reference?: string | undefined;
  /** As a person reads it: "23. November 2026, 9:30 Uhr". */
  readonly receivedAt?: string | undefined;
  /** Who gets the application, as a citizen reads it. */
  readonly recipient: string;
  /** Who sent it for whom, where it was not the citizen alone. */
  readonly transmittedBy?: string | undefined;
}

/** How the citizen confirmed what stands in the document, or a place to sign it by hand. */
export interface ConfirmationPart {
  readonly lines: readonly string[];
  /** The drawn signature, an SVG document. */
  readonly drawing?: string | undefined;
  /** Hash of the summary that it belongs to, hex. */
  readonly hash: string;
  /** Lines for place, day and signature. */
  readonly toSign?: boolean;
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
  /** How most answers came in; rows where it was otherwise say so. */
  readonly usual?: string | undefined;
  /** What has to be said first: that nothing is handed in yet. */
  readonly notice?: string | undefined;
  readonly confirmation?: ConfirmationPart | undefined;
}

/** Confirmation that an application has arrived; one page. */
export interface ReceiptDocument extends Common {
  /** What happens now, step by step. */
  readonly next: readonly string[];
  /** How to look up what has become of it: address, and what to have at hand. */
  readonly status?: readonly string[];
  /** What was noted of the fee. */
  readonly fee?: string | undefined;
}

/** What is still missing, to be ticked off at home. */
export interface MissingDocument extends Common {
  readonly missing: readonly { readonly label: string; readonly note?: string | undefined }[];
}

/** The code with which somebody goes on with an application. */
export interface SlipDocument extends Common {
  readonly heading: string;
  readonly text: string;
  readonly code: string;
  /** What has to be named with it. */
  readonly factor?: string | undefined;
  /** The code as a QR code, an SVG document. */
  readonly qr: string;
}

/** A document as it travels to the typesetting process: the template's name and its data. */
export interface Order {
  readonly id: number;
  readonly template: 'summary' | 'receipt' | 'missing' | 'slip';
  readonly data: object;
}

/** What comes back. `rss` is the memory of the typesetting process in bytes. */
export type Answer = { readonly id: number; readonly rss: number } & ({ readonly pdf: Uint8Array } | { readonly problem: string });
