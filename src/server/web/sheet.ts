/** The sheet of the counter: sections in one piece, the review, and the ways out of a clerk's hands. Every call asks the database whose hands it is in. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { sheetSteps, type FieldProblem } from '#flow';
import { groupCode, type Draft, type Intake } from '#server/applications';
import type { Code } from '#server/handover';
import type { Clerk } from '#server/identity';
import { CHECK, sectionTitle, sheetPages } from '#views';
import type { SheetCheckView, SheetDoneView, SheetView } from '#ui/counter/types.ts';
import type { ConflictView } from '#ui/types.ts';
import { clerkOf, counterPath, showCounter } from './clerk.ts';
import { handIn } from './hand-in.ts';
import { qrOf } from './help.ts';
import { HANDED_ON, sheetPath } from './intake.ts';
import { go, readForm, type Request } from './kit.ts';
import { mailField, mailSlip, mailTo } from './mailed-slip.ts';
import { slipLink } from './papers.ts';
import { applicationOf } from './question.ts';
import { checkView } from './sheet-check.ts';
import { carriesFiles, readPast, receiveSheet } from './sheet-files.ts';
import { PARK_REASONS, saveSheet, type SavedSheet } from './sheet-save.ts';
import { sheetSource } from './sheet-source.ts';
import { sheetContext, sheetFrame } from './sheet-views.ts';

/** What the sheet's address shows. */
export type SheetPage =
  | { kind: 'sheet'; view: SheetView; source: string }
  | { kind: 'check'; view: SheetCheckView }
  | { kind: 'conflict'; view: ConflictView }
  | { kind: 'done'; view: SheetDoneView };

/** What a POST leaves for the page that is rendered in its answer. */
interface Left {
  readonly draft?: Draft;
  /** Something on the form could not be taken. */
  readonly faulty?: boolean;
  /** What is wrong with files. */
  readonly problems?: readonly FieldProblem[];
  readonly conflict?: ConflictView;
  readonly done?: SheetDoneView;
  /** What was typed as an address for the slip and is none. */
  readonly mailTo?: string | undefined;
  /** Errors of the review's form. */
  readonly refused?: readonly { readonly text: string; readonly href?: string | undefined }[];
}
const left = new WeakMap<Request, Left>();

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** The draft, while the clerk has it in hand; `action`: what it is read for. */
export async function inHand(request: Request, clerk: Clerk, application: string, action?: 'read' | 'print'): Promise<Draft> {
  if (!isId(application)) error(404, 'page');
  const draft = await request.portal.counter.open(clerk, application, action);
  if (draft) return draft;
  // A page that is looked at again after it was handed in or given back leads to the next person; a form says that nothing was saved.
  return request.writes ? error(410, 'draft') : go(`${counterPath(request.lang)}?gone`);
}

/** The record that lets this clerk enter answers: of this citizen's being here, by whoever has the application in hand. */
const intakeOf = (draft: Draft, clerk: Clerk): Intake | undefined => draft.intakes?.findLast(({ subject }) => subject === clerk.subject);

