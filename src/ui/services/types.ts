/** What the page shows that makes a draft of a FIM schema. */

export interface ImportView {
  readonly action: string;
  /** In the reader's language, and what the reader of the files says (English), by file. */
  readonly problem?: { readonly text: string; readonly file?: string; readonly detail?: string };
  readonly report?: ReportView;
}

export interface ReportView {
  readonly title: string;
  readonly origin: string;
  readonly figures: readonly { readonly label: string; readonly value: string; readonly note?: string }[];
  readonly open: readonly { readonly kind: string; readonly place: string; readonly text: string; readonly why: string }[];
  readonly openText: string;
  readonly warnings: readonly string[];
  readonly places: readonly {
    readonly path: string;
    readonly label: string;
    readonly became: string;
    readonly depth: number;
    readonly when?: string;
  }[];
  /** The package as a file to be kept. */
  readonly draft: { readonly name: string; readonly href: string };
}
