/**
 * A section of a flow as one sheet, for somebody who fills it in quickly for somebody else: every page of it that the answers lead to is there at
 * once, also behind one that is still open. Pages, fields and rules are the citizen's, and so are the answers in the end.
 */
import { entryKeys } from './answers.ts';
import { joinPath } from './compile.ts';
import { parsePage, readRaw, shownControls, type Controls, type Raw } from './form.ts';
import { pageChanges } from './page.ts';
import { walk } from './walk.ts';
import type { Answers, FieldProblem, Flow, Step, Walk, WalkOptions } from './types.ts';

const SHOWN: ReadonlySet<string> = new Set(['question', 'info', 'collection', 'upload']);

/** The walk of a sheet: on past what is open, as far as the answers say where the way goes. */
export function sheetWalk(flow: Flow, answers: Readonly<Answers>, options: WalkOptions): Walk {
  return walk(flow, answers, { ...options, onward: true });
}

/** The pages of a section that stand on its sheet, in order; an entry's pages before the page of its list. */
export function sheetSteps(walked: Walk, section: string): Step[] {
  return walked.steps.filter((step) => step.section === section && SHOWN.has(step.page.kind));
}

/** What a sheet's form holds. */
export interface SheetForm {
  readonly controls: Controls;
  /** Pages that it showed: what is empty there was left empty. */
  readonly pages: ReadonlySet<string>;
  /** Where confirmations of warnings are kept, for those that are given. */
  readonly confirmed: ReadonlySet<string>;
}

export interface SheetResult {
  readonly answers: Answers;
  /** What was typed and cannot be taken; what is saved there stays. */
  readonly problems: readonly FieldProblem[];
  /** The sheet's walk of these answers. */
  readonly walk: Walk;
}

/**
 * Takes a sheet's form, page by page along the way that the answers open: pages that were shown and are not on the way any more are passed over.
 * What fails is named and does not hold up the rest; what is needed and was left empty is open again.
 */
export function applySheet(flow: Flow, before: Readonly<Answers>, section: string, form: SheetForm, options: WalkOptions): SheetResult {
  let answers: Answers = before;
  let walked = sheetWalk(flow, answers, options);
  const failed: FieldProblem[] = [];
  const taken = new Set<string>();
  for (;;) {
    const step = sheetSteps(walked, section).find(({ path }) => form.pages.has(path) && !taken.has(path));
    if (!step) break;
    taken.add(step.path);
    const { answers: next, problems } = takePage(flow, answers, step, form, { ...options, previous: walked });
    failed.push(...problems);
    answers = next;
    walked = sheetWalk(flow, answers, { ...options, previous: walked });
  }
  // A field that another answer made vanish cannot be wrong.
  const shown = new Set(walked.steps.flatMap((step) => step.fields.map((field) => joinPath(step.prefix, field.id))));
  return { answers, problems: failed.filter(({ path }) => shown.has(path)), walk: walked };
}

/** A sheet's form as it goes on: what it would hold after everything that it opens stands on it, too. */
export interface FollowedSheet extends SheetResult {
  readonly form: SheetForm;
}

/**
 * What a sheet would be if it were saved now, and again with the pages that this opens: they show what is stored for them. `before`: what is saved.
 * Saving the form that this gives changes nothing about its pages any more.
 */
export function followSheet(flow: Flow, before: Readonly<Answers>, section: string, form: SheetForm, options: WalkOptions): FollowedSheet {
  const controls = new Map(form.controls);
  const pages = new Set(form.pages);
  const confirmed = new Set(form.confirmed);
  for (;;) {
    const result = applySheet(flow, before, section, { controls, pages, confirmed }, options);
    const fresh = sheetSteps(result.walk, section).filter(({ path }) => !pages.has(path));
    if (fresh.length === 0) return { ...result, form: { controls, pages, confirmed } };
    for (const step of fresh) {
      pages.add(step.path);
      for (const [name, values] of shownControls(step, before)) if (!controls.has(name)) controls.set(name, values);
      for (const mark of confirmMarks(step)) if (before[mark] === true) confirmed.add(mark);
    }
  }
}

/** What is wrong with what was typed before and not taken, wherever it is on the way. */
export function mistypedProblems(walked: Walk, mistyped: Raw, answers: Readonly<Answers>, options: WalkOptions): FieldProblem[] {
  const typed = new Set(Object.keys(mistyped));
  return walked.steps.flatMap((step) => {
    if (!step.fields.some((field) => typed.has(joinPath(step.prefix, field.id)))) return [];
    return parsePage(step, mistyped, answers, options).problems.filter(({ path }) => typed.has(path));
  });
}

/** Where confirmations of a page's rules are kept. */
function confirmMarks({ fields, page, prefix }: Step): string[] {
  return [...fields.flatMap((field) => field.rules), ...page.rules].map(({ id }) => joinPath(prefix, `~${id}`));
}

function takePage(flow: Flow, answers: Answers, step: Step, form: SheetForm, options: WalkOptions) {
  const { page, prefix } = step;
  const rules = [...step.fields.flatMap((field) => field.rules), ...page.rules];
  const confirmed = new Set(rules.map(({ id }) => id).filter((id) => form.confirmed.has(joinPath(prefix, `~${id}`))));
  if (page.collection) {
    const list = joinPath(prefix, page.collection.path.split('.').at(-1));
    const keys = entryKeys(answers, list);
    return { answers: pageChanges(answers, step, keys.length >= page.collection.min ? { [list]: keys } : {}, confirmed), problems: [] };
  }
  const { values, problems } = parsePage(step, readRaw(step, form.controls), answers, options);
  const next = pageChanges(answers, step, values, confirmed);
  // Which fields are needed may depend on the page's own answers.
  const after = sheetWalk(flow, next, options).byPath.get(step.path) ?? step;
  for (const field of after.fields) {
    const path = joinPath(prefix, field.id);
    if (next[path] === null && !after.optional.has(path)) delete next[path];
  }
  return { answers: next, problems };
}
