/** The review on the sheet: everything that was entered and by whom, what is still open, and how the citizen confirms it. */
import { readRaw, type Step } from '#flow';
import { shortfall, type Draft } from '#server/applications';
import type { IntakeText, SheetCheckView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { CHECK, fieldViews } from '#views';
import { counterPath } from './clerk.ts';
import { confirmationView } from './confirmation.ts';
import { feeView } from './fee.ts';
import { sheetPath } from './intake.ts';
import type { Request } from './kit.ts';
import { liftUsual } from './provenance.ts';
import { reviewParts, shownHash, SUMMARY } from './review.ts';
import { sheetFrame, type SheetContext } from './sheet-views.ts';
import { reader } from './views.ts';

/** What was sent and not taken, for the page in its answer. */
const sent = new WeakMap<Request, ReadonlyMap<string, readonly string[]>>();
export const keepSent = (request: Request, values: ReadonlyMap<string, readonly string[]>) => sent.set(request, values);

/** What the record of who is there does not give and the service asks for; `required`: nothing is handed in without it. */
export function lacking({ t }: Request, draft: Draft): { readonly text: string; readonly required: boolean } | undefined {
  const intake = draft.intakes?.at(-1);
  const short = intake && shortfall(draft.pkg.service, intake);
  if (!short) return undefined;
  const [needed, reached] = [short.needed, short.reached].map((level) => t.t(`counter.assurance.${level}`));
  const text = t.t(`counter.assurance.${short.required ? 'required' : 'told'}`, { needed: needed!, reached: reached! });
  return { text, required: short.required };
}

export function checkView(request: Request, context: SheetContext, errors: readonly SummaryError[], mail?: IntakeText): SheetCheckView {
  const { draft } = context;
  const { t, lang } = request;
  const { walk } = draft;
  const typed = sent.get(request) ?? new Map<string, readonly string[]>();
  const read = reader(draft.pkg, lang);
  const step = walk.steps.at(-1)!;
  const reached = step.page.kind === 'check';
  const place = (one: Step) => sheetPath(lang, draft.id, one.section);
  const { blocked, warnings, sections, fee, submit } = reviewParts({ draft, lang, t, read, walk, times: 'day' }, place, place);
  const frame = sheetFrame(context, false, mail);
  const confirmed = new Set(typed.get('_confirm'));
  const raw = typed.size > 0 ? readRaw(step, typed) : undefined;
  const paper = (name: string) => counterPath(lang, `paper/${draft.id}/${name}.pdf`);
  return {
    ...frame,
    action: sheetPath(lang, draft.id, CHECK),
    hidden: { ...frame.hidden, [SUMMARY]: shownHash(draft, lang, t) },
    errors: reached ? [...errors, ...blocked] : errors,
    warnings: reached ? warnings.map((one) => ({ ...one, confirmed: confirmed.has(one.value) })) : [],
    lacking: lacking(request, draft)?.text,
    ...liftUsual(sections),
    fee,
    feeNote: reached ? feeView(request, draft, typed) : undefined,
    recipient: draft.offering.destination.name,
    fields: reached
      ? fieldViews(read, step, draft.answers, walk.scope, { raw, problems: [] }).map((one) => ({ ...one, heading: false }))
      : [],
    confirmation: reached ? confirmationView(request, draft, typed) : undefined,
    papers: [
      ...(reached ? [{ href: counterPath(lang, `read/${draft.id}`), label: t.t('counter.papers.read') }] : []),
      { href: paper('summary'), label: t.t('counter.papers.draft') },
      { href: paper('missing'), label: t.t('counter.papers.missing') },
      { href: counterPath(lang, 'view'), label: t.t('counter.papers.view') },
    ],
    submit,
  };
}
