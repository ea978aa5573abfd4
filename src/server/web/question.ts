/**
 * One page of a flow for a citizen: what a GET shows and what a POST does. Knows walks and packages, not Kit. Every failure keeps what was typed.
 */
import type { Controls, FieldProblem, Raw, Step, Walk } from '#flow';
import { isDeepStrictEqual } from 'node:util';
import { addEntry, entryKeys, joinPath, pageChanges, parsePage, readRaw, removeEntry, walk as walkFlow } from '#flow';
import type { Applications, Draft } from '#server/applications';
import { walkOptions } from '#server/applications';

export interface FormInput {
  /** Control name -> values, as posted. */
  readonly values: Controls;
  /** Its files have just been saved: with nothing else on the page there is nothing more to save. */
  readonly saved?: boolean;
}

export type PostResult =
  | { kind: 'redirect'; page: string }
  | { kind: 'tasks' }
  | { kind: 'invalid'; step: Step; raw: Raw; problems: FieldProblem[]; walk: Walk }
  | { kind: 'conflict'; raw: Raw; step: Step }
  /** Saved more often than anybody types; `wait`: seconds until it may be tried again. */
  | { kind: 'often'; wait: number; raw: Raw; step: Step }
  | { kind: 'off-path'; page: string }
  | { kind: 'gone' }
  | { kind: 'submitted' };

/** What a form says it was made from: the revision and the application, so that a form of another application is never taken for one of this. */
export const revisionOf = (draft: Pick<Draft, 'id' | 'revision'>): string => `${draft.revision}.${draft.id}`;

/** The application that a form was made from. */
export const applicationOf = (values: ReadonlyMap<string, readonly string[]>): string | undefined =>
  /^\d+\.([0-9a-f-]{36})$/.exec(values.get('_revision')?.[0] ?? '')?.[1];

/** Saves a page. `change`: the citizen came from the review and goes straight back to it. */
export async function postPage(
  applications: Applications,
  draft: Draft,
  path: string,
  input: FormInput,
  lang: string,
): Promise<PostResult> {
  const step = draft.walk.byPath.get(path);
  const single = (name: string) => input.values.get(name)?.[0];
  if (!step || step.page.kind === 'exit') return { kind: 'off-path', page: draft.walk.stop };
  const raw = readRaw(step, input.values);
  if (single('_revision') !== revisionOf(draft)) return { kind: 'conflict', raw, step };
  if (step.page.collection) return postCollection(applications, draft, step, input, lang);

  const { values, problems } = parsePage(step, raw, draft.answers, walkOptions(draft));
  const shown = new Set<string>();
  const confirmed = new Set(input.values.get('_confirm') ?? []);
  const answers = pageChanges(draft.answers, step, values, confirmed);
  const walk = walkFlow(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk });
  const after = walk.byPath.get(path) ?? step;
  for (const field of after.fields) shown.add(joinPath(after.prefix, field.id));
  // A field that another answer on this page just made vanish cannot be wrong.
  const relevant = [
    ...problems.filter((problem) => shown.has(problem.path)),
    ...after.errors.filter((e) => !problems.some((p) => p.path === e.path)),
  ];
  const missing = after.fields
    .filter((field) => !field.type.silent && !(joinPath(after.prefix, field.id) in answers))
    .map((field): FieldProblem => ({ path: joinPath(after.prefix, field.id), code: 'required' }))
    .filter((problem) => !relevant.some((one) => one.path === problem.path));
  const all = [...relevant, ...missing];
  const blocked = after.warnings.some((warning) => warning.level === 'must' || !warning.confirmed);
  if (all.length > 0 || blocked) return { kind: 'invalid', step: after, raw, problems: all, walk };

  const toReview = single('_back') === 'review';
  if (input.saved && isDeepStrictEqual({ ...answers }, { ...draft.answers })) return next(draft.walk, path, toReview);
  const saved = await applications.save(draft, answers, walk, lang);
  if (saved.outcome === 'stale' || saved.outcome === 'held') return { kind: 'conflict', raw, step };
  if (saved.outcome === 'often') return { kind: 'often', wait: saved.wait, raw, step };
  if (saved.outcome !== 'saved') return { kind: saved.outcome };
  return next(saved.draft.walk, path, toReview);
}

