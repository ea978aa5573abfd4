/** The review on the sheet: everything that was entered and by whom, what is still open, and how the citizen confirms it. */
import type { SheetCheckView } from '#ui/counter/types.ts';
import type { SummaryError, WarningView } from '#ui/types.ts';
import { money } from '#i18n';
import { sheetPath } from './intake.ts';
import type { Request } from './kit.ts';
import { originText } from './provenance.ts';
import { sheetFrame, type SheetContext } from './sheet-views.ts';
import { fieldViews, reader, reviewSections, valuesOf } from './views.ts';

/** Ways to confirm what staff entered. */
export const CONFIRMED = ['spoken', 'shown', 'paper'] as const;

export function checkView({ t, lang }: Request, context: SheetContext, errors: readonly SummaryError[]): SheetCheckView {
  const { draft } = context;
  const { walk } = draft;
  const read = reader(draft.pkg, lang);
  const step = walk.steps.at(-1)!;
  const reached = step.page.kind === 'check';
  const warnings: WarningView[] = [];
  const blocked: SummaryError[] = [];
  for (const { rule, level, confirmed, page } of reached ? walk.warnings : []) {
    const at = walk.byPath.get(page) ?? step;
    const text = read.t.t(`rule.${rule}`, valuesOf(walk, at, draft.answers));
    if (level === 'must') blocked.push({ text, href: sheetPath(lang, draft.id, at.section) });
    else if (!confirmed) warnings.push({ name: '_confirm', value: rule, id: `confirm-${rule}`, text, confirmed: false });
  }
  const fee = draft.pkg.service.fee;
  const amount = fee === undefined ? undefined : walk.counted[fee];
  return {
    ...sheetFrame(context, false),
    errors: [...errors, ...blocked],
    warnings,
    sections: reviewSections(
      read,
      walk,
      (one) => sheetPath(lang, draft.id, one.section),
      (path) => originText(t, lang, draft.provenance[path]),
    ),
    fee: typeof amount === 'number' ? (amount > 0 ? money(amount, lang) : t.t('web.free')) : undefined,
    recipient: draft.offering.destination.name,
    fields: reached ? fieldViews(read, step, draft.answers, walk.scope, { problems: [] }).map((one) => ({ ...one, heading: false })) : [],
    how: reached
      ? {
          name: '_how',
          label: t.t('counter.how.label'),
          options: CONFIRMED.map((value) => ({ id: `how-${value}`, value, label: t.t(`counter.how.${value}`), chosen: false })),
        }
      : undefined,
    submit: typeof amount === 'number' && amount > 0 ? t.t('web.submitPaid') : t.t('web.submit'),
  };
}
