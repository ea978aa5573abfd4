/** Help from staff: the code that lets them take the draft in hand, and the page while they have it. */
import { error, type RequestEvent } from '@sveltejs/kit';
import { encode } from 'uqr';
import { dateTime, longDate } from '#i18n';
import { groupCode, type Draft } from '#server/applications';
import type { Opened } from '#server/store';
import type { ConflictView, HeldView, HelpView, OpenedView } from '#ui/types.ts';
import { stationName } from './clerk.ts';
import { go, offeringOf, readForm, show, type Request } from './kit.ts';
import { applyPath } from './pages.ts';
import { reader } from './views.ts';

export const helpPath = (lang: string, service: string): string => `/${lang}/help/${service}`;

/** Dark modules of a QR code as one path. */
export function qrOf(text: string): { size: number; path: string } {
  const { data, size } = encode(text);
  return { size, path: data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('') };
}

async function draftOf(request: Request, service: string): Promise<Draft> {
  const draft = await request.portal.applications.draft(offeringOf(request, service), request.session);
  if (!draft) error(410, 'draft');
  return draft;
}

/** Where staff sit, as citizens read it; the municipality's office where the station is not known (any more). */
function placeOf(request: Request, { site, desk }: { site: string | null; desk: string | null }): string {
  return stationName(request, site !== null && desk !== null ? { site, desk } : undefined) ?? request.municipality.contact.office;
}

/** What staff did with an application: when, what, where. */
export function openedViews(request: Request, opened: readonly Opened[]): OpenedView[] {
  const { t, lang } = request;
  return opened.map(({ at, action, site, desk }) => ({
    at: { iso: at.toISOString(), text: dateTime(at, lang) },
    what: t.t(`handover.opened.${action}`),
    where: placeOf(request, { site, desk }),
  }));
}

/** The code, if there is one; else what help is and a button that makes one. Looking makes nothing. */
export async function helpPage(request: Request, service: string) {
  const draft = await draftOf(request, service);
  if (draft.custody === 'counter') go(applyPath(request.lang, service));
  const { t, lang, portal } = request;
  const code = await portal.help.open(draft);
  const form = (what: string) => ({ action: helpPath(lang, service), hidden: { do: what } });
  const view: HelpView = {
    service: reader(draft.pkg, lang).t.t('service.title'),
    back: applyPath(lang, service, draft.walk.stop),
    create: form('create'),
    code: code && {
      text: groupCode(code.code),
      until: longDate(code.until, lang),
      factor: code.pin ? t.t('web.factor.pin', { pin: code.pin }) : t.t(`web.factor.${code.factor}`),
      // what a scanner at the counter types; no address, so that nothing opens it but the counter
      qr: qrOf(code.code),
      revoke: form('revoke'),
    },
    opened: openedViews(request, await portal.help.opened(request.municipality.id, draft.id)),
  };
  return show(request, { title: t.t('handover.help.title'), service: view.service, unlisted: true }, view);
}

/** Makes a code or ends it. Ending takes the draft back as well, whoever has it in hand. */
export async function postHelp(event: RequestEvent, service: string) {
  const { request } = event.locals;
  const { help } = request.portal;
  const wanted = (await readForm(event)).get('do')?.[0];
  const draft = await draftOf(request, service);
  if (wanted === 'revoke') {
    if (!(await help.revoke(draft))) error(410, 'draft');
    go(draft.custody === 'counter' ? applyPath(request.lang, service) : helpPath(request.lang, service));
  }
  // asked twice, the code that is there counts; and nobody gives out a code for what is in other hands
  if (draft.custody === 'citizen' && !(await help.open(draft)) && !(await help.create(draft))) error(410, 'draft');
  go(helpPath(request.lang, service));
}

/** What every page of the flow shows while staff have the draft. `typed`: what came too late. */
export async function heldView(request: Request, draft: Draft, typed: ConflictView['rows'] = []): Promise<HeldView> {
  const { lang, portal } = request;
  const service = draft.offering.service;
  const custody = await portal.help.custody(draft);
  // it has come back between two looks
  if (!custody) go(applyPath(lang, service));
  return {
    service: reader(draft.pkg, lang).t.t('service.title'),
    where: placeOf(request, custody),
    since: { iso: custody.since.toISOString(), text: dateTime(custody.since, lang) },
    typed: typed.map(({ label, mine }) => ({ label, lines: mine })),
    again: applyPath(lang, service),
    takeBack: { action: helpPath(lang, service), hidden: { do: 'revoke' } },
  };
}
