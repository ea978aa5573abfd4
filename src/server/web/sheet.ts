/** The sheet of the counter: sections in one piece, the review, and the ways out of a clerk's hands. Every call asks the database whose hands it is in. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
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
} from '#flow';
import { groupCode, walkOptions, type Draft, type Intake, type Source } from '#server/applications';
import type { Code } from '#server/handover';
import type { Clerk } from '#server/identity';
import type { SheetCheckView, SheetDoneView, SheetView } from '#ui/counter/types.ts';
import type { ConflictView } from '#ui/types.ts';
import { clerkOf, showCounter } from './clerk.ts';
import { handIn } from './hand-in.ts';
import { qrOf } from './help.ts';
import { PURPOSES, sheetPath } from './intake.ts';
import { go, readForm, type Request } from './kit.ts';
import { conflictView } from './pages.ts';
import { slipLink } from './papers.ts';
import { applicationOf, revisionOf } from './question.ts';
import { checkView } from './sheet-check.ts';
import { CHECK, nextSection, sheetFrame, sheetPages, type SheetContext } from './sheet-views.ts';
import { reader, sectionTitle } from './views.ts';

/** What the sheet's address shows. */
export type SheetPage =
  | { kind: 'sheet'; view: SheetView }
  | { kind: 'check'; view: SheetCheckView }
  | { kind: 'conflict'; view: ConflictView }
  | { kind: 'done'; view: SheetDoneView };

/** What a POST leaves for the page that is rendered in its answer. */
interface Left {
  readonly draft?: Draft;
  readonly raw?: Raw;
  readonly problems?: readonly FieldProblem[];
  readonly conflict?: ConflictView;
  readonly done?: SheetDoneView;
  /** Errors of the review's form. */
  readonly refused?: readonly { readonly text: string; readonly href?: string | undefined }[];
}
const left = new WeakMap<Request, Left>();

const SOURCES: Readonly<Record<Intake['channel'], Source>> = { counter: 'dictated', phone: 'phone', post: 'paper', email: 'paper' };

/** The draft, while the clerk has it in hand; `action`: what it is read for. */
export async function inHand(request: Request, clerk: Clerk, application: string, action?: 'read' | 'print'): Promise<Draft> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(application)) error(404, 'page');
  const draft = await request.portal.counter.open(clerk, application, action);
  return draft ?? error(410, 'draft');
}

/** The record that lets this clerk enter answers: of this citizen's being here, by whoever has the application in hand. */
const intakeOf = (draft: Draft, clerk: Clerk): Intake | undefined => draft.intakes?.findLast(({ subject }) => subject === clerk.subject);

function contextOf(request: Request, draft: Draft, section: string, { raw, problems = [] }: Left = {}): SheetContext {
  const walk = sheetWalk(draft.pkg.flow, draft.answers, walkOptions(draft));
  return { draft, lang: request.lang, t: request.t, section, walk, raw, problems };
}

export async function sheetPage(request: Request, application: string, section: string) {
  const clerk = await clerkOf(request);
  const before = left.get(request) ?? {};
  const { t, lang } = request;
  if (before.done) return showCounter<SheetPage>(request, { title: before.done.title }, { kind: 'done', view: before.done });
  const draft = before.draft ?? (await inHand(request, clerk, application));
  const read = reader(draft.pkg, lang);
  if (before.conflict)
    return showCounter<SheetPage>(request, { title: t.t('conflict.title') }, { kind: 'conflict', view: before.conflict });
  const context = contextOf(request, draft, section, before);
  if (section === CHECK) {
    const view = checkView(request, context, before.refused ?? []);
    return showCounter<SheetPage>(request, { title: t.t('counter.sheet.check'), faulty: view.errors.length > 0 }, { kind: 'check', view });
  }
  // Not on the way (any more): on to the first section where something is open.
  if (sheetSteps(context.walk, section).length === 0 && !context.walk.steps.some((step) => step.section === section))
    go(sheetPath(lang, draft.id, draft.walk.steps.at(-1)!.section));
  const title = sectionTitle(read, section);
  const view: SheetView = {
    ...sheetFrame(context, request.url.searchParams.has('saved')),
    title,
    pages: sheetPages(context),
    next: sheetPath(lang, draft.id, nextSection(context)),
  };
  const faulty = (before.problems ?? []).length > 0;
  return showCounter<SheetPage>(request, { title: `${title}, ${view.service}`, faulty }, { kind: 'sheet', view });
}

