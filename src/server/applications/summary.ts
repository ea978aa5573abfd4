/**
 * What a person confirms: exactly what the review showed. Its hash is kept with the confirmation and goes out with the application, so that it can be told
 * for good which summary a signature belongs to.
 */
import { createHash } from 'node:crypto';
import type { Json } from '#flow';
import { canonicalJson } from '#package';

interface Row {
  readonly label: string;
  /** As shown; none: nothing was answered. */
  readonly lines: readonly string[];
}

/** The review without what is only of that page: links, and how answers came in. */
export interface Summary {
  /** BCP 47 tag of the language it was shown in. */
  readonly language: string;
  readonly service: string;
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly Row[];
    readonly entries: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  }[];
  /** What was to be confirmed in spite of a warning. */
  readonly warnings: readonly string[];
  /** Sentences to be declared. */
  readonly declarations: readonly string[];
  readonly fee: string | undefined;
  readonly recipient: string;
}

const rowsOf = (rows: readonly Row[]): Json => rows.map(({ label, lines }) => ({ label, lines: [...lines] }));

/** Hex SHA-256 over the summary as canonical JSON (keys sorted, no white space, UTF-8); takes nothing but what `Summary` names. */
export function summaryHash(summary: Summary): string {
  const { language, service, sections, warnings, declarations, fee, recipient } = summary;
  const document: Json = {
    language,
    service,
    sections: sections.map(({ title, rows, entries }) => ({
      title,
      rows: rowsOf(rows),
      entries: entries.map((entry) => ({ title: entry.title, rows: rowsOf(entry.rows) })),
    })),
    warnings: [...warnings],
    declarations: [...declarations],
    fee: fee ?? null,
    recipient,
  };
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}
