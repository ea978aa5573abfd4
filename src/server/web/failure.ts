/** Every failure a person can meet, as a page that says what to do. */
import type { ErrorView, PageFrame } from '#ui/types.ts';
import { frame, type Request } from './kit.ts';
import { Shown } from './shown.ts';

const KNOWN = new Set(['service', 'page', 'draft', 'closed', 'off-path', 'submitted', 'form', 'defect', 'unavailable']);

/** What the error page shows, as a function of status and error. */
export function failure(request: Request): Shown<(status: number, error: App.Error | null) => { frame: PageFrame; view: ErrorView }> {
  return new Shown((status, error) => {
    const { t } = request;
    const known =
      error && KNOWN.has(error.message) ? error.message : status === 404 || status === 405 ? 'page' : status === 413 ? 'form' : 'other';
    const service = /\/(?:apply|save|services)\/([a-z0-9-]+)/.exec(request.url.pathname)?.[1];
    const links = [{ href: `/${request.lang}`, label: t.t('web.services') }];
    if (known === 'off-path' && service) links.unshift({ href: `/${request.lang}/apply/${service}`, label: t.t('web.goOn') });
    if (known === 'closed' && service) links.unshift({ href: `/${request.lang}/services/${service}`, label: t.t('service.channels') });
    if (known === 'submitted') links.unshift({ href: `/${request.lang}/status`, label: t.t('web.status.title') });
    if (known === 'draft') links.unshift({ href: `/${request.lang}/resume`, label: t.t('web.resume.title') });
    const view: ErrorView = {
      title: t.t(`web.failure.${known}.title`),
      what: t.t(`web.failure.${known}.what`),
      todo: t.t(`web.failure.${known}.todo`),
      links,
      event: status >= 500 ? error?.event : undefined,
    };
    return { frame: frame(request, { title: view.title, unlisted: true }), view };
  });
}
