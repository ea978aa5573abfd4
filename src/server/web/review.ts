/** What every review of an application shows, the citizen's and the counter's: what was entered and by whom, what stands against it, what it costs. */
import type { Step, Walk } from '#flow';
import { money, type Translator } from '#i18n';
import type { Draft } from '#server/applications';
import type { SummaryError, WarningView } from '#ui/types.ts';
import { reviewSections, valuesOf, type Reader, type ReviewSection } from '#views';
import { originText } from './provenance.ts';

export interface ReviewParts {
  readonly sections: readonly ReviewSection[];
  /** What must be put right first, each with the place where. */
  readonly blocked: readonly SummaryError[];
  /** What may be confirmed. */
  readonly warnings: readonly WarningView[];
  readonly fee: string | undefined;
  /** What the button says: whoever has to pay reads it there (BGB § 312j (3)). */
  readonly submit: string;
}

interface Reviewed {
  readonly draft: Draft;
  readonly lang: string;
  readonly t: Translator;
  readonly read: Reader;
  readonly walk: Walk;
}

/** `place`: where a page is put right; `change`: the same for a row of the summary. */
export function reviewParts(
  { draft, lang, t, read, walk }: Reviewed,
  place: (step: Step) => string,
  change: (step: Step) => string,
): ReviewParts {
  const blocked: SummaryError[] = [];
  const warnings: WarningView[] = [];
  for (const { rule, level, confirmed, page } of walk.warnings) {
    const step = walk.byPath.get(page) ?? walk.steps.at(-1)!;
    const text = read.t.t(`rule.${rule}`, valuesOf(walk, step, draft.answers));
    if (level === 'must') blocked.push({ text, href: place(step) });
    else if (!confirmed)
      warnings.push({ name: '_confirm', value: rule, id: `confirm-${rule}`, text, confirmed: false, change: place(step) });
  }
  const fee = draft.pkg.service.fee;
  const amount = fee === undefined ? undefined : walk.counted[fee];
  return {
    sections: reviewSections(read, walk, change, (path) => originText(t, lang, draft.provenance[path])),
    blocked,
    warnings,
    fee: typeof amount === 'number' ? (amount > 0 ? money(amount, lang) : t.t('web.free')) : undefined,
    submit: typeof amount === 'number' && amount > 0 ? t.t('web.submitPaid') : t.t('web.submit'),
  };
}
