/**
 * Texts in the reader's language. One i18next instance per language of a bundle, made once and never switched: a language cannot leak from one
 * request to another, because nothing mutable is shared (docs/adr/0004). Plain texts are looked up without i18next; placeholders and plurals go through it.
 */
import { createInstance, type i18n } from 'i18next';

type Tree = { readonly [key: string]: string | Tree };

export interface Translator {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  /** Text of a key, with its placeholders filled. A missing key gives the key: a test keeps that from happening. */
  readonly t: (key: string, params?: Record<string, unknown>) => string;
  readonly has: (key: string) => boolean;
  /** The text and the language it is in, which differs from `lang` where a translation is missing. */
  readonly withLang: (key: string, params?: Record<string, unknown>) => { text: string; lang: string };
}

export interface Texts {
  readonly translator: (lang: string) => Translator;
}

const RTL = new Set(['ar', 'fa', 'he', 'ur']);

/** `de-simple` falls back to `de`, everything falls back to German: German is the authoritative text. */
function chain(lang: string): string[] {
  return [...new Set([lang, lang.split('-')[0]!, 'de'])];
}

function flatten(tree: unknown, prefix: string, into: Map<string, string>): Map<string, string> {
  if (tree !== null && typeof tree === 'object') {
    for (const [key, value] of Object.entries(tree)) {
      if (typeof value === 'string') into.set(prefix + key, value);
      else flatten(value, `${prefix}${key}.`, into);
    }
  }
  return into;
}

/** Texts by language, as nested objects. Keys may hold dots (`field.dogs.breed.label` from `{"dogs.breed": {label}}`). */
export function createTexts(resources: Readonly<Record<string, object>>): Texts {
  const flat = new Map(Object.entries(resources).map(([lang, tree]) => [lang, flatten(tree as Tree, '', new Map())] as const));
  const translators = new Map<string, Translator>();
  return {
    translator(lang) {
      let found = translators.get(lang);
      if (!found) translators.set(lang, (found = build(lang)));
      return found;
    },
  };

  function build(lang: string): Translator {
    const order = chain(lang).filter((one) => flat.has(one));
    const bundles = order.map((one) => flat.get(one)!);
    const instances = new Map<string, i18n>();
    const instance = (source: string): i18n => {
      let made = instances.get(source);
      if (!made) {
        made = createInstance();
        void made.init({
          lng: source,
          fallbackLng: false,
          initAsync: false,
          showSupportNotice: false,
          keySeparator: false,
          nsSeparator: false,
          resources: { [source]: { translation: Object.fromEntries(flat.get(source)!) } },
          interpolation: { escapeValue: false, format: (value, format) => formatValue(value, format, lang) },
        } as never);
        instances.set(source, made);
      }
      return made;
    };
    const locate = (key: string, params?: Record<string, unknown>): { text: string; lang: string } | undefined => {
      for (const [index, bundle] of bundles.entries()) {
        const plain = bundle.get(key);
        if (plain !== undefined && !plain.includes('{{')) return { text: plain, lang: order[index]! };
        if (plain !== undefined || (params?.count !== undefined && bundle.has(`${key}_other`))) {
          return { text: instance(order[index]!).t(key, { ...params }), lang: order[index]! };
        }
      }
      return undefined;
    };
    return {
      lang,
      dir: RTL.has(lang.split('-')[0]!) ? 'rtl' : 'ltr',
      t: (key, params) => locate(key, params)?.text ?? key,
      has: (key) => bundles.some((bundle) => bundle.has(key)),
      withLang: (key, params) => locate(key, params) ?? { text: key, lang },
    };
  }
}

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat>(id: string, make: () => T): T {
  let found = cache.get(id);
  if (!found) cache.set(id, (found = make()));
  return found as T;
}

function locale(lang: string): string {
  return lang.startsWith('en') ? 'en-GB' : lang.startsWith('de') ? 'de-DE' : lang;
}

/** "1.234,50 Euro" (DIN 5008: the word in running text). */
export function money(value: number, lang: string): string {
  const amount = cached(`m/${lang}`, () => new Intl.NumberFormat(locale(lang), { minimumFractionDigits: 2, maximumFractionDigits: 2 })).format(value);
  return `${amount} ${lang.startsWith('en') ? 'euros' : 'Euro'}`;
}

/** "23. November 2026"; takes an ISO date or an instant. Dates without a time are formatted in UTC, or a birth date shifts by a day. */
export function longDate(value: string | Date, lang: string): string {
  const zone = typeof value === 'string' && value.length === 10 ? 'UTC' : 'Europe/Berlin';
  return cached(`d/${lang}/${zone}`, () => new Intl.DateTimeFormat(locale(lang), { day: 'numeric', month: 'long', year: 'numeric', timeZone: zone })).format(new Date(value));
}

/** "23. November 2026, 9:30 Uhr". */
export function dateTime(value: string | Date, lang: string): string {
  const time = cached(`t/${lang}`, () => new Intl.DateTimeFormat(locale(lang), { hour: 'numeric', minute: '2-digit', timeZone: 'Europe/Berlin' })).format(new Date(value));
  return `${longDate(new Date(value), lang)}, ${time}${lang.startsWith('de') ? ' Uhr' : ''}`;
}

function formatValue(value: unknown, format: string | undefined, lang: string): string {
  if (value === null || value === undefined) return '';
  const plain = typeof value === 'object' && 'iso' in value ? String(value.iso) : value;
  if (format === 'money') return money(Number(plain), lang);
  if (format === 'date') return longDate(String(plain), lang);
  if (typeof plain === 'number') return cached(`n/${lang}`, () => new Intl.NumberFormat(locale(lang), { maximumFractionDigits: 2 })).format(plain);
  return String(plain);
}

/** Names of languages in their own language, never as flags. */
export function languageName(code: string): string {
  if (code === 'de-simple') return 'Leichte Sprache';
  return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
}

/** The offered language that suits an Accept-Language header best; the first offered one otherwise. */
export function negotiate(header: string | null | undefined, offered: readonly string[]): string {
  const wishes = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag, q] = part.trim().split(';q=');
      return { tag: tag!.toLowerCase(), q: q === undefined ? 1 : Number(q) || 0 };
    })
    .sort((a, b) => b.q - a.q);
  for (const { tag } of wishes) {
    const match = offered.find((lang) => lang.toLowerCase() === tag) ?? offered.find((lang) => tag.split('-')[0] === lang);
    if (match) return match;
  }
  return offered[0]!;
}

/** Placeholders of a text, without their formats: for the publish check. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{\s*([^,}]+?)\s*(?:,[^}]*)?\}\}/g)].map((match) => match[1]!);
}
