/**
 * What the edge answers before any page: why a request was refused and what to do now, as a small page in German and English, the reader's language
 * first. Holds nothing of the request. Looks like `src/routes/error.html` and shares its stylesheet.
 */
import { STATUS_CODES } from 'node:http';
import { negotiate, type Texts } from '#i18n';

/** Statuses with words of their own (`web.refused` in the language files); any other is told as 500. */
const KNOWN = new Set([400, 403, 404, 405, 408, 413, 421, 431]);
const LANGUAGES = ['de', 'en'];

export const REFUSAL_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
};

/** The page for a status. `accept`: the request's Accept-Language. */
export function refusalPage(texts: Texts, status: number, accept: string | undefined): string {
  const first = negotiate(accept ?? null, LANGUAGES);
  const known = KNOWN.has(status) ? status : 500;
  const sections = [first, ...LANGUAGES.filter((lang) => lang !== first)].map((lang, index) => {
    const t = (name: string) => escaped(texts.translator(lang).t(`web.refused.${known}.${name}`));
    const level = index === 0 ? 'h1' : 'h2';
    return `<section lang="${lang}"><${level}>${t('title')}</${level}><p>${t('what')}</p><p>${t('todo')}</p></section>`;
  });
  const title = escaped(texts.translator(first).t(`web.refused.${known}.title`));
  return `<!doctype html>
<html lang="${first}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title}</title><link rel="stylesheet" href="/error.css"><link rel="icon" href="/favicon.svg" type="image/svg+xml"></head>
<body><main>${sections.join('')}</main></body>
</html>
`;
}

/** The same as the bytes of an answer, for requests that never became one: unreadable, too slow, too many headers. */
export function rawRefusal(texts: Texts, status: number): string {
  const page = refusalPage(texts, status, undefined);
  const headers = { ...REFUSAL_HEADERS, 'Content-Length': String(Buffer.byteLength(page)), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', page].join('\r\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
