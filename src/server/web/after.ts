/** After submitting: receipt, summary document, status. Access by the session that handed in, or by reference and second factor. */
import { fail, type RequestEvent } from '@sveltejs/kit';
import { timingSafeEqual } from 'node:crypto';
import { factorReadings, frozen, pinFor, readReference, SESSION, type Lifecycle } from '#server/applications';
import { statusTimeline } from '#server/delivery';
import { findSubmission, submissionById, submissionOfSession, touchSession, type SubmissionRow } from '#server/store';
import { dateTime } from '#i18n';
import type { CodeFormView, ReceiptView, StatusView, TimelineStep } from '#ui/types.ts';
import { answerAddress, answering } from './answer-form.ts';
import { openedViews } from './help.ts';
import { nextText, pdfResponse } from './papers.ts';
import { reader, textField } from './views.ts';
import { go, GRANT, readForm, show, type Request } from './kit.ts';
import { tooMany } from './resume.ts';
import { packageOf, receivedText, summaryPdf, transmittedText, walkAgain } from './summary.ts';

/** How long reference and second factor open a submission's pages. */
const GRANTED = 60 * 60_000;

async function mac(request: Request, id: string, until: string): Promise<Buffer> {
  return request.portal.keys.keyedHash(request.municipality.id, 'grant', `${id}/${until}`);
}

/** Lets this browser see one submission for an hour. */
async function grantSubmission(request: Request, row: SubmissionRow): Promise<void> {
  const until = String(request.portal.store.now() + GRANTED);
  const value = `${row.id}.${until}.${(await mac(request, row.id, until)).toString('base64url')}`;
  request.cookies.set(GRANT, value, { path: '/', httpOnly: true, secure: true, sameSite: 'lax' });
}