export async function postSheet(event: RequestEvent, application: string, section: string) {
  const { request } = event.locals;
  const clerk = await clerkOf(request);
  const values = await readForm(event);
  const draft = await inHand(request, clerk, application);
  const wanted = values.get('do')?.[0] ?? 'save';
  if (applicationOf(values) !== draft.id) error(409, 'draft');
  const intake = intakeOf(draft, clerk);
  if (wanted === 'give-back') return giveBack(request, clerk, draft);
  if (wanted === 'hand-on') return handOn(request, clerk, draft, values);
  if (!intake) error(409, 'draft');
  if (section === CHECK) {
    const result = await handIn(request, clerk, draft, values);
    left.set(request, result);
    return result.done ? undefined : fail(422);
  }
  return save(request, clerk, draft, section, intake, values, wanted);
}

async function save(
  request: Request,
  clerk: Clerk,
  draft: Draft,
  section: string,
  intake: Intake,
  controls: Map<string, string[]>,
  wanted: string,
) {
  const { lang, portal } = request;
  const form: SheetForm = { controls, pages: new Set(controls.get('_page')), confirmed: new Set(controls.get('_confirm')) };
  if (controls.get('_revision')?.[0] !== revisionOf(draft)) return stale(request, draft, section, form);
  const result = applySheet(draft.pkg.flow, draft.answers, section, form, walkOptions(draft));
  const answers = changedLists(draft, section, result.answers, wanted);
  const walked = walkFlow(draft.pkg.flow, answers, walkOptions(draft));
  const { channel } = intake;
  const saved = await portal.counter.save(clerk, draft, answers, walked, { source: SOURCES[channel], channel });
  if (saved.outcome === 'stale') return stale(request, await inHand(request, clerk, draft.id), section, form);
  if (saved.outcome !== 'saved') return error(410, 'draft');
  if (result.problems.length > 0) {
    const raw = Object.assign({}, ...sheetSteps(result.walk, section).map((step) => readRaw(step, controls))) as Raw;
    left.set(request, { draft: saved.draft, raw, problems: result.problems });
    return fail(422);
  }
  const to = wanted === 'next' ? nextSection(contextOf(request, saved.draft, section)) : section;
  return go(`${sheetPath(lang, draft.id, to)}?saved`);
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
function stale(request: Request, draft: Draft, section: string, form: SheetForm) {
  const { lang, t } = request;
  const steps = sheetSteps(contextOf(request, draft, section).walk, section).filter(({ path }) => form.pages.has(path));
  const rows = steps
    .flatMap((step) => conflictView({ draft, lang, t, fromReview: false }, step, readRaw(step, form.controls)).rows)
    .filter(({ saved, mine }) => saved.join() !== mine.join());
  const action = sheetPath(lang, draft.id, section);
  const hidden = { ...Object.fromEntries(form.controls), _revision: revisionOf(draft), do: 'save' };
  left.set(request, { draft, conflict: { action, hidden, rows, keepSaved: action } });
  return fail(409);
}

async function giveBack(request: Request, clerk: Clerk, draft: Draft) {
  const given = await request.portal.counter.giveBack(clerk, draft, true);
  if (!given) return error(410, 'draft');
  left.set(request, { done: await slip(request, draft, 'giveBack', given.code) });
  return undefined;
}

async function handOn(request: Request, clerk: Clerk, draft: Draft, values: Map<string, string[]>) {
  const purpose = PURPOSES.find((one) => one === values.get('_purpose')?.[0]) ?? 'finish';
  const note = (values.get('_note')?.[0] ?? '').trim().slice(0, 2_000);
  const code = await request.portal.counter.handOn(clerk, draft, { purpose, note });
  if (!code) return error(410, 'draft');
  left.set(request, { done: await slip(request, draft, 'handOn', code) });
  return undefined;
}

async function slip(request: Request, draft: Draft, what: 'giveBack' | 'handOn', code: Code | undefined): Promise<SheetDoneView> {
  const { t, origin, lang } = request;
  const factor = code && (code.pin ? t.t('web.factor.pin', { pin: code.pin }) : t.t(`web.factor.${code.factor}`));
  return {
    title: t.t(`counter.done.${what}.title`),
    text: t.t(`counter.done.${what}.text`, { address: `${origin}/${lang}/resume` }),
    code: code && groupCode(code.code),
    factor,
    qr: code && qrOf(code.code),
    papers: code && [await slipLink(request, draft, what, code, factor!)],
  };
}
