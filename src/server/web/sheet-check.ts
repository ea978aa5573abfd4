/** The review on the sheet: everything that was entered and by whom, what is still open, and how the citizen confirms it. */
import type { SheetCheckView } from '#ui/counter/types.ts';
import type { Step } from '#flow';
import type { SummaryError } from '#ui/types.ts';
import { fieldViews } from '#views';
import { sheetPath } from './intake.ts';
import type { Request } from './kit.ts';
import { reviewParts } from './review.ts';
import { sheetFrame, type SheetContext } from './sheet-views.ts';
import { reader } from './views.ts';

/** Ways to confirm what staff entered. */
export const CONFIRMED = ['spoken', 'shown', 'paper'] as const;

export function checkView({ t, lang }: Request, context: SheetContext, errors: readonly SummaryError[]): SheetCheckView {
  const { draft } = context;
  const { walk } = draft;
  const read = reader(draft.pkg, lang);
  const step = walk.steps.at(-1)!;
  const reached = step.page.kind === 'check';
  const place = (one: Step) => sheetPath(lang, draft.id, one.section);
  const { blocked, warnings, sections, fee, submit } = reviewParts({ draft, lang, t, read, walk }, place, place);
  return {
    ...sheetFrame(context, false),
    errors: reached ? [...errors, ...blocked] : errors,
    warnings: reached ? warnings : [],
    sections,
    fee,
    recipient: draft.offering.destination.name,
    fields: reached ? fieldViews(read, step, draft.answers, walk.scope, { problems: [] }).map((one) => ({ ...one, heading: false })) : [],
    how: reached
      ? {
          name: '_how',
          label: t.t('counter.how.label'),
          options: CONFIRMED.map((value) => ({ id: `how-${value}`, value, label: t.t(`counter.how.${value}`), chosen: false })),
        }
      : undefined,
    submit,
  };
}
