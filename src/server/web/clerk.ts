/**
 * Who may come to the counter: asked by every one of its pages and actions, on the server. Whoever is not logged in is sent to the login and comes
 * back; whoever has the wrong role is refused, and that is written down. And the frame round the counter's pages.
 */
import { error } from '@sveltejs/kit';
import { COUNTER_ROLES, LoginUnavailable, type Clerk, type Role, type StaffedMunicipality } from '#server/identity';
import { sessionHash, type Station } from '#server/store';
import type { CounterFrame } from '#ui/counter/types.ts';
import type { ErrorView } from '#ui/types.ts';
import { languages, go, statutory, type Request } from './kit.ts';
import { Shown } from './shown.ts';

/**
 * Strict: no page of somebody else's opens anything in a clerk's name. The way back from the provider is such a foreign page, so it ends on a page
 * of ours that goes on by itself (`onward`).
 */
export const staffCookie = '__Host-staff';
const FLAGS = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const;

export const counterPath = (lang: string, page = ''): string => `/${lang}/counter${page && `/${page}`}`;

export function setStaffSession(request: Request, id: string): void {
  request.cookies.set(staffCookie, id, FLAGS);
}

export function forgetStaffSession(request: Request): void {
  request.cookies.delete(staffCookie, FLAGS);
}

/** The municipality with its staff; one without has no counter. */
export function staffed({ municipality }: Request): StaffedMunicipality {
  const { id, staff } = municipality;
  return staff ? { id, staff } : error(404, 'page');
}

/** One look at the database a request: the page after an action shows the same clerk. */
const known = new WeakMap<Request, Clerk>();

/** Whose session the browser holds, if it lives. */
export async function clerkIfAny(request: Request): Promise<Clerk | undefined> {
  staffed(request);
  const hash = sessionHash(request.cookies.get(staffCookie));
  const clerk = known.get(request) ?? (hash && (await request.portal.identity.clerk(request.municipality.id, hash)));
  if (clerk) known.set(request, clerk);
  return clerk;
}

/** Where the desk is by the configuration of today: names, or undefined when it is no longer there. */
export function stationName(request: Request, station: Station | undefined): string | undefined {
  const site = station && request.municipality.staff?.sites.find(({ id }) => id === station.site);
  const desk = site?.desks.find(({ id }) => id === station?.desk);
  return desk && `${site?.name}, ${desk.name}`;
}

/**
 * The clerk who asks, with one of the roles `needed`, and with a station wherever the municipality has any. Everything at the counter begins with this.
 * Ends the request otherwise: login, 401 (nothing was done, log in again), 403, or the choice of the station.
 */
export async function clerkOf(request: Request, needed: readonly Role[] = COUNTER_ROLES, { anywhere = false } = {}): Promise<Clerk> {
  const clerk = await clerkIfAny(request);
  const here = request.writes ? counterPath(request.lang) : request.url.pathname + request.url.search;
  if (!clerk) {
    // A form is not sent on to the provider: what was typed would be lost without a word.
    if (request.writes) error(401, 'session');
    go(`${counterPath(request.lang, 'login')}?to=${encodeURIComponent(here)}`);
  }
  if (!needed.some((role) => clerk.roles.includes(role))) {
    const { logger, identity } = request.portal;
    const route = request.route ?? 'none';
    await identity.refused(clerk, route, needed);
    logger.warn('role_refused', { municipality: clerk.municipality, route, correlation: request.correlation });
    error(403, 'role');
  }
  const { sites } = staffed(request).staff;
  if (!anywhere && sites.length > 0 && !stationName(request, clerk.station))
    go(`${counterPath(request.lang, 'station')}?to=${encodeURIComponent(here)}`);
  return clerk;
}

export interface CounterOptions {
  readonly title: string;
  readonly faulty?: boolean;
  /** Where one is. Default: the counter. */
  readonly area?: Area;
}

