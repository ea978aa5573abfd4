/**
 * The note of a fee that staff took or did not take. The portal is no cash register: the register's number leads to the payment. Exemptions are not noted
 * here: they need a second person, whom this form cannot have.
 */
import type { Draft, FeeNote } from '#server/applications';
import type { FeeView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { money } from '#i18n';
import type { Request } from './kit.ts';
import { feeOf } from './review.ts';
import { fieldLabel } from '#views';
import { reader } from './views.ts';

const WAYS = ['open', 'cash', 'card', 'machine', 'invoice'] as const;
/** Paid at the counter: then the register has given a number. */
const PAID: readonly string[] = ['cash', 'card', 'machine'];

type Typed = ReadonlyMap<string, readonly string[]>;

function item(draft: Draft, lang: string): string {
  const read = reader(draft.pkg, lang);
  return fieldLabel(read, draft.pkg.flow.fields.get(draft.pkg.service.fee!)!, draft.walk.scope);
}

/** The form's part, where there is something to pay. */
export function feeView({ t, lang }: Request, draft: Draft, typed: Typed): FeeView | undefined {
  const amount = feeOf(draft);
  if (amount === undefined || amount <= 0) return undefined;
  const chosen = typed.get('_paid')?.[0] ?? 'open';
  return {
    item: `${item(draft, lang)}: ${money(amount, lang)}`,
    paid: {
      name: '_paid',
      label: t.t('counter.fee.label'),
      options: WAYS.map((value) => ({ id: `paid-${value}`, value, label: t.t(`counter.fee.${value}`), chosen: value === chosen })),
    },
    reference: {
      id: 'receipt-number',
      name: '_receipt',
      label: t.t('counter.fee.reference'),
      hint: t.t('counter.fee.referenceHint'),
      value: typed.get('_receipt')?.[0] ?? '',
    },
  };
}

/** The note from the form; the amount is the one computed from the answers, whatever was sent. */
export function readFee(
  { t, lang }: Request,
  draft: Draft,
  values: Typed,
): { readonly note?: FeeNote } | { readonly refused: SummaryError } {
  const amount = feeOf(draft);
  if (amount === undefined || amount <= 0) return {};
  const paid = WAYS.find((one) => one === (values.get('_paid')?.[0] ?? 'open'));
  if (!paid) return { refused: { text: t.t('counter.fee.missing'), href: '#paid-open' } };
  const reference = (values.get('_receipt')?.[0] ?? '').trim().slice(0, 60);
  if (PAID.includes(paid) && !reference) return { refused: { text: t.t('counter.fee.missingReference'), href: '#receipt-number' } };
  return { note: { item: item(draft, lang), amount, paid, ...(reference && { reference }) } };
}

/** The note as a sentence, for documents. */
export function feeText(t: Request['t'], lang: string, { item: what, amount, paid, reference }: FeeNote): string {
  const how = t.t(`counter.fee.${paid}`);
  return [`${what}: ${money(amount, lang)}`, how, reference && t.t('counter.fee.number', { reference })].filter(Boolean).join(', ');
}
