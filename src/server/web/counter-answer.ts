/**
 * Staff answer a back office's question for the citizen, who is there with reference number and second factor. Nothing is kept between the forms: the
 * page carries a proof that this session opened this application, which is worth nothing to any other session. Opening and answering are in the log.
 */
import { timingSafeEqual } from 'node:crypto';
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { answersOf, factorHashes, giveAnswer, readReference, wasAnswered, type Channel } from '#server/applications';
import type { Clerk } from '#server/identity';
import { openForAnswer, submissionById, type SubmissionRow } from '#server/store';
import type { CounterAnswerView, IntakeText } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { answerErrors, answerFields, answering, askedView, receiveAnswer, type Answering, type ReceivedAnswer } from './answer-form.ts';
import { clerkOf, counterPath, showCounter } from './clerk.ts';
import { serviceName } from './desk-texts.ts';
import { readForm, type Request } from './kit.ts';
import { sentView } from './answer.ts';
import { carriesFiles } from './sheet-files.ts';
import { packageOf, recipientOf } from './summary.ts';

const answerPath = (lang: string): string => counterPath(lang, 'answer');

/** How long a page with a form may lie open. */
const OPEN_FOR = 60 * 60_000;
const CHANNELS = ['counter', 'phone', 'post', 'email'] as const satisfies readonly Channel[];

/** What a form did, for the page that follows it. */
interface Done {
  readonly typed?: ReadonlyMap<string, readonly string[]>;
  readonly problem?: SummaryError;
  readonly opened?: Answering;
  readonly received?: ReceivedAnswer;
  readonly sent?: SubmissionRow;
}
const done = new WeakMap<Request, Done>();

/** Proof that `clerk` opened the submission. */
async function proofOf({ portal }: Request, { municipality, sessionHash }: Clerk, id: string, until: string): Promise<Buffer> {
  return portal.keys.keyedHash(municipality, 'counter-answer', `${id}/${until}/${sessionHash.toString('hex')}`);
}

async function ticketFor(request: Request, clerk: Clerk, { id }: SubmissionRow): Promise<string> {
  const until = String(request.portal.store.now() + OPEN_FOR);
  return `${id}.${until}.${(await proofOf(request, clerk, id, until)).toString('base64url')}`;
}

