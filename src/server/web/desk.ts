/** The deliveries desk: how each destination does, and what waits there. Figures are those of the equation; an answer's value is nowhere. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { dateTime, number } from '#i18n';
import { check, COUNTS, isMediaBreak } from '#server/delivery';
import type { Clerk } from '#server/identity';
import { deskLines, openRedirections, replayParked, type DeliveryFigures, type ListedState } from '#server/store';
import type { DeskListView, DeskView, DestinationView, Light } from '#ui/deliveries/types.ts';
import { clerkOf, showCounter } from './clerk.ts';
import { go, readForm, type Request } from './kit.ts';
import { adapterName, ageText, reasonText, serviceName, withAnswer } from './desk-texts.ts';

export const deskPath = (lang: string, ...parts: readonly string[]): string => ['', lang, 'admin/deliveries', ...parts].join('/');

/** Whoever decides about deliveries. Not tied to a desk of the counter: no citizen sits there. */
export const deskClerk = (request: Request): Promise<Clerk> => clerkOf(request, ['deliveries'], { anywhere: true });

/** A destination that lets its oldest wait so long is slow, in seconds. */
const SLOW = 600;
const MOST = 50;

/** `/admin/deliveries`, as people type it. */
export const toDesk = (request: Request): never => go(deskPath(request.lang));

const destinationOf = ({ municipality }: Request, id: string) => municipality.destinations.find((one) => one.id === id);

/** Figures of this municipality: destinations that a document knows, and those where something is left. */
async function figuresOf(request: Request): Promise<DeliveryFigures[]> {
  const { portal, municipality } = request;
  const rows = (await portal.figures()).filter((row) => row.municipality === municipality.id);
  const missing = municipality.destinations
    .filter(({ id }) => !rows.some((row) => row.destination === id))
    .map(({ id }) => ({ ...EMPTY, municipality: municipality.id, destination: id }));
  return [...rows, ...missing].filter((row) => destinationOf(request, row.destination) || row.submitted > row.delivered);
}

const EMPTY = {
  ...({ submitted: 0, answers: 0, delivered: 0, queued: 0, sending: 0, parked: 0, unknown: 0, waiting: 0 } as const),
  ...({ oldestQueued: 0, breaker: 'closed', failures: 0, rests: 0 } as const),
};

function lightOf(request: Request, row: DeliveryFigures): { light: Light; lightText: string } {
  const { t } = request;
  const problems = request.portal.destinationProblems(row.municipality, row.destination);
  if (problems === undefined) return { light: 'open', lightText: t.t('desk.light.unconfigured') };
  if (problems.length > 0) return { light: 'open', lightText: t.t('desk.light.settings') };
  if (row.breaker === 'open') return { light: 'open', lightText: t.t('desk.light.open', { time: ageText(t, row.rests) }) };
  if (row.breaker === 'half-open') return { light: 'slow', lightText: t.t('desk.light.probe') };
  if (row.failures > 0) return { light: 'slow', lightText: t.t('desk.light.failing', { count: row.failures }) };
  if (row.oldestQueued > SLOW) return { light: 'slow', lightText: t.t('desk.light.slow') };
  return { light: 'good', lightText: t.t('desk.light.good') };
}

function destinationView(request: Request, row: DeliveryFigures): DestinationView {
  const { t, lang } = request;
  const known = destinationOf(request, row.destination);
  return {
    id: row.destination,
    name: known?.name ?? row.destination,
    href: deskPath(lang, row.destination),
    how: known ? adapterName(t, known.adapter) : '',
    mediaBreak: known !== undefined && isMediaBreak(known.adapter),
    noAnswers: known && !request.portal.takesAnswers(row.municipality, row.destination) ? t.t('desk.answers.none') : undefined,
    ...lightOf(request, row),
    counts: COUNTS.map((name) => ({
      name,
      label: t.t(`desk.count.${name}`),
      value: number(row[name], lang),
      none: row[name] === 0,
      ...(name === 'submitted' && row.answers > 0 && { note: `${number(row.answers, lang)} ${t.t('desk.answers.of')}` }),
      ...(name === 'queued' && row.queued > 0 && { note: t.t('desk.since', { time: ageText(t, row.oldestQueued) }) }),
    })),
  };
}

