/**
 * Numbers, money and dates as running text has them (DIN 5008 for German). Making an `Intl` object costs 20 to 60 µs and using it under
 * one, so there is one of each kind a language for the life of the process; they hold nothing of a request.
 */

/** Languages come from the configuration; the bound only keeps a mistake from filling the memory. */
const MOST_LANGUAGES = 100;

const RIGHT_TO_LEFT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Where the offices are: an instant is told in German time, whatever the reader's browser says. */
const ZONE = 'Europe/Berlin';

const base = (lang: string): string => /^[a-z]{2,3}(?![a-z])/.exec(lang)?.[0] ?? 'de';

/** Writing direction of a language. */
export function direction(lang: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(base(lang)) ? 'rtl' : 'ltr';
}

/** Plain English would mean US dates; every language keeps Latin digits, because officials read the same data; `de-simple` is German here. */
function localeOf(lang: string): string {
  const language = base(lang);
  return new Intl.Locale(language === 'en' ? 'en-GB' : language, { numberingSystem: 'latn' }).toString();
}

function perLanguage<T>(make: (locale: string) => T): (lang: string) => T {
  const made = new Map<string, T>();
  return (lang) => {
    let result = made.get(lang);
    if (result === undefined) {
      if (made.size >= MOST_LANGUAGES) made.clear();
      made.set(lang, (result = make(localeOf(lang))));
    }
    return result;
  };
}

const numbers = perLanguage((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }));
const amounts = perLanguage((locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
const currencies = perLanguage((locale) => new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' }));
const dates = {
  short: zoned({ day: '2-digit', month: '2-digit', year: 'numeric' }),
  long: zoned({ day: 'numeric', month: 'long', year: 'numeric' }),
  clock: zoned({ hour: 'numeric', minute: '2-digit', hourCycle: 'h23' }),
};

/** A date of the calendar has no time zone, and is formatted in UTC or a birth date shifts by a day; an instant is told in local time. */
function zoned(options: Intl.DateTimeFormatOptions) {
  return {
    calendar: perLanguage((locale) => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })),
    instant: perLanguage((locale) => new Intl.DateTimeFormat(locale, { ...options, timeZone: ZONE })),
  };
}

function format(kind: ReturnType<typeof zoned>, value: string | Date, lang: string): string {
  const calendar = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const at = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(at.getTime())) return value instanceof Date ? '' : value;
  return (calendar ? kind.calendar : kind.instant)(lang).format(at);
}

/** `1.234,5`: a number with the decimals it has. */
export function number(value: number, lang: string): string {
  return Number.isFinite(value) ? numbers(lang).format(value) : '';
}

/** `1.234,50 Euro` from euros; DIN 5008 puts the word behind the amount in running text. Other languages: `€1,234.50`. */
export function money(euros: number, lang: string): string {
  if (!Number.isFinite(euros)) return '';
  // A non-breaking space: an amount and its unit stay on one line.
  return base(lang) === 'de' ? `${amounts(lang).format(euros)}\u00a0Euro` : currencies(lang).format(euros);
}

/**
 * `23.11.2026` from an ISO date or an instant; a text that is neither is given back as it is. Other languages than German spell the month,
 * because 03/04 is read differently from country to country.
 */
export function shortDate(value: string | Date, lang: string): string {
  return format(base(lang) === 'de' ? dates.short : dates.long, value, lang);
}

/** `23. November 2026` from an ISO date or an instant; a text that is neither is given back as it is. */
export function longDate(value: string | Date, lang: string): string {
  return format(dates.long, value, lang);
}

/** `9:30 Uhr` (other languages: `9:30`) of an instant, in German local time. DIN 5008 allows the hour without a leading zero in running text. */
export function time(value: string | Date, lang: string): string {
  const clock = format(dates.clock, value, lang).replace(/^0(?=\d)/, '');
  return base(lang) === 'de' && clock !== '' ? `${clock}\u00a0Uhr` : clock;
}

/** `23. November 2026, 9:30 Uhr` of an instant, in German local time. */
export function dateTime(value: string | Date, lang: string): string {
  const instant = value instanceof Date ? value : new Date(value);
  return Number.isNaN(instant.getTime())
    ? String(value instanceof Date ? '' : value)
    : `${longDate(instant, lang)}, ${time(instant, lang)}`;
}