async function granted(request: Request, reference: string): Promise<SubmissionRow | undefined> {
  const [id, until, proof] = (request.cookies.get(GRANT) ?? '').split('.');
  if (!id || !until || !proof || !/^[0-9a-f-]{36}$/.test(id) || !(Number(until) > request.portal.store.now())) return undefined;
  const expected = await mac(request, id, until);
  const given = Buffer.from(proof, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const row = await submissionById(request.portal.store, request.municipality.id, id);
  return row?.reference === reference ? row : undefined;
}

/** The submission with this reference number, if this browser may see it. Known or not, it is not shown without the second factor. */
export async function ownIfAny(request: Request, typed: string): Promise<SubmissionRow | undefined> {
  const reference = readReference(typed);
  const { store } = request.portal;
  const { id } = request.municipality;
  // An application keeps the name of the session that handed it in: only a living one opens it.
  const alive = request.session && (await touchSession(store, id, request.session, SESSION));
  const row = reference && alive ? await submissionOfSession(store, id, request.session, reference) : undefined;
  return reference && !row ? granted(request, reference) : row;
}

export const own = async (request: Request, typed: string): Promise<SubmissionRow> =>
  (await ownIfAny(request, typed)) ?? go(`/${request.lang}/status`);

/** By reference and second factor: lets this browser see the submission for an hour. Undefined: they do not fit. Counts as a try. */
export async function prove(event: RequestEvent, typed: string, factor: string): Promise<SubmissionRow | 'too-many' | undefined> {
  const { request } = event.locals;
  const { portal, municipality } = request;
  const reference = readReference(typed);
  if (await tooMany(event, request, 'status', reference)) return 'too-many';
  for (const reading of reference ? factorReadings(factor.slice(0, 200)) : []) {
    const hash = await portal.keys.keyedHash(municipality.id, 'factor', reading);
    const row = await findSubmission(portal.store, municipality.id, reference!, hash);
    if (!row) continue;
    await grantSubmission(request, row);
    return row;
  }
  return undefined;
}

export async function receipt(request: Request, typed: string) {
  const row = await own(request, typed);
  const pkg = await packageOf(request, row);
  const { t, lang } = request;
  const read = reader(pkg, lang);
  const { content, key } = await frozen(request.portal.store, request.portal.keys, request.municipality.id, row);
  const pin = row.factorKind === 'pin' ? pinFor({ key, id: row.application }) : undefined;
  const next = nextText(request, read, walkAgain(request, row, pkg, content));
  const view: ReceiptView = {
    title: t.t('web.received'),
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: receivedText(request, row, content.handling),
    transmittedBy: transmittedText(request, pkg, content),
    next,
    pdf: `/${lang}/receipt/${row.reference}/summary.pdf`,
    status: `/${lang}/status/${row.reference}`,
    factor: pin ? t.t('web.factor.pin', { pin }) : t.t(`web.factor.${row.factorKind ?? 'date'}`),
    home: `/${lang}`,
  };
  return show(request, { title: view.title, service: view.service, unlisted: true }, view);
}

export async function receiptPdf(request: Request, typed: string): Promise<Response> {
  const row = await own(request, typed);
  return pdfResponse(await summaryPdf(request, row), row.reference);
}

const failed = new WeakMap<Request, { code: string; problem: string }>();

export function statusForm(request: Request) {
  const { t, lang } = request;
  const left = failed.get(request);
  const view: CodeFormView = {
    action: `/${lang}/status`,
    hidden: {},
    title: t.t('web.status.title'),
    intro: t.t('web.status.intro'),
    errors: left ? [{ text: left.problem, href: '#reference' }] : [],
    code: {
      id: 'reference',
      name: 'reference',
      label: t.t('web.status.reference'),
      hint: t.t('web.status.referenceHint'),
      value: left?.code ?? '',
      error: left?.problem,
    },
    fields: [textField('factor', t.t('web.resume.factor'), t.t('web.resume.factorHint'), lang)],
    submit: t.t('web.status.show'),
    lost: t.t('web.status.lost'),
  };
  return show(request, { title: view.title, faulty: left !== undefined, unlisted: true }, view);
}

/** Reference and second factor give the session access to this one submission. */
export async function openStatus(event: RequestEvent) {
  const { request } = event.locals;
  const { t } = request;
  const form = await readForm(event);
  const typed = (form.get('reference')?.[0] ?? '').slice(0, 40);
  const refuse = (problem: string, status: number) => {
    failed.set(request, { code: typed, problem });
    return fail(status);
  };
  const row = await prove(event, typed, form.get('factor')?.[0] ?? '');
  if (row === 'too-many') return refuse(t.t('web.tooMany'), 429);
  return row ? go(`/${request.lang}/status/${row.reference}`) : refuse(t.t('web.status.wrong'), 422);
}

const ORDER: readonly Lifecycle[] = ['submitted', 'forwarded', 'received', 'in_progress', 'decided'];
const TONE = { decided: 'success', information_requested: 'warning' } as const;

export async function status(request: Request, typed: string) {
  const row = await own(request, typed);
  const pkg = await packageOf(request, row);
  const { portal, municipality, t, lang } = request;
  const events = await statusTimeline(portal.store, portal.keys, municipality.id, row);
  const current = row.lifecycle as Lifecycle;
  const { question, elsewhere } = await answering(request, row);
  // asked, and the answer is on its way
  const answered = current === 'information_requested' && events.some((one) => one.status === 'answered') && !question && !elsewhere;
  const state = answered ? 'answered' : current;
  const steps: TimelineStep[] = events.map((event, index) => ({
    title: t.t(`web.lifecycle.${event.status}.label`),
    text: t.t(`web.lifecycle.${event.status}.text`),
    at: { iso: event.at.toISOString(), text: dateTime(event.at, lang) },
    message: event.text,
    state: index === events.length - 1 ? 'current' : 'done',
  }));
  const rank = ORDER.indexOf(current);
  for (const coming of rank >= 0 ? ORDER.slice(rank + 1).filter((one) => one !== 'received' && one !== 'forwarded') : []) {
    steps.push({ title: t.t(`web.lifecycle.${coming}.label`), state: 'next' });
  }
  const days = pkg.service.processingDays;
  const view: StatusView = {
    title: t.t('web.status.title'),
    service: reader(pkg, lang).t.t('service.title'),
    reference: row.reference,
    state: {
      label: t.t(`web.lifecycle.${state}.label`),
      text: elsewhere ? t.t('answering.elsewhere') : t.t(`web.lifecycle.${state}.text`),
      tone: TONE[state as keyof typeof TONE] ?? 'info',
      message: (question ?? elsewhere)?.texts.join('\n\n') || undefined,
      answer: question ? { href: answerAddress(lang, row.reference), label: t.t('answering.do') } : undefined,
    },
    office: portal.catalog.offering(municipality.id, row.service)?.destination.name,
    expected: days && t.t('web.processing', days),
    steps,
    documents: [{ href: `/${lang}/receipt/${row.reference}/summary.pdf`, label: t.t('web.summaryPdf') }],
    actions: [],
    opened: openedViews(request, await portal.help.opened(municipality.id, row.application)),
  };
  return show(request, { title: view.title, service: view.service, unlisted: true }, view);
}
