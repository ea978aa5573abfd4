/** Saves a section of the sheet: what can be taken, what cannot and waits to be corrected, and what the citizen will bring. */
import {
  addEntry,
  applySheet,
  entryKeys,
  joinPath,
  readRaw,
  removeEntry,
  sheetSteps,
  sheetWalk,
  walk as walkFlow,
  type Answers,
  type FieldProblem,
  type Raw,
  type SheetForm,
  type Step,
} from '#flow';
import { walkOptions, type Draft, type Intake, type Source } from '#server/applications';
import type { Clerk } from '#server/identity';
import { CHECK, nextSection } from '#views';
import type { ConflictView } from '#ui/types.ts';
import { sheetPath } from './intake.ts';
import type { Request } from './kit.ts';
import { conflictView } from './pages.ts';
import { revisionOf } from './question.ts';
import { sheetContext } from './sheet-views.ts';

export type SavedSheet =
  | { kind: 'go'; to: string; draft: Draft }
  | { kind: 'faulty'; draft: Draft }
  | { kind: 'stale'; draft: Draft; conflict: ConflictView }
  | { kind: 'gone' };

/** How what staff enter came to them. */
export const SOURCES: Readonly<Record<Intake['channel'], Source>> = { counter: 'dictated', phone: 'phone', post: 'paper', email: 'paper' };

/** Why an answer is not there yet. */
export const PARK_REASONS = ['document', 'number', 'ask', 'other'] as const;
const LONGEST_NOTE = 200;

/** The controls of a sheet, as the engine takes them. */
export function sheetForm(controls: ReadonlyMap<string, string[]>): SheetForm {
  return { controls, pages: new Set(controls.get('_page')), confirmed: new Set(controls.get('_confirm')) };
}

/**
 * Saves what a form of the sheet holds. What the button wants: `save` and `next` stay where something is wrong, `go:<section>` leaves in any case, perhaps for a place (`#…`) there;
 * `add:`, `remove:`, `park` and `unpark:` change what they name besides.
 */
export async function saveSheet(
  request: Request,
  clerk: Clerk,
  draft: Draft,
  section: string,
  { channel }: Intake,
  controls: Map<string, string[]>,
): Promise<SavedSheet> {
  const { lang, portal } = request;
  const wanted = controls.get('do')?.[0] ?? 'save';
  const form = sheetForm(controls);
  if (controls.get('_revision')?.[0] !== revisionOf(draft)) return stale(request, draft, section, form);
  const options = walkOptions(draft);
  const result = applySheet(draft.pkg.flow, draft.answers, section, form, options);
  const steps = sheetSteps(result.walk, section);
  const answers = changedLists(draft, section, result.answers, wanted);
  const saved = await portal.counter.save(clerk, draft, answers, walkFlow(draft.pkg.flow, answers, options), {
    source: SOURCES[channel],
    channel,
    parked: parkedAfter(request, clerk, draft, steps, controls),
    mistyped: mistypedAfter(draft, steps, form, result.problems),
  });
  if (saved.outcome === 'stale') {
    const now = await portal.counter.open(clerk, draft.id);
    return now ? stale(request, now, section, form) : { kind: 'gone' };
  }
  if (saved.outcome !== 'saved') return { kind: 'gone' };
  const [, where = '', place = ''] = /^go:([^#]*)(#[\w~-]+)?$/.exec(wanted) ?? [];
  if (where === CHECK || draft.pkg.flow.sections.some(({ id }) => id === where))
    return { kind: 'go', to: sheetPath(lang, draft.id, where) + place, draft: saved.draft };
  if (result.problems.length > 0 && !wanted.includes('park')) return { kind: 'faulty', draft: saved.draft };
  const to = wanted === 'next' ? nextSection(sheetContext(request, saved.draft, section)) : section;
  return { kind: 'go', to: `${sheetPath(lang, draft.id, to)}?saved`, draft: saved.draft };
}

/** What could not be taken: of this form's pages what is wrong now, of others what was wrong before. */
export function mistypedAfter(draft: Draft, steps: readonly Step[], form: SheetForm, problems: readonly FieldProblem[]): Draft['mistyped'] {
  const shown = steps.filter(({ path }) => form.pages.has(path));
  const typed = Object.assign({}, ...shown.map((step) => readRaw(step, form.controls))) as Raw;
  const failed = new Set(problems.map(({ path }) => path));
  return Object.fromEntries([
    ...Object.entries(draft.mistyped ?? {}).filter(([path]) => !Object.hasOwn(typed, path)),
    ...Object.entries(typed).filter(([path]) => failed.has(path)),
  ]);
}

/** What the citizen will bring: one more or less, as the button says. The field is looked up on the way, never taken from the form. */
function parkedAfter(
  { t, portal }: Request,
  clerk: Clerk,
  { parked = {} }: Draft,
  steps: readonly Step[],
  controls: ReadonlyMap<string, readonly string[]>,
): Draft['parked'] {
  const [what, which = ''] = (controls.get('do')?.[0] ?? '').split(':');
  const value = (name: string) => (controls.get(name)?.[0] ?? '').trim();
  if (what === 'unpark') return Object.fromEntries(Object.entries(parked).filter(([path]) => path !== which));
  const path = steps
    .flatMap((step) => step.fields.filter(({ type }) => !type.silent).map((field) => joinPath(step.prefix, field.id)))
    .find((one) => one === value('_park'));
  if (what !== 'park' || path === undefined) return parked;
  const choice = PARK_REASONS.find((one) => one === value('_parkReason')) ?? 'other';
  const note = value('_parkNote').slice(0, LONGEST_NOTE);
  const reason = [t.t(`counter.park.reason.${choice}`), note].filter(Boolean).join(': ');
  return { ...parked, [path]: { reason, actor: clerk.name, at: new Date(portal.store.now()).toISOString() } };
}

/** One entry more or less, as the button says; names are looked up on the way, never taken from the form. */
function changedLists(draft: Draft, section: string, answers: Answers, wanted: string): Answers {
  const [what, path = ''] = wanted.split(':');
  if (what !== 'add' && what !== 'remove') return answers;
  const steps = sheetSteps(sheetWalk(draft.pkg.flow, answers, walkOptions(draft)), section);
  const page = what === 'add' ? path : path.split('/').slice(0, -1).join('/');
  const step = steps.find((one) => one.path === page && one.page.collection);
  if (!step) return answers;
  const collection = step.page.collection!;
  const list = joinPath(step.prefix, collection.path.split('.').at(-1));
  if (what === 'add') return entryKeys(answers, list).length < collection.max ? addEntry(answers, list).answers : answers;
  return removeEntry(answers, list, path.split('/').at(-1)!);
}

/** Somebody saved meanwhile: what is saved beside what was typed, and the clerk decides. */
function stale(request: Request, draft: Draft, section: string, form: SheetForm): SavedSheet {
  const { lang, t } = request;
  const steps = sheetSteps(sheetContext(request, draft, section).walk, section).filter(({ path }) => form.pages.has(path));
  const rows = steps
    .flatMap((step) => conflictView({ draft, lang, t, fromReview: false }, step, readRaw(step, form.controls)).rows)
    .filter(({ saved, mine }) => saved.join() !== mine.join());
  const action = sheetPath(lang, draft.id, section);
  const hidden = { ...Object.fromEntries(form.controls), _revision: revisionOf(draft), do: 'save' };
  return { kind: 'stale', draft, conflict: { action, hidden, rows, keepSaved: action } };
}
