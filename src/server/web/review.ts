/** What every review of an application shows, the citizen's and the counter's: what was entered and by whom, what stands against it, what it costs. */
import type { Step, Walk } from '#flow';
import { money, type Translator } from '#i18n';
import { summaryHash, type Draft, type Summary } from '#server/applications';
import type { SummaryError, WarningView } from '#ui/types.ts';
import { fieldLabel, reviewSections, valuesOf, type Reader, type ReviewSection } from '#views';
import { originText } from './provenance.ts';
import { reader } from './views.ts';

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
  /** How exactly the times of entry are told. */
  readonly times?: 'minute' | 'day';
}

/** Euros to be paid; undefined where the service knows no fee. */
export function feeOf({ pkg, walk }: Pick<Draft, 'pkg' | 'walk'>): number | undefined {
  const amount = pkg.service.fee === undefined ? undefined : walk.counted[pkg.service.fee];
  return typeof amount === 'number' ? amount : undefined;
}

/** `place`: where a page is put right; `change`: the same for a row of the summary. */
export function reviewParts(
  { draft, lang, t, read, walk, times }: Reviewed,
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
  const amount = feeOf({ pkg: draft.pkg, walk });
  return {
    sections: reviewSections(read, walk, change, (path) => originText(t, lang, draft.provenance[path], times)),
    blocked,
    warnings,
    fee: amount === undefined ? undefined : amount > 0 ? money(amount, lang) : t.t('web.free'),
    submit: amount !== undefined && amount > 0 ? t.t('web.submitPaid') : t.t('web.submit'),
  };
}

/** What is declared by handing in: the labels of the review's own fields. */
export function declarationsOf(read: Reader, walk: Walk): string[] {
  const step = walk.steps.at(-1)!;
  if (step.page.kind !== 'check') return [];
  return step.fields.filter(({ type }) => !type.silent).map((field) => fieldLabel(read, field, walk.scope));
}

/** The draft's review as it is shown in a language. What was typed into the review's form and not taken is no part of it. */
function shownSummary(draft: Draft, lang: string, t: Translator): Summary {
  const { walk } = draft;
  const read = reader(draft.pkg, lang);
  const nowhere = () => '';
  const parts = reviewParts({ draft, lang, t, read, walk }, nowhere, nowhere);
  return {
    language: lang,
    service: read.t.t('service.title'),
    sections: parts.sections,
    warnings: parts.warnings.map(({ text }) => text),
    declarations: declarationsOf(read, walk),
    fee: parts.fee,
    recipient: draft.offering.destination.name,
  };
}

/** The hidden control that says which summary the page showed. */
export const SUMMARY = '_summary';

/** Hash of the review as it is shown now: what is confirmed must be what was shown. */
export const shownHash = (draft: Draft, lang: string, t: Translator): string => summaryHash(shownSummary(draft, lang, t));
