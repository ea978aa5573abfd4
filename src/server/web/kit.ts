/**
 * Between Kit and the use cases: who asks (municipality, language, session), the frame round every page, and the ways a request can end.
 * The only room that knows Kit.
 */
import { error, redirect, type Cookies, type RequestEvent } from '@sveltejs/kit';
import { languageName, negotiate, type Translator } from '#i18n';
import type { Offering } from '#server/catalog';
import { sessionHash } from '#server/store';
import type { LanguageLink, Link, PageFrame } from '#ui/types.ts';
import type { RequestContext } from './edge.ts';
import { FORM_LIMIT, UPLOAD_LIMIT } from './limits.ts';
import { Shown } from './shown.ts';

const COOKIE = '__Host-sid';
/** Opens one submission's pages, after its reference and second factor. */
export const GRANT = '__Host-case';

export interface Request extends RequestContext {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly t: Translator;
  readonly url: URL;
  /** The request is a form's, not a page's. */
  readonly writes: boolean;
  readonly cookies: Cookies;
  /** Hash of the session id from the cookie, if it can be one. Whether the session lives, the database says. */
  readonly session: Buffer | undefined;
}

export function openRequest(context: RequestContext, event: RequestEvent): Request {
  const offered = context.municipality.languages;
  // Pages that do not exist have no parameters, but an address that says the language.
  const wanted = event.params.lang ?? event.url.pathname.split('/', 2)[1];
  const lang = wanted && offered.includes(wanted) ? wanted : negotiate(event.request.headers.get('accept-language'), offered);
  const t = context.portal.texts.translator(lang);
  const { url, cookies } = event;
  const writes = event.request.method === 'POST';
  return { ...context, lang, dir: t.dir, t, url, writes, cookies, session: sessionHash(cookies.get(COOKIE)) };
}

/** The same request in another language, if that is offered. */
export function inLanguage(request: Request, lang: string): Request {
  if (!request.municipality.languages.includes(lang)) return request;
  const t = request.portal.texts.translator(lang);
  return { ...request, lang, dir: t.dir, t };
}

export function setSession(request: Request, id: string): void {
  request.cookies.set(COOKIE, id, { path: '/', httpOnly: true, secure: true, sameSite: 'lax' });
}

/** Whether this browser holds something that opens a person's pages. Whether it still does, the database says. */
export function known({ session, cookies }: Request): boolean {
  return session !== undefined || Boolean(cookies.get(GRANT));
}

export function forgetSession(request: Request): void {
  for (const name of [COOKIE, GRANT]) request.cookies.delete(name, { path: '/', httpOnly: true, secure: true, sameSite: 'lax' });
}

export function offeringOf(request: Request, service: string): Offering {
  const offering = request.portal.catalog.offering(request.municipality.id, service);
  if (!offering) error(404, 'service');
  return offering;
}

export interface FrameOptions {
  readonly title: string;
  readonly service?: string;
  readonly shape?: PageFrame['shape'];
  readonly faulty?: boolean;
  readonly breadcrumb?: readonly Link[];
  readonly unlisted?: boolean;
  readonly session?: PageFrame['session'];
  /** Where a code for the counter is given out. */
  readonly handover?: string;
  readonly notice?: PageFrame['notice'];
  readonly bring?: PageFrame['bring'];
}

/**
 * The same page in each offered language. A POST is answered under the page's own address, so its links lead to the GET. `path`: another page below
 * the language, where this one cannot be opened twice.
 */
export function languages(request: Request, path?: string): LanguageLink[] {
  const search = request.url.search.startsWith('?/') ? '' : request.url.search;
  const rest = path ?? request.url.pathname.split('/').slice(2).join('/') + search;
  return request.municipality.languages.map((code) => ({
    code,
    label: languageName(code),
    href: `/${code}${rest && !rest.startsWith('?') ? `/${rest}` : rest}`,
    current: code === request.lang,
  }));
}

export function statutory({ lang, t }: Request): Link[] {
  return (['imprint', 'privacy', 'accessibility'] as const).map((page) => ({ href: `/${lang}/legal/${page}`, label: t.t(`web.${page}`) }));
}

export function frame(request: Request, options: FrameOptions): PageFrame {
  const { municipality, lang, t } = request;
  const { contact } = municipality;
  return {
    t: t.t,
    title: [options.title, options.service, municipality.name].filter(Boolean).join(' – '),
    faulty: options.faulty,
    shape: options.shape ?? 'sheet',
    municipality: { name: municipality.name, home: `/${lang}`, stylesheet: `/brand/${municipality.hash}.css` },
    languages: languages(request),
    breadcrumb: options.breadcrumb ?? [],
    help: {
      phone: contact.phone,
      email: contact.email,
      hours: contact.hours[lang] ?? contact.hours.de,
      address: [contact.office, contact.street, contact.city],
      handover: options.handover,
    },
    statutory: statutory(request),
    session: options.session,
    end: known(request) ? { href: `/${lang}/end`, label: t.t('web.end.title') } : undefined,
    notice: options.notice,
    bring: options.bring,
    unlisted: options.unlisted,
  };
}

export function show<View>(request: Request, options: FrameOptions, view: View): { shown: Shown<{ frame: PageFrame; view: View }> } {
  return { shown: new Shown({ frame: frame(request, options), view }) };
}

export function go(to: string): never {
  redirect(303, to);
}

/**
 * The body, as it comes from the network and without Kit's copy of it. For a reader that may give up: what it leaves is read past, because a browser
 * reads no answer before it has sent everything.
 */
export async function* bodyOf(event: RequestEvent): AsyncGenerator<Uint8Array, void> {
  const { req } = event.platform!;
  const parts = () => req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  let size = 0;
  try {
    for await (const part of parts()) {
      size += part.length;
      if (size > UPLOAD_LIMIT) error(413, 'form');
      yield part;
    }
  } finally {
    // Broken off: then there is nothing to read past.
    if (!req.readableEnded && !req.destroyed)
      try {
        for await (const part of parts()) void part;
      } catch {}
  }
}

/** Controls of a posted form; repeated names keep all their values. A body that is too long is read to its end, so that the answer arrives, but not kept. */
export async function readForm(event: RequestEvent): Promise<Map<string, string[]>> {
  const values = new Map<string, string[]>();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(event)) {
    size += chunk.length;
    if (size <= FORM_LIMIT) chunks.push(chunk);
  }
  if (size > FORM_LIMIT) error(413, 'form');
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString())) {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
    if (values.size > 1_000) error(413, 'form');
  }
  return values;
}
