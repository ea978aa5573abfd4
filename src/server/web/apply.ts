/** The pages of an application: one GET and one POST for every kind of page. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { readRaw, type FieldProblem, type Raw, type Step } from '#flow';
import { SESSION, submit, unconfirmed, type Draft } from '#server/applications';
import { faultPoint } from '#server/faults';
import { submissionOfApplication, UPLOADS } from '#server/store';
import {
  collectionView,
  conflictView,
  exitView,
  infoView,
  questionView,
  reviewView,
  taskListView,
  titleOf,
  applyPath,
  type PageContext,
} from './pages.ts';
import { toBring } from './bring.ts';
import { applicationOf, postPage, repeated, revisionOf, type PostResult } from './question.ts';
import { confirmPath } from './confirm.ts';
import { declared, defect } from './hand-in.ts';
import { heldView, helpPath } from './help.ts';
import { bodyOf, go, offeringOf, readForm, show, type Request } from './kit.ts';
import { shownHash, SUMMARY } from './review.ts';
import { subscriberOf } from './peer.ts';
import { overRate, RATES } from './rates.ts';
import { reader } from './views.ts';
import { fileFields, receiveUpload } from './upload.ts';

/** What a page of the flow shows; the route picks the component by `kind`. */
export type ApplyView =
  | { kind: 'question'; view: ReturnType<typeof questionView> }
  | { kind: 'info'; view: ReturnType<typeof infoView> }
  | { kind: 'collection'; view: ReturnType<typeof collectionView> }
  | { kind: 'check'; view: ReturnType<typeof reviewView> }
  | { kind: 'exit'; view: ReturnType<typeof exitView> }
  | { kind: 'tasks'; view: ReturnType<typeof taskListView> }
  | { kind: 'conflict'; view: ReturnType<typeof conflictView> }
  | { kind: 'held'; view: Awaited<ReturnType<typeof heldView>> };

/** A form of an application that is not the session's draft any more: handing in again gives the first receipt, anything else came too late. */
async function late(request: Request, service: string, path: string, values: ReadonlyMap<string, readonly string[]>): Promise<never> {
  const application = applicationOf(values);
  const { portal, municipality, session } = request;
  const row = application && session && (await submissionOfApplication(portal.store, municipality.id, session, application));
  if (!row) error(410, 'draft');
  const page = offeringOf(request, service).pkg.flow.pages.get(path);
  if (page?.kind !== 'check') error(409, 'submitted');
  go(`/${request.lang}/receipt/${row.reference}`);
}

/** What a POST leaves for the page that is rendered in its answer. */
const posted = new WeakMap<Request, { context: PageContext; step?: Step; conflict?: Raw }>();

async function draftOf(request: Request, service: string, page?: string): Promise<Draft> {
  const offering = offeringOf(request, service);
  const draft = await request.portal.applications.draft(offering, request.session, page);
  if (!draft) error(410, 'draft');
  return draft;
}

export async function applyPage(request: Request, service: string, path: string) {
  const left = posted.get(request);
  const draft = left?.context.draft ?? (await draftOf(request, service, path));
  const fromReview = left?.context.fromReview ?? request.url.searchParams.get('back') === 'review';
  const context: PageContext = left?.context ?? { draft, lang: request.lang, t: request.t, fromReview };
  const read = reader(draft.pkg, request.lang);
  const service_ = read.t.t('service.title');
  const now = request.portal.store.now();
  const session = { now: new Date(now).toISOString(), ends: new Date(now + SESSION.idle).toISOString(), keep: `/${request.lang}/keep` };
  const options = {
    service: service_,
    unlisted: true,
    session,
    handover: helpPath(request.lang, service),
    bring: toBring(draft, request.lang),
  };
  if (draft.custody === 'counter') {
    const typed = left?.step && left.conflict && conflictView(context, left.step, left.conflict).rows;
    const view = await heldView(request, draft, typed);
    return show<ApplyView>(
      request,
      { ...options, handover: undefined, bring: undefined, title: request.t.t('handover.held.title') },
      { kind: 'held', view },
    );
  }
  const notice =
    unconfirmed(draft).length > 0
      ? { text: request.t.t('handover.notice.text'), href: confirmPath(request.lang, service), label: request.t.t('handover.notice.link') }
      : undefined;
  if (path === '') {
    if (draft.walk.flow.document.taskList !== true) go(applyPath(request.lang, service, draft.walk.stop));
    return show<ApplyView>(
      request,
      { ...options, notice, title: request.t.t('web.tasks') },
      { kind: 'tasks', view: taskListView(context) },
    );
  }
  const step = left?.step ?? draft.walk.byPath.get(path);
  // A page that is not on the way (yet): the address may be old or made up. Nothing is shown of it; the way goes on where it stopped.
  if (!step) go(applyPath(request.lang, service, draft.walk.stop));
  const title = titleOf(context, step);
  const view = viewOf(context, step, left?.conflict);
  const faulty = 'errors' in view.view && view.view.errors.length > 0;
  return show<ApplyView>(request, { ...options, notice, title, faulty }, view);
}

