/** One delivery on the desk: its attempts, why it waits, and what a person can decide. Four eyes where it shall go to somebody else. */
import { randomUUID } from 'node:crypto';
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { dateTime, number } from '#i18n';
import { redirect, wordsOf } from '#server/delivery';
import type { Clerk } from '#server/identity';
import { decideDelivery, deskCase, proposeRedirection, refuseRedirection, type DeskCase } from '#server/store';
import type { DeskCaseView } from '#ui/deliveries/types.ts';
import { showCounter } from './clerk.ts';
import { deskClerk, deskPath } from './desk.ts';
import { adapterName, reasonText, serviceName, withAnswer } from './desk-texts.ts';
import { readForm, type Request } from './kit.ts';

/** Why a delivery shall go elsewhere: a choice, because the log holds nothing that somebody typed about a person. */
const REASONS = ['outage', 'responsibility', 'refused', 'test'] as const;
const DECISIONS = ['again', 'arrived'] as const;

/** What a form did, for the page that follows it. */
interface Done {
  readonly told?: string;
  readonly problem?: string;
  readonly words?: string;
}
const done = new WeakMap<Request, Done>();

async function found({ portal, municipality }: Request, destination: string, id: string): Promise<DeskCase> {
  const one = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? await deskCase(portal.store, municipality.id, id) : undefined;
  if (one?.delivery.destination !== destination) error(404, 'page');
  return one;
}

const nameOf = ({ municipality }: Request, id: string) => municipality.destinations.find((one) => one.id === id)?.name ?? id;

export async function deskCasePage(request: Request, destination: string, id: string) {
  const clerk = await deskClerk(request);
  const one = await found(request, destination, id);
  const { t, lang } = request;
  const { delivery } = one;
  const { told, problem, words } = done.get(request) ?? {};
  const when = (date: Date) => dateTime(date, lang);
  const reason = delivery.lastError ? reasonText(t, delivery.lastError) : undefined;
  const view: DeskCaseView = {
    action: deskPath(lang, destination, id),
    back: { href: deskPath(lang, destination), label: nameOf(request, destination) },
    reference: delivery.reference,
    errors: problem ? [{ text: problem }] : [],
    told,
    state: t.t(`desk.count.${delivery.state}`),
    reason: delivery.state === 'delivered' ? undefined : reason,
    facts: [
      [t.t('desk.fact.service'), withAnswer(request, serviceName(request, delivery.service), delivery.answer)],
      [t.t('desk.fact.destination'), `${nameOf(request, destination)} (${adapterName(t, delivery.adapter)})`],
      [t.t('desk.fact.queued'), when(delivery.queuedAt)],
      ...(delivery.state === 'queued' ? [[t.t('desk.fact.next'), when(delivery.nextAt)] as const] : []),
      ...(delivery.deliveredAt ? [[t.t('desk.fact.delivered'), when(delivery.deliveredAt)] as const] : []),
    ].map(([label, value]) => ({ label: label, value: value })),
    attempts: one.attempts.map((attempt) => ({
      n: attempt.n,
      at: { iso: attempt.startedAt.toISOString(), text: when(attempt.startedAt) },
      took: t.t('desk.took', { seconds: number(Math.round(attempt.milliseconds) / 1_000, lang) }),
      outcome: t.t(`desk.outcome.${attempt.outcome}`),
      status: attempt.status ?? undefined,
      reason: attempt.detail ? reasonText(t, attempt.detail) : undefined,
    })),
    words: delivery.words ? (words ?? null) : undefined,
    again: delivery.state === 'parked' || delivery.state === 'unknown',
    arrived: delivery.state === 'unknown',
    change: changeView(request, clerk, one),
    history: one.redirections
      .filter((row) => row.outcome !== null)
      .map((row) =>
        t.t(`desk.change.${row.outcome}`, {
          from: nameOf(request, row.source),
          to: nameOf(request, row.target),
          name: row.proposedName,
          second: row.decidedName ?? '',
          when: when(row.decidedAt ?? row.proposedAt),
        }),
      ),
  };
  return showCounter(
    request,
    { title: `${delivery.reference}: ${t.t('desk.title')}`, area: 'deliveries', faulty: problem !== undefined },
    view,
  );
}