async function ofTicket(request: Request, clerk: Clerk, ticket: string): Promise<SubmissionRow | undefined> {
  const [id, until, proof] = ticket.split('.');
  if (!id || !until || !proof || !/^[0-9a-f-]{36}$/.test(id) || !(Number(until) > request.portal.store.now())) return undefined;
  const expected = await proofOf(request, clerk, id, until);
  const given = Buffer.from(proof, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return submissionById(request.portal.store, clerk.municipality, id);
}

export async function counterAnswerPage(request: Request) {
  const clerk = await clerkOf(request);
  const state = done.get(request) ?? {};
  const view = await viewOf(request, clerk, state);
  const faulty = 'errors' in view && view.errors.length > 0;
  return showCounter(request, { title: request.t.t('counter.answer.title'), faulty }, view);
}

async function viewOf(request: Request, clerk: Clerk, { typed, problem, opened, received, sent }: Done): Promise<CounterAnswerView> {
  const { t, lang, portal, municipality, url } = request;
  const action = answerPath(lang);
  if (sent) {
    const given = (await answersOf(portal, municipality.id, sent)).at(-1)!;
    const told = { ...sentView(request, sent, given, recipientOf(request, sent)), title: t.t('counter.answer.sent') };
    return { kind: 'sent', service: serviceName(request, sent.service), sent: told };
  }
  if (opened) {
    const { row, question, elsewhere } = opened;
    const service = serviceName(request, row.service);
    const about = { service, reference: row.reference };
    const late = received?.text;
    if (elsewhere) return { kind: 'elsewhere', ...about, asked: askedView(request, elsewhere), typed: late };
    if (!question) return { kind: 'closed', ...about, typed: late };
    const fields = await answerFields(request, row, question, received);
    const chosen = received?.values.get('channel')?.[0] ?? CHANNELS[0];
    return {
      kind: 'form',
      action,
      ...about,
      hidden: { question: question.event, ticket: await ticketFor(request, clerk, row) },
      errors: [...(problem ? [problem] : []), ...answerErrors(fields)],
      asked: askedView(request, question),
      channel: {
        name: 'channel',
        label: t.t('counter.intake.channel.label'),
        options: CHANNELS.map((value) => ({
          value,
          id: `channel-${value}`,
          label: t.t(`counter.intake.channel.${value}`),
          chosen: value === chosen,
        })),
      },
      fields,
      check: t.t('answering.check', { office: recipientOf(request, row) }),
    };
  }
  const text = (name: 'reference' | 'factor', value: string): IntakeText => ({
    id: name,
    name,
    label: t.t(`counter.answer.${name}`),
    hint: t.t(`counter.answer.${name}Hint`),
    value,
    error: problem && name === 'reference' ? problem.text : undefined,
  });
  return {
    kind: 'open',
    action,
    errors: problem ? [{ ...problem, href: '#reference' }] : [],
    reference: text('reference', typed?.get('reference')?.[0]?.slice(0, 40) ?? url.searchParams.get('reference')?.slice(0, 40) ?? ''),
    factor: text('factor', ''),
    typed: received?.text,
  };
}

export async function postCounterAnswer(event: RequestEvent) {
  const { request } = event.locals;
  const clerk = await clerkOf(request);
  return carriesFiles(event) ? send(event, request, clerk) : open(event, request, clerk);
}

/** Reference number and second factor open the question. */
async function open(event: RequestEvent, request: Request, clerk: Clerk) {
  const { portal, t } = request;
  const typed = await readForm(event);
  const value = (name: string) => (typed.get(name)?.[0] ?? '').slice(0, 200);
  const factors = await factorHashes(portal.keys, clerk.municipality, value('factor'));
  const hands = { municipality: clerk.municipality, staff: clerk.sessionHash };
  // what cannot be a number is tried like one, so that it is counted and logged like one
  const id = await openForAnswer(portal.store, hands, readReference(value('reference')) ?? '', factors);
  const row = id && (await submissionById(portal.store, clerk.municipality, id));
  if (!row) {
    done.set(request, { typed, problem: { text: t.t('counter.answer.refused') } });
    return fail(422);
  }
  done.set(request, { opened: await answering(request, row, clerk.sessionHash) });
}

async function send(event: RequestEvent, request: Request, clerk: Clerk) {
  const { portal, municipality, t, lang } = request;
  const received = await receiveAnswer(event, async (values) => {
    const row = await ofTicket(request, clerk, values.get('ticket')?.[0] ?? '');
    return row && answering(request, row, clerk.sessionHash);
  });
  const { to, values } = received;
  const refuse = (status: number, text?: string, opened: Answering | undefined = to) => {
    done.set(request, { opened, received, ...(text !== undefined && { problem: { text } }) });
    return fail(status);
  };
  if (!to) return refuse(422, t.t('counter.answer.over'));
  // Sent twice at once: the first has its answer.
  if (await wasAnswered(portal, municipality.id, to.row, values.get('question')?.[0] ?? ''))
    return void done.set(request, { sent: to.row });
  if (!to.question) return refuse(409);
  if (received.problems.length > 0 || received.removed) return refuse(received.problems.length > 0 ? 422 : 200);
  const channel = CHANNELS.find((one) => one === values.get('channel')?.[0]) ?? CHANNELS[0];
  const { service } = await packageOf(request, to.row);
  const { outcome } = await giveAnswer(portal, {
    municipality,
    row: to.row,
    service,
    event: values.get('question')?.[0] ?? '',
    text: received.text,
    trace: { channel, by: 'clerk', actor: clerk.name },
    staff: clerk.sessionHash,
    lang,
    callbackUrl: `${request.origin}/api/v1/status`,
  });
  if (outcome === 'forbidden') error(401, 'session');
  if (outcome === 'empty') return refuse(422, t.t('answering.empty'));
  // read again: what is asked now
  if (outcome === 'closed') return refuse(409, t.t('answering.changed'), await answering(request, to.row, clerk.sessionHash));
  portal.deliveriesChanged();
  done.set(request, { sent: to.row });
}