export async function sheetPage(request: Request, application: string, section: string) {
  const clerk = await clerkOf(request);
  const before = left.get(request) ?? {};
  const { t, lang } = request;
  if (before.done) return showCounter<SheetPage>(request, { title: before.done.title }, { kind: 'done', view: before.done });
  const draft = before.draft ?? (await inHand(request, clerk, application));
  if (before.conflict)
    return showCounter<SheetPage>(request, { title: t.t('conflict.title') }, { kind: 'conflict', view: before.conflict });
  const context = sheetContext(request, draft, section, before.problems);
  if (section === CHECK) {
    const view = checkView(request, context, before.refused ?? [], mailField(request, before.mailTo));
    const faulty = view.errors.length > 0 || before.mailTo !== undefined;
    return showCounter<SheetPage>(request, { title: t.t('counter.sheet.check'), faulty }, { kind: 'check', view });
  }
  // Not on the way (any more): on to the first section where something is open.
  if (sheetSteps(context.walk, section).length === 0 && !context.walk.steps.some((step) => step.section === section))
    go(sheetPath(lang, draft.id, draft.walk.steps.at(-1)!.section));
  const title = sectionTitle(context.read, section);
  const view: SheetView = {
    ...sheetFrame(context, request.url.searchParams.has('saved'), mailField(request, before.mailTo)),
    title,
    pages: sheetPages(context),
    reasons: {
      name: '_parkReason',
      label: t.t('counter.park.why'),
      options: PARK_REASONS.map((value) => ({ id: `park-${value}`, value, label: t.t(`counter.park.reason.${value}`), chosen: false })),
    },
  };
  return showCounter<SheetPage>(
    request,
    { title: `${title}, ${view.service}`, faulty: before.faulty ?? false },
    { kind: 'sheet', view, source: sheetSource(context, view) },
  );
}

export async function postSheet(event: RequestEvent, application: string, section: string) {
  const { request } = event.locals;
  const clerk = await clerkOf(request);
  if (carriesFiles(event)) return postFiles(event, clerk, application, section);
  const values = await readForm(event);
  const draft = await inHand(request, clerk, application);
  const wanted = values.get('do')?.[0] ?? 'save';
  if (applicationOf(values) !== draft.id) error(409, 'draft');
  if (wanted === 'give-back') return giveBack(request, clerk, draft, values);
  if (wanted === 'hand-on') return handOn(request, clerk, draft, values);
  const intake = intakeOf(draft, clerk);
  if (!intake) error(409, 'draft');
  if (section === CHECK) {
    const result = await handIn(request, clerk, draft, values);
    left.set(request, result);
    return result.done ? undefined : fail(422);
  }
  return answered(request, await saveSheet(request, clerk, draft, section, intake, values));
}

/** Without the record of the mandate no file is taken, either. */
async function postFiles(event: RequestEvent, clerk: Clerk, application: string, section: string) {
  const { request } = event.locals;
  const draft = isId(application) ? await request.portal.counter.open(clerk, application) : undefined;
  const intake = draft && intakeOf(draft, clerk);
  if (!draft || !intake || section === CHECK) {
    await readPast(event);
    return error(draft ? 409 : 410, 'draft');
  }
  const received = await receiveSheet(event, clerk, draft, section, intake);
  if (applicationOf(received.values) !== draft.id) error(409, 'draft');
  return answered(request, await saveSheet(request, clerk, received.draft, section, intake, received.values), received.problems);
}

/** `problems`: what is wrong with files, besides. */
function answered(request: Request, result: SavedSheet, problems: readonly FieldProblem[] = []) {
  switch (result.kind) {
    case 'gone':
      return error(410, 'draft');
    case 'go':
      if (problems.length === 0) return go(result.to);
    // fall through
    case 'faulty':
      left.set(request, { draft: result.draft, faulty: true, problems });
      return fail(422);
    case 'stale':
      left.set(request, result);
      return fail(409);
  }
}

async function giveBack(request: Request, clerk: Clerk, draft: Draft, values: Map<string, string[]>) {
  const { address, wrong } = mailTo(values);
  if (wrong !== undefined) {
    left.set(request, { draft, faulty: true, mailTo: wrong });
    return fail(422);
  }
  const given = await request.portal.counter.giveBack(clerk, draft, true);
  if (!given) return error(410, 'draft');
  const mailed = address !== undefined && given.code ? await mailSlip(request, address, given.code.code) : undefined;
  left.set(request, { done: { ...(await slip(request, draft, 'giveBack', given.code)), mailed } });
  return undefined;
}

async function handOn(request: Request, clerk: Clerk, draft: Draft, values: Map<string, string[]>) {
  const purpose = HANDED_ON.find((one) => one === values.get('_purpose')?.[0]) ?? 'finish';
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