export async function deskPage(request: Request) {
  await deskClerk(request);
  const { portal, municipality, t, lang } = request;
  const [rows, open] = await Promise.all([figuresOf(request), openRedirections(portal.store, municipality.id)]);
  // an unconfigured destination has a light of its own; here it counts what is lost
  const { total, balanced } = check(rows, [], () => true);
  const view: DeskView = {
    equation: {
      submitted: { label: t.t('desk.count.submitted'), value: number(total.submitted, lang) },
      answers: total.answers > 0 ? `${number(total.answers, lang)} ${t.t('desk.answers.of')}` : undefined,
      parts: COUNTS.filter((name) => name !== 'submitted').map((name) => ({
        label: t.t(`desk.count.${name}`),
        value: number(total[name], lang),
      })),
      holds: balanced,
    },
    destinations: rows.map((row) => destinationView(request, row)),
    changes: open.map((one) => ({
      href: deskPath(lang, one.source, one.delivery),
      label: one.reference,
      text: t.t('desk.change.proposed', {
        from: destinationOf(request, one.source)?.name ?? one.source,
        to: destinationOf(request, one.target)?.name ?? one.target,
        name: one.proposedName,
        when: dateTime(one.proposedAt, lang),
      }),
    })),
  };
  return showCounter(request, { title: t.t('desk.title'), area: 'deliveries' }, view);
}

const LISTS: readonly ListedState[] = ['parked', 'unknown', 'waiting', 'queued', 'sending'];
const replayed = new WeakMap<Request, number>();

export async function deskList(request: Request, destination: string) {
  await deskClerk(request);
  const { portal, municipality, t, lang, url } = request;
  const row = (await figuresOf(request)).find((one) => one.destination === destination);
  if (!row) error(404, 'page');
  const asked = LISTS.find((one) => one === url.searchParams.get('state'));
  // what needs a person comes first
  const state = asked ?? LISTS.find((one) => row[one] > 0) ?? 'parked';
  const from = Math.min(Math.max(0, Math.floor(Number(url.searchParams.get('from')) || 0)), 10_000);
  const lines = await deskLines(portal.store, municipality.id, destination, state, { most: MOST + 1, skip: from });
  const here = (skip: number) => `${deskPath(lang, destination)}?state=${state}${skip > 0 ? `&from=${skip}` : ''}`;
  const done = replayed.get(request);
  const view: DeskListView = {
    ...destinationView(request, row),
    back: deskPath(lang),
    tabs: LISTS.map((one) => ({
      label: t.t(`desk.count.${one}`),
      count: number(row[one], lang),
      href: `${deskPath(lang, destination)}?state=${one}`,
      current: one === state,
    })),
    lines: lines.slice(0, MOST).map((one) => ({
      reference: one.reference,
      href: deskPath(lang, destination, one.id),
      service: withAnswer(request, serviceName(request, one.service), one.answer),
      since: { iso: one.queuedAt.toISOString(), text: dateTime(one.queuedAt, lang) },
      attempts: one.attempts,
      reason: one.lastError ? reasonText(t, one.lastError) : t.t('desk.reason.none'),
      due: state === 'queued' ? dateTime(one.nextAt, lang) : undefined,
    })),
    due: state === 'queued',
    earlier: from > 0 ? here(Math.max(0, from - MOST)) : undefined,
    later: lines.length > MOST ? here(from + MOST) : undefined,
    replay: row.parked > 0 && destinationOf(request, destination) ? t.t('desk.replayAll', { count: row.parked }) : undefined,
    action: deskPath(lang, destination),
    done: done === undefined ? undefined : t.t('desk.replayed', { count: done }),
  };
  return showCounter(request, { title: `${view.name}: ${t.t('desk.title')}`, area: 'deliveries' }, view);
}

/** Sends again whatever is parked for the destination. */
export async function postDeskList(event: RequestEvent, destination: string) {
  const { request } = event.locals;
  const clerk = await deskClerk(request);
  const form = await readForm(event);
  if (form.get('do')?.[0] !== 'again-all' || !destinationOf(request, destination)) return fail(422);
  const count = await replayParked(request.portal.store, clerk, destination);
  if (count === null) error(401, 'session');
  request.portal.deliveriesChanged();
  replayed.set(request, count);
}
