/**
 * Countries by ISO 3166-1 alpha-2, the codes that the International Organization for Standardization assigns, and `XK` for Kosovo: a code
 * from the range for users, which the European Union and CLDR give to it until ISO does. Names come from the reader's language.
 */
import { countryName, perLanguage } from './formats.ts';

const ASSIGNED =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM ' +
  'CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY ' +
  'HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF ' +
  'MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE ' +
  'RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ ' +
  'VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';

/** Areas that belong to another state and have no nationality of their own. (Germany treats the Cook Islands and Niue as states.) */
const DEPENDENT =
  'AI AQ AS AW AX BL BM BQ BV CC CW CX EH FK FO GF GG GI GL GP GS GU HK HM IM IO JE KY MF MO MP MQ MS NC NF PF PM PN PR RE SH SJ SX TC TF TK ' +
  'UM VG VI WF YT';

/** All countries and areas somebody can live in or send a letter from. */
export const COUNTRIES: ReadonlySet<string> = new Set([...ASSIGNED.split(' '), 'XK']);

/** Those that have citizens. */
export const STATES: ReadonlySet<string> = new Set([...COUNTRIES].filter((code) => !DEPENDENT.split(' ').includes(code)));

export interface CountryOption {
  value: string;
  label: string;
}

const sorted = (codes: ReadonlySet<string>): ((lang: string) => readonly CountryOption[]) =>
  perLanguage((locale) => {
    const order = new Intl.Collator(locale);
    const options = [...codes].map((value) => ({ value, label: countryName(value, locale) }));
    return options.sort((a, b) => order.compare(a.label, b.label));
  });

/** Countries with their names, in the order of the reader's alphabet. */
export const countryOptions = sorted(COUNTRIES);

/** States with their names, in the order of the reader's alphabet. */
export const stateOptions = sorted(STATES);