/** What can be done about the destination: propose, or decide about what somebody proposed. */
function changeView(request: Request, clerk: Clerk, { delivery, redirections, taken }: DeskCase): DeskCaseView['change'] {
  const { t, lang, municipality } = request;
  const open = redirections.find((row) => row.outcome === null && row.delivery === delivery.id);
  if (open) {
    return {
      kind: 'open',
      redirection: open.id,
      text: t.t('desk.change.proposed', {
        from: nameOf(request, open.source),
        to: nameOf(request, open.target),
        name: open.proposedName,
        when: dateTime(open.proposedAt, lang),
      }),
      reason: t.t(`desk.change.reason.${open.reason}`),
      own: open.proposedBy === clerk.subject,
    };
  }
  const targets = municipality.destinations.filter(({ id }) => !taken.includes(id));
  // an answer goes to who asked
  if (delivery.answer !== null) return undefined;
  if ((delivery.state !== 'parked' && delivery.state !== 'queued') || targets.length === 0) return undefined;
  return {
    kind: 'propose',
    tried: delivery.attempts > 0,
    targets: targets.map(({ id, name, adapter }) => ({ value: id, label: `${name} (${adapterName(t, adapter)})` })),
    reasons: REASONS.map((value) => ({ value, label: t.t(`desk.change.reason.${value}`) })),
  };
}

export async function postDeskCase(event: RequestEvent, destination: string, id: string) {
  const { request } = event.locals;
  const clerk = await deskClerk(request);
  const one = await found(request, destination, id);
  const form = await readForm(event);
  const value = (name: string) => form.get(name)?.[0] ?? '';
  const result = await act(request, clerk, one, value('do'), value);
  done.set(request, result);
  if (result.problem !== undefined) return fail(result.problem === request.t.t('desk.problem.changed') ? 409 : 422);
  if (result.words === undefined) request.portal.deliveriesChanged();
}

async function act(request: Request, clerk: Clerk, one: DeskCase, wanted: string, value: (name: string) => string): Promise<Done> {
  const { portal, t, municipality } = request;
  const { delivery } = one;
  const room = { store: portal.store, keys: portal.keys };
  const problem = (name: string): Done => ({ problem: t.t(`desk.problem.${name}`) });
  const judged = (outcome: string, good: string, told = good): Done => {
    if (outcome === 'forbidden') error(401, 'session');
    return outcome === good ? { told: t.t(`desk.told.${told}`) } : problem(outcome);
  };
  const decision = DECISIONS.find((name) => name === wanted);
  if (decision) return judged(await decideDelivery(portal.store, clerk, delivery.id, decision), 'done', decision);
  if (wanted === 'words') {
    const words = await wordsOf(room, clerk, delivery);
    return words === undefined ? problem('changed') : { words };
  }
  if (wanted === 'propose') {
    const target = municipality.destinations.find(({ id }) => id === value('target'));
    const reason = REASONS.find((name) => name === value('reason'));
    if (!target || !reason) return problem('incomplete');
    const wish = { id: randomUUID(), delivery: delivery.id, target: target.id, reason };
    return judged(await proposeRedirection(portal.store, clerk, wish), 'proposed');
  }
  const open = one.redirections.find((row) => row.outcome === null && row.id === value('redirection'));
  if (wanted === 'confirm' && open) {
    const target = municipality.destinations.find(({ id }) => id === open.target);
    if (!target) return problem('target-gone');
    return judged(await redirect(room, clerk, delivery, { redirection: open.id, target }), 'confirmed');
  }
  if (wanted === 'refuse' && open) return judged(await refuseRedirection(portal.store, clerk, open.id), 'refused');
  return problem(open || !['confirm', 'refuse'].includes(wanted) ? 'incomplete' : 'changed');
}
