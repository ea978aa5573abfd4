/** Pages before an application: the list of services, one service, statutory pages, and the start. */
import { error } from '@sveltejs/kit';
import { today } from '#server/applications';
import { reader } from './views.ts';
import { applyPath } from './pages.ts';
import { go, offeringOf, setSession, show, type Request } from './kit.ts';
import type { ServiceListView, ServicePageView, StatutoryView } from '#ui/types.ts';
import type { Offering } from '#server/catalog';

function optional(request: Request, offering: Offering, key: string): string | undefined {
  const { t } = reader(offering.pkg, request.lang);
  const text = t.has(key) ? t.t(key, { param: offering.params }) : '';
  return text || undefined;
}

/** The bare address leads to the portal in the reader's language. */
export function toLanguage(request: Request): never {
  go(`/${request.lang}`);
}

/** The services offered here whose title, summary, synonyms or LeiKa keys have every word of `query`. */
export function foundServices(request: Request, query: string) {
  const { lang, t, portal, municipality } = request;
  const services = portal.catalog.offerings(municipality.id).map((offering) => ({
    service: offering.service,
    href: `/${lang}/services/${offering.service}`,
    title: optional(request, offering, 'service.title') ?? offering.service,
    summary: optional(request, offering, 'service.summary') ?? '',
    facts: [
      offering.pkg.service.fee ? (optional(request, offering, 'service.cost')?.split('\n')[0] ?? '') : t.t('web.free'),
      offering.document.channels.includes('online') ? t.t('web.online') : '',
    ].filter((fact) => fact && fact.length < 40),
    keywords: [optional(request, offering, 'service.words') ?? '', ...offering.pkg.service.leika].join(' '),
  }));
  const words = fold(query).split(/\s+/).filter(Boolean);
  return services.filter((service) =>
    words.every((word) => fold(`${service.title} ${service.summary} ${service.keywords}`).includes(word)),
  );
}

export function home(request: Request) {
  const { lang, t, municipality } = request;
  const query = (request.url.searchParams.get('q') ?? '').slice(0, 100);
  const view: ServiceListView = {
    title: t.t('web.homeTitle', { name: municipality.shortName }),
    lead: t.t('web.homeLead'),
    search: `/${lang}`,
    query,
    services: foundServices(request, query),
    resume: `/${lang}/resume`,
    status: `/${lang}/status`,
  };
  return show(request, { title: t.t('web.services'), shape: 'wide' }, view);
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export function servicePage(request: Request, service: string) {
  const offering = offeringOf(request, service);
  const { lang, t } = request;
  const { pkg } = offering;
  const closed = request.portal.catalog.closed(offering, today());
  const text = (key: string) => optional(request, offering, key);
  const days = pkg.service.processingDays;
  const title = text('service.title') ?? service;
  const contact = request.municipality.contact;
  const view: ServicePageView = {
    title,
    summary: text('service.summary') ?? '',
    what: text('service.intro'),
    who: text('service.who'),
    documents: (pkg.service.documents ?? []).map((id) => text(`service.documents.${id}`) ?? id),
    cost: text('service.cost') ?? (pkg.service.fee ? undefined : t.t('web.free')),
    effort: undefined,
    duration: text('service.duration') ?? (days && t.t('web.processing', days)),
    responsible: t.t(`web.level.${pkg.service.level}`),
    legalBasis: pkg.service.legalBasis,
    channels: offering.document.channels
      .filter((channel) => channel !== 'online')
      .map((channel) => ({
        title: t.t(`web.channel.${channel}.title`),
        text: t.t(`web.channel.${channel}.text`, {
          phone: contact.phone,
          place: `${contact.office}, ${contact.street}, ${contact.city}`,
          hours: contact.hours[lang] ?? contact.hours.de,
        }),
      })),
    privacy: { href: `/${lang}/legal/privacy`, label: t.t('web.privacy') },
    start: closed || !offering.document.channels.includes('online') ? undefined : { action: `/${lang}/services/${service}`, hidden: {} },
    resume: `/${lang}/resume`,
    closed: closed && (closed.text?.[lang] ?? closed.text?.de ?? t.t(`web.closed.${closed.reason}`)),
  };
  return show(request, { title, shape: 'wide', breadcrumb: [{ href: `/${lang}`, label: t.t('web.services') }] }, view);
}

/** POST on a service's page: begins an application, or goes on with the one that the session has. */
export async function start(request: Request, service: string) {
  const offering = offeringOf(request, service);
  if (request.portal.catalog.closed(offering, today()) || !offering.document.channels.includes('online')) error(409, 'closed');
  const { session } = await request.portal.applications.start(offering, request.session, request.lang);
  if (session) setSession(request, session);
  go(applyPath(request.lang, service));
}

export function legal(request: Request, page: string) {
  const pages = request.municipality.legal;
  if (!Object.hasOwn(pages, page)) error(404, 'page');
  const texts = pages[page as keyof typeof pages];
  const title = request.t.t(`web.${page}`);
  const view: StatutoryView = { title, text: texts[request.lang] ?? texts.de! };
  return show(request, { title }, view);
}
