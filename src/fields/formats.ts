/**
 * Numbers, dates and names of countries in the reader's language. Making an `Intl` formatter costs far more than using it, so there is
 * one of each kind a language for the life of the process; formatters hold no state of a request.
 */

/** Languages are few and come from the configuration; the bound only keeps a mistake from filling the memory. */
const MOST_LANGUAGES = 100;

/** Makes a function that remembers its result for each language. */
export function perLanguage<T>(make: (locale: string) => T): (lang: string) => T {
  const made = new Map<string, T>();
  return (lang) => {
    let result = made.get(lang);
    if (result === undefined) {
      result = make(localeOf(lang));
      if (made.size >= MOST_LANGUAGES) made.clear();
      made.set(lang, result);
    }
    return result;
  };
}

/**
 * The locale for a language of the portal. Plain English would mean US dates; every language keeps Latin digits, because officials read
 * the same data; variants such as `de-simple` fall back to their language.
 */
function localeOf(lang: string): string {
  const base = /^[a-z]{2,3}/.exec(lang)?.[0] ?? 'de';
  try {
    return new Intl.Locale(base === 'en' ? 'en-GB' : base, { numberingSystem: 'latn' }).toString();
  } catch {
    return 'de-u-nu-latn';
  }
}

const amounts = perLanguage((locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
const numbers = perLanguage((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }));
// DIN 5008 writes 23.11.2026. Other languages spell the month, because 03/04 is read differently from country to country.
const dates = perLanguage((locale) =>
  locale.startsWith('de')
    ? new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' })
    : new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
);
const months = perLanguage((locale) => new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }));
const regions = perLanguage((locale) => new Intl.DisplayNames([locale], { type: 'region', fallback: 'code' }));

/** `1.234,50`: an amount with two decimals, without a unit. */
export const formatAmount = (euros: number, lang: string): string => amounts(lang).format(euros);

/** `1.234,5`: a number with the decimals it has. */
export const formatNumber = (value: number, lang: string): string => numbers(lang).format(value);

/** `23.11.2026` from an ISO date; the text itself if it is none. In UTC, or a birth date shifts by a day. */
export function formatDate(iso: string, lang: string): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso) ?? [];
  return year && month && day ? dates(lang).format(Date.UTC(+year, +month - 1, +day)) : iso;
}

/** `März 1990`. */
export const formatMonth = (year: number, month: number, lang: string): string => months(lang).format(Date.UTC(year, month - 1, 1));

/** Name of a country by its ISO 3166-1 alpha-2 code; the code itself if it is unknown. */
export function countryName(code: string, lang: string): string {
  return /^[A-Z]{2}$/.test(code) ? (regions(lang).of(code) ?? code) : code;
}