function viewOf(context: PageContext, step: Step, conflict: Raw | undefined): ApplyView {
  if (conflict) return { kind: 'conflict', view: conflictView(context, step, conflict) };
  switch (step.page.kind) {
    case 'info':
      return { kind: 'info', view: infoView(context, step) };
    case 'collection':
      return { kind: 'collection', view: collectionView(context, step) };
    case 'check':
      return { kind: 'check', view: reviewView(context, step) };
    case 'exit':
      return { kind: 'exit', view: exitView(context, step) };
    default:
      return { kind: 'question', view: questionView(context, step) };
  }
}

export async function postApply(event: RequestEvent, service: string, path: string) {
  const { request } = event.locals;
  const multipart = event.request.headers.get('content-type')?.startsWith('multipart/form-data');
  let values = multipart ? new Map<string, string[]>() : await readForm(event);
  if (!multipart) {
    const result = await postHeld(request, service, path, values);
    if (result) return leadOn(request, service, result, values);
  }
  const found = await request.portal.applications.draft(offeringOf(request, service), request.session);
  if (!found) return late(request, service, path, values);
  let draft = found;
  const step = draft.walk.byPath.get(path);
  let uploadProblems: FieldProblem[] = [];
  if (multipart && draft.custody === 'counter') {
    // read past: nothing of it can be taken now
    for await (const part of bodyOf(event)) void part;
    return tooLate(request, draft, step);
  }
  if (multipart) {
    const { applications } = request.portal;
    const received = await receiveUpload(event, request, draft, () => fileFields(step ? [step] : []), {
      reload: (now) => applications.draft(now.offering, now.session),
      save: (now, answers, walked) => applications.save(now, answers, walked, request.lang),
      held: () => go(applyPath(request.lang, service, step?.path)),
    });
    ({ draft, values } = received);
    uploadProblems = received.problems;
  }
  const application = applicationOf(values);
  if (application !== undefined && application !== draft.id) return late(request, service, path, values);
  if (draft.custody === 'counter') return tooLate(request, draft, step, step && readRaw(step, values));
  const fromReview = values.get('_back')?.[0] === 'review';
  let context: PageContext = { draft, lang: request.lang, t: request.t, fromReview };
  if (step && uploadProblems.length > 0) {
    posted.set(request, {
      context: {
        ...context,
        input: { raw: readRaw(step, values), problems: uploadProblems, walk: draft.walk, step: draft.walk.byPath.get(path) ?? step },
      },
      step,
    });
    const often = uploadProblems.some(({ code }) => code === 'often');
    if (often) event.setHeaders({ 'retry-after': String(UPLOADS.window / 1000) });
    return fail(often ? 429 : 422);
  }
  if (step?.page.kind === 'check') return postReview(event, context, step, values);
  let result: PostResult = await postPage(request.portal.applications, draft, path, { values, saved: draft !== found }, request.lang);
  if (result.kind === 'conflict' || result.kind === 'off-path') {
    // Somebody saved meanwhile; perhaps this very form did.
    context = { ...context, draft: await draftOf(request, service) };
    if (context.draft.custody === 'counter')
      return tooLate(request, context.draft, step, result.kind === 'conflict' ? result.raw : undefined);
    result = repeated(context.draft, path, { values }) ?? result;
  }
  switch (result.kind) {
    case 'redirect':
    case 'tasks':
      return leadOn(request, service, result, values);
    case 'off-path':
      // A step out of order: nothing was stored (TR-03172-3, 3.3.01).
      return error(409, 'off-path');
    case 'gone':
      return error(410, 'draft');
    case 'submitted':
      return error(409, 'submitted');
    case 'conflict': {
      const there = context.draft.walk.byPath.get(path);
      if (!there) return error(409, 'off-path');
      posted.set(request, { context, step: there, conflict: result.raw });
      return fail(409);
    }
    case 'often':
      return tooOften(event, context, result.step, result.raw, result.wait, 'web.often');
    case 'invalid':
      posted.set(request, {
        context: { ...context, input: { raw: result.raw, problems: result.problems, walk: result.walk, step: result.step } },
        step: result.step,
      });
      return fail(422);
  }
}

