/** Save and come back: the page with the code, and the form that takes it. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { groupCode, readCode, SESSION } from '#server/applications';
import { touchSession } from '#server/store';
import { longDate } from '#i18n';
import type { CodeFormView, SavedView } from '#ui/types.ts';
import { textField, reader } from './views.ts';
import { qrOf } from './help.ts';
import { applyPath } from './pages.ts';
import { subscriberOf } from './peer.ts';
import { overRate, RATES } from './rates.ts';
import { go, offeringOf, readForm, setSession, show, type Request } from './kit.ts';

/**
 * Counts a try, by who tries and by the code that is tried: many addresses together do not guess a second factor either. True when there were too
 * many; the answer then says when to try again.
 */
export async function tooMany(event: RequestEvent, request: Request, what: string, code: string | undefined): Promise<boolean> {
  const counted = [`from/${subscriberOf(request.address)}`, ...(code === undefined ? [] : [`code/${code}`])];
  let wait = 0;
  for (const one of counted) wait = Math.max(wait, await overRate(request, RATES.tries(what), one));
  if (wait > 0) event.setHeaders({ 'retry-after': String(wait) });
  return wait > 0;
}

export async function save(request: Request, service: string) {
  const offering = offeringOf(request, service);
  const draft = await request.portal.applications.draft(offering, request.session);
  if (!draft) error(410, 'draft');
  const kept = await request.portal.applications.keep(draft);
  if (!kept) error(410, 'draft');
  const { t, lang } = request;
  const code = groupCode(kept.code);
  const view: SavedView = {
    service: reader(draft.pkg, lang).t.t('service.title'),
    code,
    until: longDate(draft.expiresAt ?? new Date(request.portal.store.now() + draft.pkg.service.retention.draftDays * 86_400_000), lang),
    address: `${request.url.host}/${lang}/resume`,
    factor: kept.pin ? t.t('web.factor.pin', { pin: kept.pin }) : t.t(`web.factor.${kept.factor}`),
    qr: qrOf(`${request.url.origin}/${lang}/resume`),
    continue: applyPath(lang, service, draft.walk.stop),
    home: `/${lang}`,
  };
  return show(request, { title: t.t('web.saved'), unlisted: true }, view);
}

const failed = new WeakMap<Request, { code: string; problem: string }>();

export function resumePage(request: Request) {
  const { t, lang } = request;
  const left = failed.get(request);
  const view: CodeFormView = {
    action: `/${lang}/resume`,
    hidden: {},
    title: t.t('web.resume.title'),
    intro: t.t('web.resume.intro'),
    errors: left ? [{ text: left.problem, href: '#code' }] : [],
    code: {
      id: 'code',
      name: 'code',
      label: t.t('web.resume.code'),
      hint: t.t('web.resume.codeHint'),
      value: left?.code ?? '',
      error: left?.problem,
    },
    fields: [textField('factor', t.t('web.resume.factor'), t.t('web.resume.factorHint'), lang)],
    submit: t.t('web.goOn'),
    lost: t.t('web.resume.lost'),
  };
  return show(request, { title: view.title, faulty: left !== undefined, unlisted: true }, view);
}

export async function resume(event: RequestEvent) {
  const { request } = event.locals;
  const form = await readForm(event);
  const code = (form.get('code')?.[0] ?? '').slice(0, 40);
  const refuse = (problem: string, status: number) => {
    failed.set(request, { code, problem });
    return fail(status);
  };
  if (await tooMany(event, request, 'resume', readCode(code))) return refuse(request.t.t('web.tooMany'), 429);
  const result = await request.portal.applications.resume(
    request.municipality.id,
    code,
    (form.get('factor')?.[0] ?? '').slice(0, 200),
    request.session,
  );
  if (result.session) setSession(request, result.session);
  if (result.outcome === 'resumed') return go(applyPath(request.lang, result.service));
  return refuse(request.t.t(result.outcome === 'occupied' ? 'web.resume.occupied' : 'web.resume.wrong'), 422);
}

/** The script asks for more time: 204 while the session lives, 410 when it has ended. */
export async function keepSession(request: Request): Promise<Response> {
  const alive = request.session && (await touchSession(request.portal.store, request.municipality.id, request.session, SESSION));
  return new Response(null, { status: alive ? 204 : 410 });
}
