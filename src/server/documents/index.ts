/**
 * Documents people take away: tagged PDF (PDF/UA-1), set by Typst in a process of its own that comes with the first document and goes when it is
 * no longer needed. Texts travel as data, never as markup; a document that violates the standard is refused by the compiler and is an error here.
 */
import { createPress, type Press } from './press-room.ts';
import type { ConfirmationPart, DocumentRow, MissingDocument, ReceiptDocument, Sender, SlipDocument, SummaryDocument } from './types.ts';
import { words } from './words.ts';

export { DocumentError } from './press-room.ts';
export type { ConfirmationPart, DocumentRow, MissingDocument, ReceiptDocument, Sender, SlipDocument, SummaryDocument } from './types.ts';

export interface Documents {
  /** The application as it was handed in. Equal input gives equal bytes. */
  readonly summary: (document: SummaryDocument) => Promise<Uint8Array>;
  /** Confirmation of receipt, one page. */
  readonly receipt: (document: ReceiptDocument) => Promise<Uint8Array>;
  /** What is still to be brought. */
  readonly missing: (document: MissingDocument) => Promise<Uint8Array>;
  /** A code to take away. */
  readonly slip: (document: SlipDocument) => Promise<Uint8Array>;
  /** Lets the typesetting process finish its orders and end. Not needed before the portal ends: the process goes with it. */
  readonly close: () => void;
}

/** Nothing is started or loaded before the first document. Rejects with `DocumentError`, whose message never holds what a document says. */
export function createDocuments(press: Press = createPress()): Documents {
  return {
    summary: (document) => press.print('summary', summaryData(document)),
    receipt: (document) => press.print('receipt', receiptData(document)),
    missing: (document) => press.print('missing', missingData(document)),
    slip: (document) => press.print('slip', slipData(document)),
    close: () => press.close(),
  };
}

type Fact = 'service' | 'reference' | 'receivedAt' | 'recipient' | 'transmittedBy';

function common(document: SummaryDocument | ReceiptDocument | MissingDocument | SlipDocument, facts: readonly Fact[]) {
  const { lang, municipality, reference } = document;
  const t = words(lang);
  const fixed = ['summary', 'receipt', 'question', 'answer', 'declaration', 'next', 'status', 'questions', 'page', 'replaced'].concat([
    'confirmation',
    'signature',
    'placeAndDay',
    'hash',
    'fee',
    'missing',
    'missingNothing',
    'code',
    'qr',
    'factor',
  ]);
  return {
    lang: /^[a-z]{2,3}(?=-|$)/.exec(lang)?.[0] ?? 'de',
    color: /^#[0-9a-f]{6}$/i.exec(municipality.colors?.action ?? '')?.[0] ?? null,
    sender: senderData(municipality),
    footer: [municipality.name, reference && `${t('reference')} ${reference}`].filter(Boolean).join(' · '),
    facts: facts.flatMap((name) => (document[name] === undefined ? [] : [{ label: t(name), value: document[name] }])),
    words: Object.fromEntries(fixed.map((key) => [key, t(key)])),
  };
}

function senderData({ name, contact }: Sender) {
  return { name, lines: [contact.office, contact.street, contact.city, contact.phone, contact.email] };
}

function rowData(rows: readonly DocumentRow[], none: string) {
  return rows.map(({ label, lines, origin }) => ({
    label,
    lines: lines.length > 0 ? lines : [none],
    empty: lines.length === 0,
    note: origin ?? '',
  }));
}

function summaryData(document: SummaryDocument) {
  const none = words(document.lang)('none');
  const shared = common(document, ['reference', 'receivedAt', 'recipient', 'transmittedBy']);
  return {
    ...shared,
    words: { ...shared.words, ...(document.what && { summary: document.what }) },
    title: document.service,
    notice: document.notice ?? '',
    usual: document.usual ?? '',
    confirmation: document.confirmation ? confirmationData(document.confirmation) : null,
    declaration: document.declaration ?? [],
    sections: document.sections.map(({ title, rows, entries = [] }) => ({
      title,
      rows: rowData(rows, none),
      entries: entries.map((entry) => ({ title: entry.title, rows: rowData(entry.rows, none) })),
    })),
  };
}

function receiptData(document: ReceiptDocument) {
  const t = words(document.lang);
  return {
    ...common(document, ['service', 'reference', 'receivedAt', 'recipient', 'transmittedBy']),
    title: `${t('receipt')} – ${document.service}`,
    intro: [t('received', { service: document.service })],
    next: document.next,
    status: document.status ?? [],
    fee: document.fee ?? '',
  };
}

function confirmationData({ lines, drawing, hash, toSign = false }: ConfirmationPart) {
  return { sentences: lines, svg: drawing ?? '', hash: hash.replace(/.{16}(?=.)/g, '$& '), toSign };
}

function missingData(document: MissingDocument) {
  const t = words(document.lang);
  return {
    ...common(document, ['service', 'recipient']),
    title: `${t('missing')} – ${document.service}`,
    intro: t('missingIntro', { service: document.service }),
    missing: document.missing.map(({ label, note = '' }) => ({ label, note })),
  };
}

function slipData(document: SlipDocument) {
  const { heading, text, code, factor = '', qr } = document;
  return { ...common(document, ['service', 'recipient']), title: `${heading} – ${document.service}`, heading, text, code, factor, svg: qr };
}
