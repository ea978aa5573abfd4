/** Shared computers: what is left on this device, what goes with the session, and its end. */
import type { RequestEvent } from '@sveltejs/kit';
import { SESSION } from '#server/applications';
import { sessionDrafts, touchSession } from '#server/store';
import { longDate } from '#i18n';
import type { EndView } from '#ui/types.ts';
import { reader } from './views.ts';
import { forgetSession, go, known, show, type Request } from './kit.ts';

/** Before the end: what will be out of reach. Where there is no session (any more): that it is done. */
export async function endPage(request: Request) {
  const { lang, t, municipality, portal, session } = request;
  const alive = session && (await touchSession(portal.store, municipality.id, session, SESSION));
  const drafts = alive ? await sessionDrafts(portal.store, municipality.id, session) : [];
  const view: EndView = {
    title: t.t(known(request) ? 'web.end.title' : 'web.end.done'),
    action: known(request) ? `/${lang}/end` : undefined,
    drafts: drafts.map(({ service, kept, expiresAt }) => {
      const offering = portal.catalog.offering(municipality.id, service);
      return {
        title: offering ? reader(offering.pkg, lang).t.t('service.title') : service,
        until: kept ? longDate(expiresAt, lang) : undefined,
        save: `/${lang}/save/${service}`,
      };
    }),
    home: `/${lang}`,
  };
  return show(request, { title: view.title, unlisted: true }, view);
}

/** The session ends here and in the database; the browser forgets what it kept of our pages. */
export async function endSession(event: RequestEvent) {
  const { request } = event.locals;
  if (request.session) await request.portal.applications.end(request.municipality.id, request.session);
  forgetSession(request);
  event.setHeaders({ 'clear-site-data': '"cache", "storage"' });
  go(`/${request.lang}/end`);
}
