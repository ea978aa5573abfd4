/**
 * The citizen answers what a back office asks: one address for the question, for what was sent, and for a question that is not open any more. Open to who
 * may see the status page. Whose hour has run out while writing gives the second factor again, on the page with what they wrote.
 */
import { fail, type RequestEvent } from '@sveltejs/kit';
import { answersOf, giveAnswer, ONLINE, wasAnswered, type GivenAnswer } from '#server/applications';
import { faultPoint } from '#server/faults';
import { dateTime } from '#i18n';
import type { SubmissionRow } from '#server/store';
import type { AnswerPageView, SentView, SummaryError } from '#ui/types.ts';
import { own, ownIfAny, prove } from './after.ts';
import { answerAddress, answerErrors, answerFields, answering, askedView, receiveAnswer, type ReceivedAnswer } from './answer-form.ts';
import { go, show, type Request } from './kit.ts';
import { packageOf, recipientOf } from './summary.ts';
import { reader, textField } from './views.ts';

/** A form that was not taken: what was typed, and why. `locked`: its sender may not see the page any more. */
interface Left {
  readonly received: ReceivedAnswer;
  readonly said?: SummaryError | undefined;
  readonly locked?: boolean;
}
const left = new WeakMap<Request, Left>();

export async function answerPage(request: Request, reference: string) {
  const before = left.get(request);
  if (before?.locked) return lockedPage(request, reference, before);
  const row = await own(request, reference);
  const { t, lang, portal, municipality } = request;
  const service = reader(await packageOf(request, row), lang).t.t('service.title');
  const { question, elsewhere } = await answering(request, row);
  const back = `/${lang}/status/${row.reference}`;
  const office = recipientOf(request, row);
  if (question) {
    const fields = await answerFields(request, row, question, before?.received);
    const errors = [...(before?.said ? [before.said] : []), ...answerErrors(fields)];
    const view: AnswerPageView = {
      kind: 'form',
      service,
      title: t.t('answering.title'),
      back,
      action: answerAddress(lang, row.reference),
      hidden: { question: question.event },
      asked: askedView(request, question),
      errors,
      fields,
      check: t.t('answering.check', { office }),
      submit: t.t('answering.submit'),
    };
    return show(request, { title: view.title, service, faulty: errors.length > 0, unlisted: true }, view);
  }
  // What was typed too late is there to be copied.
  const typed = before?.received.text;
  const given = elsewhere || typed ? undefined : (await answersOf(portal, municipality.id, row)).at(-1);
  const view: AnswerPageView = given
    ? { kind: 'sent', service, back, sent: sentView(request, row, given, office) }
    : {
        kind: 'closed',
        service,
        back,
        title: t.t(elsewhere ? 'web.lifecycle.information_requested.label' : 'answering.closed.title'),
        text: t.t(elsewhere ? 'answering.elsewhere' : 'answering.closed.text'),
        typed,
      };
  const heading = view.kind === 'sent' ? view.sent.title : view.title;
  return show(request, { title: heading, service, unlisted: true }, view);
}

/** What was sent, when it came in, and what happens next. */
export function sentView({ t, lang }: Request, { reference }: SubmissionRow, given: GivenAnswer, office: string): SentView {
  return {
    title: t.t('answering.sent.title'),
    receivedAt: t.t('answering.sent.at', { when: dateTime(given.answeredAt, lang) }),
    reference,
    asked: given.question.texts,
    text: given.text,
    files: given.files.map(({ name }) => name),
    next: t.t(given.delivered ? 'answering.sent.arrived' : 'answering.sent.next', { office }),
  };
}

/** Says nothing about the application, not even whether there is one. */
async function lockedPage(request: Request, reference: string, { received, said }: Left) {
  const { t, lang } = request;
  const factor = textField('factor', t.t('web.resume.factor'), t.t('web.resume.factorHint'), lang);
  const fields = await answerFields(request, undefined, undefined, received);
  const view: AnswerPageView = {
    kind: 'form',
    title: t.t('answering.title'),
    action: answerAddress(lang, reference),
    hidden: { question: received.values.get('question')?.[0]?.slice(0, 20) ?? '' },
    errors: [...(said ? [said] : []), ...answerErrors(fields)],
    fields: [factor, ...fields],
    submit: t.t('answering.submit'),
  };
  return show(request, { title: view.title, faulty: true, unlisted: true }, view);
}

export async function postAnswer(sent: RequestEvent, reference: string) {
  const { request } = sent.locals;
  const { portal, municipality, t, lang } = request;
  const may = await access(sent, reference);
  const received = await receiveAnswer(sent, may.ask);
  const refuse = (status: number, text?: string, href?: string, locked = false) => {
    left.set(request, { received, said: text === undefined ? undefined : { text, href }, locked });
    return fail(status);
  };
  const { to } = received;
  if (!to) {
    if (may.tooMany()) return refuse(429, t.t('web.tooMany'), '#factor', true);
    return refuse(422, t.t(may.tried() ? 'web.status.wrong' : 'answering.locked'), '#factor', true);
  }
  // Sent twice at once: the first has its answer, whatever became of this one's files.
  const event = received.values.get('question')?.[0] ?? '';
  if (await wasAnswered(portal, municipality.id, to.row, event)) return go(answerAddress(lang, to.row.reference));
  if (!to.question) return refuse(409);
  if (received.problems.length > 0 || received.removed) return refuse(received.problems.length > 0 ? 422 : 200);
  faultPoint('answer-posted');
  const { service } = await packageOf(request, to.row);
  const { outcome } = await giveAnswer(portal, {
    municipality,
    row: to.row,
    service,
    event,
    text: received.text,
    trace: ONLINE,
    lang,
    callbackUrl: `${request.origin}/api/v1/status`,
  });
  if (outcome === 'empty') return refuse(422, t.t('answering.empty'), '#text');
  if (outcome !== 'answered' && outcome !== 'replayed') return refuse(409, t.t('answering.changed'));
  faultPoint('answer-ordered');
  portal.deliveriesChanged();
  return go(answerAddress(lang, to.row.reference));
}

/** Who may answer: whose browser may see the status page, or who gives the second factor with the form. */
async function access(event: RequestEvent, reference: string) {
  const { request } = event.locals;
  const known = await ownIfAny(request, reference);
  let tried = false;
  let tooMany = false;
  return {
    tried: () => tried,
    tooMany: () => tooMany,
    ask: async (values: ReadonlyMap<string, readonly string[]>) => {
      if (known) return answering(request, known);
      const factor = values.get('factor')?.[0] ?? '';
      if (factor === '') return undefined;
      tried = true;
      const proven = await prove(event, reference, factor);
      tooMany = proven === 'too-many';
      return proven === undefined || proven === 'too-many' ? undefined : answering(request, proven);
    },
  };
}
