/**
 * Bundles of texts and their translators. Texts are flattened once; a text without placeholders is one lookup in a map, everything else
 * (placeholders, formats, plurals) is i18next's. A missing text falls back to German, which is the authoritative one, and says so.
 */
import { createInstance, type i18n } from 'i18next';
import { dateTime, direction, longDate, money, number, shortDate, time } from './formats.ts';

/** Values of a text's placeholders. May hold records (`{{applicant.name}}`); calendar dates may come as `{iso}`. */
export type Values = Readonly<Record<string, unknown>>;

/** A text and the language it is really in, which differs from the reader's where a translation is missing: the page then says `lang`. */
export interface TextInLanguage {
  readonly text: string;
  readonly lang: string;
}

export interface Translator {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  /** Text of a key, its placeholders filled. A key nobody has gives the key itself: the publish check and a test keep that from happening. */
  readonly t: (key: string, values?: Values) => string;
  /** Whether the reader's language or one it falls back to has the key. A plural text (`key_one`, `key_other`) counts under `key`. */
  readonly has: (key: string) => boolean;
  /** As `t`, with the language of the text. */
  readonly withLang: (key: string, values?: Values) => TextInLanguage;
}

export interface Texts {
  /** The translator of a language. The same object for every request: it cannot be changed. */
  readonly translator: (lang: string) => Translator;
}

/** What is known of a key in one language. */
interface Entry {
  /** The text, if it has no placeholders. */
  plain?: string;
  /** The text has placeholders. */
  filled?: true;
  /** There are plural forms, chosen by `count`. */
  plural?: true;
  /** First names of the placeholders' paths. Only these are handed to i18next, which copies the values for every placeholder. */
  names: string[];
}

interface Bundle {
  readonly lang: string;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly fill: (key: string, values: Values, count: number | undefined) => string;
}

const PLURAL = /^(.+)_(?:zero|one|two|few|many|other)$/;

/** Offered languages are few; whoever asks for more than this gets translators that are not kept. */
const MOST_LANGUAGES = 100;

/** Texts by language, as nested objects without lists. Keys may hold dots: `{"dogs.breed": {"label": …}}` is `dogs.breed.label`. */
export function createTexts(resources: Readonly<Record<string, object>>): Texts {
  const bundles = new Map(Object.entries(resources).map(([lang, tree]) => [lang, createBundle(lang, tree)]));
  const translators = new Map<string, Translator>();
  return {
    translator(lang) {
      let found = translators.get(lang);
      if (found === undefined) {
        const order = [...new Set([lang, lang.split('-')[0]!, 'de'])];
        found = createTranslator(
          lang,
          order.map((one) => bundles.get(one)).filter((one) => one !== undefined),
        );
        if (translators.size < MOST_LANGUAGES) translators.set(lang, found);
      }
      return found;
    },
  };
}

function createTranslator(lang: string, bundles: readonly Bundle[]): Translator {
  const find = (key: string, values: Values | undefined): TextInLanguage | undefined => {
    for (const bundle of bundles) {
      const entry = bundle.entries.get(key);
      if (entry === undefined) continue;
      const count = values?.count;
      if (entry.plural && typeof count === 'number') return { text: bundle.fill(key, pick(values, entry.names), count), lang: bundle.lang };
      if (entry.plain !== undefined) return { text: entry.plain, lang: bundle.lang };
      if (entry.filled) return { text: bundle.fill(key, pick(values, entry.names), undefined), lang: bundle.lang };
    }
    return undefined;
  };
  return Object.freeze<Translator>({
    lang,
    dir: direction(lang),
    t(key, values) {
      const first = bundles[0]?.entries.get(key);
      // The way nearly every text takes.
      if (first?.plain !== undefined && !first.plural) return first.plain;
      return find(key, values)?.text ?? key;
    },
    has: (key) => bundles.some((bundle) => bundle.entries.has(key)),
    withLang: (key, values) => find(key, values) ?? { text: key, lang },
  });
}