async function postCollection(applications: Applications, draft: Draft, step: Step, input: FormInput, lang: string): Promise<PostResult> {
  const collection = step.page.collection!;
  const list = joinPath(step.prefix, collection.path.split('.').at(-1));
  const single = (name: string) => input.values.get(name)?.[0];
  const remove = single('_removeEntry');
  const more = single('_more');
  let answers = draft.answers;
  let to: string | undefined;
  if (remove !== undefined) {
    if (!entryKeys(answers, list).includes(remove)) return { kind: 'off-path', page: step.path };
    answers = removeEntry(answers, list, remove);
  } else if (more === 'yes') {
    if ((step.entries?.length ?? 0) >= collection.max) {
      return {
        kind: 'invalid',
        step,
        raw: {},
        problems: [{ path: list, code: 'tooManyEntries', params: { max: collection.max } }],
        walk: draft.walk,
      };
    }
    const added = addEntry(answers, list);
    answers = added.answers;
    to = `${step.path}/${added.key}/${collection.pages[0]!.id}`;
  } else if (more === 'no')
    answers = pageChanges(answers, step, { [list]: entryKeys(answers, list) }, new Set(input.values.get('_confirm') ?? []));
  else return { kind: 'invalid', step, raw: {}, problems: [{ path: list, code: 'chooseMore' }], walk: draft.walk };
  const walk = walkFlow(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk });
  const after = walk.byPath.get(step.path);
  if (more === 'no' && after && after.state !== 'done') return { kind: 'invalid', step: after, raw: {}, problems: [...after.errors], walk };
  const saved = await applications.save(draft, answers, walk, lang);
  if (saved.outcome === 'stale' || saved.outcome === 'held') return { kind: 'conflict', raw: {}, step };
  if (saved.outcome === 'often') return { kind: 'often', wait: saved.wait, raw: {}, step };
  if (saved.outcome !== 'saved') return { kind: saved.outcome };
  if (to !== undefined) return { kind: 'redirect', page: walk.byPath.has(to) ? to : walk.stop };
  if (remove !== undefined) return { kind: 'redirect', page: step.path };
  return next(saved.draft.walk, step.path, single('_back') === 'review');
}

/**
 * A form that comes again after its first coming was saved, as from a double click or a reload: it asks for what is there already, so nothing is
 * saved and it leads on as the first one did. Undefined when it asks for anything else.
 */
export function repeated(draft: Draft, path: string, input: FormInput): PostResult | undefined {
  // a form of the newest revision was not saved before
  if (applicationOf(input.values) !== draft.id || input.values.get('_revision')?.[0] === revisionOf(draft)) return undefined;
  // an entry was begun: while it is empty, the list itself is not on the way
  if (input.values.get('_more')?.[0] === 'yes')
    return draft.walk.stop.startsWith(`${path}/`) ? { kind: 'redirect', page: draft.walk.stop } : undefined;
  const step = draft.walk.byPath.get(path);
  if (!step) return undefined;
  const toReview = input.values.get('_back')?.[0] === 'review';
  if (step.page.collection) {
    const removed = input.values.get('_removeEntry')?.[0];
    if (removed !== undefined) return step.entries?.some(({ key }) => key === removed) ? undefined : { kind: 'redirect', page: path };
    return input.values.get('_more')?.[0] === 'no' && step.state === 'done' ? next(draft.walk, path, toReview) : undefined;
  }
  const { values, problems } = parsePage(step, readRaw(step, input.values), draft.answers, walkOptions(draft));
  const wanted = pageChanges(draft.answers, step, values, new Set(input.values.get('_confirm') ?? []));
  const same = problems.length === 0 && step.state === 'done' && isDeepStrictEqual({ ...wanted }, { ...draft.answers });
  return same ? next(draft.walk, path, toReview) : undefined;
}

/** Where a person goes after a page: the next one, or straight back to the review with only what is newly needed in between. */
function next(walk: Walk, path: string, toReview: boolean): PostResult {
  if (toReview) return { kind: 'redirect', page: walk.stop };
  const at = walk.steps.findIndex((step) => step.path === path);
  const following = walk.steps[at + 1];
  if (!following) return { kind: 'redirect', page: walk.stop };
  const done = walk.steps[at]!;
  const sectionEnds = following.section !== done.section && walk.flow.document.taskList === true;
  return sectionEnds ? { kind: 'tasks' } : { kind: 'redirect', page: following.path };
}

/** The page before, for the back link; undefined at the start. */
export function previousPage(walk: Walk, path: string): string | undefined {
  const at = walk.steps.findIndex((step) => step.path === path);
  return at > 0 ? walk.steps[at - 1]!.path : undefined;
}
