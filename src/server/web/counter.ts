/** The counter's shell: login and back, station, start, next person, logout. Everything works without scripts. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { LOGIN_TIME, LoginRefused, returnPath } from '#server/identity';
import type { Station } from '#server/store';
import type { LeftView, OnwardView, StationView } from '#ui/counter/types.ts';
import { clerkIfAny, clerkOf, counterPath, forgetClerk, loginAway, setStaffSession, showCounter, staffed, stationName } from './clerk.ts';
import { go, inLanguage, readForm, type Request } from './kit.ts';
import { subscriberOf } from './peer.ts';
import { overRate, RATES } from './rates.ts';

/** What is remembered while somebody is at the provider. Lax: it has to come back with the provider's redirect. */
const LOGIN_COOKIE = '__Host-staff-login';
const LOGIN_FLAGS = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

/** One address for all languages: it is registered with the provider. German is offered everywhere. */
const callbackAddress = (request: Request) => `${request.origin}${counterPath('de', 'callback')}`;
const leftAddress = (request: Request) => `${request.origin}${counterPath('de', 'left')}`;

/** Goes on to another page in a way that the browser takes for a step of our own. */
function onward(request: Request, title: string, to: string) {
  const { t } = request;
  const view: OnwardView = { title, text: t.t('counter.onward.text'), to: { href: to, label: t.t('counter.onward.link') } };
  return showCounter(request, { title }, view);
}

/** `/counter`, as people type it, and addresses below it that only take forms. */
export function toCounter(request: Request): never {
  staffed(request);
  return go(counterPath(request.lang));
}

/** Leads to the provider; back to `to` at once where somebody is logged in already. */
export async function login(event: RequestEvent) {
  const { request } = event.locals;
  const { portal, lang } = request;
  const to = returnPath(request.url.searchParams.get('to')) ?? counterPath(lang);
  // Who comes by a link in somebody else's page brings no Strict cookie: asked again from a page of ours, the session may turn out to live.
  if (event.request.headers.get('sec-fetch-site') === 'cross-site')
    return onward(request, request.t.t('counter.onward.login'), `${counterPath(lang, 'login')}?to=${encodeURIComponent(to)}`);
  if (await clerkIfAny(request)) return go(to);
  const wait = await overRate(request, RATES.login, `from/${subscriberOf(request.address)}`);
  if (wait > 0) {
    event.setHeaders({ 'retry-after': String(wait) });
    error(429, 'login-often');
  }
  const begun = await portal.identity
    .begin(staffed(request), { callback: callbackAddress(request), to, lang })
    .catch((problem: unknown) => loginAway(request, problem, event.setHeaders));
  event.cookies.set(LOGIN_COOKIE, begun.cookie, { ...LOGIN_FLAGS, maxAge: LOGIN_TIME / 1_000 });
  return go(begun.location);
}

/** Back from the provider. */
export async function loginDone(event: RequestEvent) {
  const { request } = event.locals;
  const cookie = event.cookies.get(LOGIN_COOKIE);
  event.cookies.delete(LOGIN_COOKIE, LOGIN_FLAGS);
  const returned = new URL(callbackAddress(request) + request.url.search);
  const done = await request.portal.identity.finish(staffed(request), returned, cookie).catch((problem: unknown) => {
    if (!(problem instanceof LoginRefused)) return loginAway(request, problem, event.setHeaders);
    const { municipality, correlation } = request;
    request.portal.logger.warn('login_refused', { municipality: municipality.id, reason: problem.reason, correlation });
    return error(400, 'login');
  });
  setStaffSession(request, done.session.id);
  event.locals.request = inLanguage(request, done.to.split('/')[1]!);
  return onward(event.locals.request, event.locals.request.t.t('counter.onward.done'), done.to);
}

const refusedStation = new WeakSet<Request>();

export async function stationPage(request: Request) {
  const clerk = await clerkOf(request, undefined, { anywhere: true });
  const { t, lang } = request;
  const problem = refusedStation.has(request) ? t.t('counter.station.missing') : undefined;
  const sites = staffed(request).staff.sites.map((site) => ({
    id: site.id,
    name: site.name,
    desks: site.desks.map((desk) => ({
      id: `station-${site.id}-${desk.id}`,
      value: `${site.id}/${desk.id}`,
      name: desk.name,
      chosen: clerk.station?.site === site.id && clerk.station.desk === desk.id,
    })),
  }));
  const view: StationView = {
    action: counterPath(lang, 'station'),
    to: returnPath(request.url.searchParams.get('to')) ?? counterPath(lang),
    errors: problem ? [{ text: problem, href: `#${sites[0]?.desks[0]?.id}` }] : [],
    sites,
  };
  return showCounter(request, { title: t.t('counter.station.title'), faulty: problem !== undefined }, view);
}

export async function chooseStation(event: RequestEvent) {
  const { request } = event.locals;
  const clerk = await clerkOf(request, undefined, { anywhere: true });
  const form = await readForm(event);
  const [site = '', desk = ''] = (form.get('station')?.[0] ?? '').split('/');
  const station: Station = { site, desk };
  if (!stationName(request, station)) {
    refusedStation.add(request);
    return fail(422);
  }
  if (!(await request.portal.identity.sit(clerk, station))) error(401, 'session');
  return go(returnPath(form.get('to')?.[0]) ?? counterPath(request.lang));
}

/** Nothing of the person before stays in the browser. The cache is the browser's copy of pages, storage what scripts have put away. */
function clearBrowser(event: RequestEvent): void {
  event.setHeaders({ 'clear-site-data': '"cache", "storage"' });
}

/** The person at the counter has gone: ends whatever is open. */
export async function nextPerson(event: RequestEvent): Promise<never> {
  const { request } = event.locals;
  const clerk = await clerkOf(request);
  await request.portal.counter.release(clerk);
  clearBrowser(event);
  return go(counterPath(request.lang));
}

const leaving = new WeakSet<Request>();

export async function logout(event: RequestEvent): Promise<void> {
  const { request } = event.locals;
  const clerk = await clerkIfAny(request);
  if (clerk) await request.portal.identity.leave(clerk);
  forgetClerk(request);
  clearBrowser(event);
  leaving.add(request);
}

/** After `logout`: on to the provider, so that its session ends, too. No redirect: a form's answer must not lead to another host (`form-action`). */
export async function logoutPage(request: Request) {
  const { t, lang } = request;
  if (!leaving.has(request)) return go(counterPath(lang));
  const provider = await request.portal.identity.leaveProvider(staffed(request), { left: leftAddress(request), lang });
  return onward(request, t.t('counter.onward.logout'), provider ?? counterPath(lang, 'left'));
}

/** Logged out. The provider says by `state` which language it was. */
export function leftPage(request: Request) {
  staffed(request);
  const { lang, municipality } = request;
  const spoken = request.url.searchParams.get('state');
  if (spoken !== null && spoken !== lang && municipality.languages.includes(spoken)) return go(counterPath(spoken, 'left'));
  const view: LeftView = { login: counterPath(lang) };
  return showCounter(request, { title: request.t.t('counter.left.title') }, view);
}