function pick(values: Values | undefined, names: readonly string[]): Values {
  const picked: Record<string, unknown> = {};
  if (values !== undefined) for (const name of names) if (Object.hasOwn(values, name)) picked[name] = values[name];
  return picked;
}

function createBundle(lang: string, tree: object): Bundle {
  const texts = new Map<string, string>();
  flatten(tree, '', texts);
  const entries = new Map<string, Entry>();
  const entryOf = (key: string): Entry => {
    let entry = entries.get(key);
    if (entry === undefined) entries.set(key, (entry = { names: [] }));
    return entry;
  };
  for (const [key, text] of texts) {
    const filled = text.includes('{{');
    const names = filled ? placeholders(text).map((path) => path.split('.', 1)[0]!) : [];
    const own = entryOf(key);
    if (filled) own.filled = true;
    else own.plain = text;
    const plural = PLURAL.exec(key)?.[1];
    if (plural !== undefined) entryOf(plural).plural = true;
    for (const entry of plural === undefined ? [own] : [own, entryOf(plural)]) entry.names.push(...names);
  }
  let instance: i18n | undefined;
  return {
    lang,
    entries,
    fill(key, values, count) {
      instance ??= createI18n(lang, texts);
      // `replace` keeps an answer called `lng` or `context` from being taken for an option; `nest` would evaluate `$t(…)` in what a citizen typed.
      return instance.t(key, { replace: values, nest: false, ...(count !== undefined && { count }) });
    },
  };
}

function flatten(tree: object, prefix: string, into: Map<string, string>): void {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') into.set(prefix + key, value);
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) flatten(value as object, `${prefix}${key}.`, into);
  }
}

function createI18n(lang: string, texts: ReadonlyMap<string, string>): i18n {
  const formatter = {
    type: 'formatter' as const,
    init() {},
    add() {},
    addCached() {},
    format: (value: unknown, name?: string) => formatValue(value, name, lang),
  };
  const instance = createInstance().use(formatter);
  void instance.init({
    lng: lang,
    fallbackLng: false,
    initAsync: false,
    keySeparator: false,
    nsSeparator: false,
    returnNull: false,
    resources: { [lang]: { translation: Object.fromEntries(texts) } },
    // Components escape. A value that is missing leaves nothing behind rather than the author's braces.
    missingInterpolationHandler: () => '',
    interpolation: { escapeValue: false, alwaysFormat: true },
  });
  return instance;
}

type Moment = string | Date;

/** The formats a placeholder may name. They follow the language of the text, not the reader's: a German sentence has German dates. */
const FORMATS = new Map<string, (value: unknown, lang: string) => string>([
  ['money', (value, lang) => money(Number(value), lang)],
  ['number', (value, lang) => number(Number(value), lang)],
  ['date', (value, lang) => longDate(value as Moment, lang)],
  ['shortDate', (value, lang) => shortDate(value as Moment, lang)],
  ['dateTime', (value, lang) => dateTime(value as Moment, lang)],
  ['time', (value, lang) => time(value as Moment, lang)],
]);

/** A value as a text has it. Numbers stay bare unless a format is named: "im Jahr 2026", not "im Jahr 2.026". */
function formatValue(value: unknown, format: string | undefined, lang: string): string {
  if (value === null || value === undefined || value === '') return '';
  const date = typeof value === 'object' && 'iso' in value;
  const bare = date ? String(value.iso) : typeof value === 'number' || value instanceof Date ? value : String(value);
  const write = FORMATS.get(format ?? (date || bare instanceof Date ? 'date' : ''));
  return write ? write(bare, lang) : String(bare);
}

const PLACEHOLDER = /\{\{-?\s*([^,}]+?)\s*(?:,\s*([^}]*?)\s*)?\}\}/g;

/** Paths of a text's placeholders in their order, without formats: `["path"]` of `"{{path, money}}"`. For comparing translations. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!);
}

/** Formats a text asks for and nobody knows: `["mony"]` of `"{{fee, mony}}"`. Such a value would be shown as it is stored. */
export function unknownFormats(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap((match) => (match[2] === undefined || FORMATS.has(match[2]) ? [] : [match[2]]));
}