/** Staff have the draft in hand: nothing is saved, and the page says what was typed. */
function tooLate(request: Request, draft: Draft, step?: Step, raw?: Raw) {
  posted.set(request, { context: { draft, lang: request.lang, t: request.t, fromReview: false }, step, conflict: raw });
  return fail(409);
}

/** Nothing was taken because it came too often: the page says until when, and keeps what was typed. */
function tooOften(event: RequestEvent, context: PageContext, step: Step, raw: Raw, wait: number, why: 'web.often' | 'web.submitsOften') {
  event.setHeaders({ 'retry-after': String(wait) });
  const input = { raw, problems: [], walk: context.draft.walk, step };
  posted.set(event.locals.request, { context: { ...context, input, refused: context.t.t(why, { n: Math.ceil(wait / 60) }) }, step });
  return fail(429);
}

type Onward = Extract<PostResult, { kind: 'redirect' | 'tasks' }>;

/**
 * Most forms come from the revision that this process holds. Saving asks itself whether session and revision still count, so the look before it is
 * spared. What does not simply lead on has saved nothing and goes the long way, which shows nothing that the database did not allow.
 */
async function postHeld(request: Request, service: string, path: string, values: Map<string, string[]>): Promise<Onward | undefined> {
  const { applications } = request.portal;
  const draft = applications.held(offeringOf(request, service), request.session);
  if (!draft || applicationOf(values) !== draft.id || draft.walk.byPath.get(path)?.page.kind === 'check') return undefined;
  const result = await postPage(applications, draft, path, { values }, request.lang);
  return result.kind === 'redirect' || result.kind === 'tasks' ? result : undefined;
}

function leadOn(request: Request, service: string, result: Onward, values: Map<string, string[]>): never {
  if (values.get('do')?.[0] === 'save') return go(`/${request.lang}/save/${service}`);
  const page = result.kind === 'redirect' ? result.page : undefined;
  request.portal.applications.leadsTo(offeringOf(request, service), request.session, page ?? '');
  return go(applyPath(request.lang, service, page));
}

async function postReview(event: RequestEvent, context: PageContext, step: Step, values: Map<string, string[]>) {
  const { request } = event.locals;
  const { draft } = context;
  const service = draft.offering.service;
  if (values.get('do')?.[0] === 'save') return go(`/${request.lang}/save/${service}`);
  const summarySha256 = shownHash(draft, request.lang, request.t);
  if (values.get('_revision')?.[0] !== revisionOf(draft) || values.get(SUMMARY)?.[0] !== summarySha256) {
    posted.set(request, { context: { ...context, changed: true }, step });
    return fail(409);
  }
  const raw = readRaw(step, values);
  const answers = declared(draft, step, values);
  const { portal } = request;
  const wait = await overRate(request, RATES.submit(portal.settings), subscriberOf(request.address));
  if (wait > 0) return tooOften(event, context, step, raw, wait, 'web.submitsOften');
  faultPoint('submit-posted');
  const result = await submit(portal.store, portal.keys, {
    draft,
    answers,
    lang: request.lang,
    callbackUrl: `${request.origin}/api/v1/status`,
    confirmation: { how: 'online', at: new Date(request.portal.store.now()).toISOString(), summarySha256 },
    transmittedBy: { by: 'citizen' },
  });
  switch (result.outcome) {
    case 'submitted':
    case 'replayed':
      portal.wakeWorker();
      faultPoint('submit-ordered');
      return go(`/${request.lang}/receipt/${result.reference}`);
    case 'incomplete': {
      const after = result.walk.byPath.get(step.path);
      // Something before the review is open again: go there, it says what is needed.
      if (!after) return go(applyPath(request.lang, service, result.walk.stop));
      posted.set(request, {
        context: { ...context, input: { raw, problems: [...after.errors], walk: result.walk, step: after } },
        step: after,
      });
      return fail(422);
    }
    case 'defect':
      return defect(request, draft, result.problems);
    case 'unconfirmed':
      return go(confirmPath(request.lang, service));
    case 'stale': {
      const now = await draftOf(request, service);
      if (now.custody === 'counter') return tooLate(request, now);
      const there = now.walk.byPath.get(step.path);
      if (!there) return go(applyPath(request.lang, service, now.walk.stop));
      posted.set(request, { context: { ...context, draft: now, changed: true }, step: there });
      return fail(409);
    }
    case 'gone':
      return error(410, 'draft');
  }
}