/** What staff do here: each with its pages, and the roles that lead there. */
const AREAS = {
  counter: { roles: COUNTER_ROLES, path: (lang: string) => counterPath(lang) },
  prints: { roles: ['post'], path: (lang: string) => counterPath(lang, 'prints') },
  deliveries: { roles: ['deliveries'], path: (lang: string) => `/${lang}/admin/deliveries` },
  services: { roles: ['services'], path: (lang: string) => `/${lang}/admin/services` },
} as const satisfies Record<string, { roles: readonly Role[]; path: (lang: string) => string }>;
type Area = keyof typeof AREAS;

/** The areas that somebody may enter, the counter first. */
const areasOf = (clerk: Clerk | undefined): Area[] =>
  (Object.keys(AREAS) as Area[]).filter((area) => AREAS[area].roles.some((role) => clerk?.roles.includes(role)));

/** Who comes to the counter and has no business there is shown to where they work. */
export async function toOwnArea(request: Request): Promise<void> {
  const areas = areasOf(await clerkIfAny(request));
  if (areas.length > 0 && !areas.includes('counter')) go(AREAS[areas[0]!].path(request.lang));
}

export function counterFrame(request: Request, { title, faulty, area = 'counter' }: CounterOptions): CounterFrame {
  const { municipality, lang, t } = request;
  const clerk = known.get(request);
  const station = stationName(request, clerk?.station);
  const areas = areasOf(clerk);
  const ready = areas.includes('counter') && (station !== undefined || municipality.staff?.sites.length === 0);
  return {
    t: t.t,
    title: [...new Set([title, t.t(`counter.area.${area}`), municipality.name])].join(' – '),
    faulty,
    municipality: { name: municipality.name, stylesheet: `/brand/${municipality.hash}.css` },
    area: t.t(`counter.area.${area}`),
    home: AREAS[area].path(lang),
    areas:
      areas.length > 1
        ? areas.map((one) => ({ href: AREAS[one].path(lang), label: t.t(`counter.area.${one}`), current: one === area }))
        : [],
    // The call-back's address holds a code that is used up, and what the provider wrote into it.
    languages: languages(request, request.route?.endsWith('/callback') ? 'counter' : undefined),
    statutory: statutory(request),
    demo: municipality.staff?.demo ?? false,
    clerk: clerk && {
      name: clerk.name,
      station,
      stationHref: counterPath(lang, 'station'),
      next: ready ? counterPath(lang, 'next') : undefined,
      logout: counterPath(lang, 'logout'),
    },
  };
}

export function showCounter<View>(request: Request, options: CounterOptions, view: View) {
  return { shown: new Shown({ frame: counterFrame(request, options), view }) };
}

/** The clerk's session has ended: the page that is being made shows nobody any more. */
export function forgetClerk(request: Request): void {
  known.delete(request);
  forgetStaffSession(request);
}

const KNOWN = new Set(['role', 'session', 'draft', 'defect', 'login', 'login-away', 'login-often', 'unavailable', 'form', 'case']);

/** As `failure`, in the counter's frame. Reads the request when the page is made: a login may have changed its language. */
export function counterFailure(locals: App.Locals) {
  return new Shown((status: number, problem: App.Error | null): { frame: CounterFrame; view: ErrorView } => {
    const { request } = locals;
    const { t } = request;
    const code = problem && KNOWN.has(problem.message) ? problem.message : status === 404 || status === 405 ? 'page' : 'other';
    const view: ErrorView = {
      title: t.t(`counter.failure.${code}.title`),
      what: t.t(`counter.failure.${code}.what`),
      todo: t.t(`counter.failure.${code}.todo`),
      links: code === 'role' ? [] : [{ href: counterPath(request.lang), label: t.t(`counter.failure.${code}.link`) }],
      event: status >= 500 ? problem?.event : undefined,
    };
    return { frame: counterFrame(request, { title: view.title }), view };
  });
}

/** The provider is away: 503, and when to try again. */
export function loginAway(request: Request, problem: unknown, setHeaders: (headers: Record<string, string>) => void): never {
  if (!(problem instanceof LoginUnavailable)) throw problem;
  const { portal, municipality, correlation } = request;
  portal.logger.error('login_unavailable', { municipality: municipality.id, reason: problem.reason, correlation });
  setHeaders({ 'retry-after': '30' });
  error(503, 'login-away');
}
