/**
 * A postal address. German: street, house number, addition, postcode, place, country `DE`. With `foreign: true` also one abroad: its
 * country and up to five lines as they stand on a letter, because no rule fits the addresses of all countries. In expressions every member
 * is a text, empty where there is none; `lines` are joined by line ends.
 */
import type { FieldConfig, FieldError, FieldType, Json, Parsed, RawInput } from '../types.ts';
import { COUNTRIES } from '../countries.ts';
import { countryName } from '../formats.ts';
import { flagSetting } from '../settings.ts';
import { characters, cleanLine, cleanLines, isRecord, onlyKeys, typedRaw, typedShort } from '../typed.ts';

/** Longest entry of each part; the figures are those of the FIM building blocks (street 55, number 9, place 50). */
const LIMITS = { street: 55, houseNumber: 9, addition: 60, postcode: 5, city: 50 } as const;
type Part = keyof typeof LIMITS;
const PARTS = Object.keys(LIMITS) as Part[];
/** What people without a house number enter. */
const NO_NUMBER = /^(ohne|keine|o\.? ?nr\.?|-|none)$/i;
const MOST_LINES = 5;
const LONGEST_LINE = 100;

/** `Hauptstraße 5 a` -> street and number, where somebody (or the browser) put both into the first control. */
function splitStreet(street: string): [string, string] {
  const [, name, number] = /^(.*[^\s,]),? ([0-9]{1,4} ?[a-zA-Z]?(?:[-/+][0-9]{1,4} ?[a-zA-Z]?)?)$/.exec(street) ?? [];
  return name !== undefined && number !== undefined && number.length <= LIMITS.houseNumber ? [name, number] : [street, ''];
}

/** Longest entry of a part: the author's limit where it is narrower. */
function limitOf(part: Part, config: FieldConfig): number {
  const own: unknown = Object.hasOwn(config, 'limits') ? config.limits : undefined;
  const set = isRecord(own) && Object.hasOwn(own, part) ? own[part] : undefined;
  return typeof set === 'number' ? Math.min(set, LIMITS[part]) : LIMITS[part];
}

function parseGerman(input: RawInput, config: FieldConfig): Parsed {
  const typed = Object.fromEntries(PARTS.map((part) => [part, typedShort(input, part)]));
  const refused = PARTS.filter((part) => typed[part] === undefined);
  if (refused.length > 0) return { errors: refused.map((part) => ({ code: 'characters', part })) };
  let { street = '', houseNumber = '' } = typed;
  const { addition = '', city = '' } = typed;
  const postcode = (typed.postcode ?? '').replace(/^(de|d)\s?-?\s?(?=[0-9])/i, '').replaceAll(' ', '');
  if ([street, houseNumber, addition, postcode, city].every((text) => text === '')) return { value: null };
  if (street && !houseNumber) [street, houseNumber] = splitStreet(street);
  if (NO_NUMBER.test(houseNumber)) houseNumber = 'ohne';
  const value = { street, houseNumber, ...(addition ? { addition } : {}), postcode, city, country: 'DE' };
  const errors = germanErrors(value, config);
  return errors.length > 0 ? { errors } : { value };
}

function germanErrors(value: Record<string, unknown>, config: FieldConfig): FieldError[] {
  if (!onlyKeys(value, [...PARTS, 'country'])) return [{ code: 'invalid' }];
  const errors: FieldError[] = [];
  for (const part of PARTS) {
    const text = Object.hasOwn(value, part) ? value[part] : '';
    if (typeof text !== 'string' || cleanLine(text) !== text) errors.push({ code: 'characters', part });
    else if (text === '' && (part !== 'addition' || Object.hasOwn(value, part))) errors.push({ code: `missing.${part}`, part });
    else if (part === 'postcode') errors.push(...(/^(0[1-9]|[1-9][0-9])[0-9]{3}$/.test(text) ? [] : [{ code: 'postcode', part }]));
    else if (characters(text) > limitOf(part, config)) errors.push({ code: 'tooLong', params: { max: limitOf(part, config) }, part });
    else if (part === 'houseNumber' && text !== 'ohne' && !/[0-9]/.test(text)) errors.push({ code: 'houseNumber', part });
  }
  return errors;
}

function parseForeign(input: RawInput): Parsed {
  const country = typedShort(input, 'country')?.toUpperCase();
  const text = cleanLines(typedRaw(input, 'lines'));
  if (text === undefined) return { errors: [{ code: 'characters', part: 'lines' }] };
  const lines = text
    .split('\n')
    .map((line) => cleanLine(line) ?? '')
    .filter(Boolean);
  if (!country && lines.length === 0) return { value: null };
  const value = { country: country ?? '', lines };
  const errors = foreignErrors(value);
  return errors.length > 0 ? { errors } : { value };
}

/** What was chosen decides; without a choice, what was filled in. */
function isAbroad(input: RawInput): boolean {
  const where = typedRaw(input, 'where');
  return where === 'abroad' || (where !== 'germany' && typedRaw(input, 'street') === '' && typedRaw(input, 'lines') !== '');
}

function foreignErrors(value: Record<string, unknown>): FieldError[] {
  if (!onlyKeys(value, ['country', 'lines'])) return [{ code: 'invalid' }];
  const { country, lines } = value;
  const errors: FieldError[] = [];
  if (typeof country !== 'string' || country === 'DE' || !COUNTRIES.has(country)) errors.push({ code: 'missing.country', part: 'country' });
  if (!Array.isArray(lines) || lines.length === 0) errors.push({ code: 'missing.lines', part: 'lines' });
  else if (lines.length > MOST_LINES) errors.push({ code: 'tooManyLines', params: { max: MOST_LINES }, part: 'lines' });
  else if (!lines.every((line) => typeof line === 'string' && line !== '' && cleanLine(line) === line))
    errors.push({ code: 'characters', part: 'lines' });
  else if (lines.some((line) => characters(line as string) > LONGEST_LINE))
    errors.push({ code: 'lineTooLong', params: { max: LONGEST_LINE }, part: 'lines' });
  return errors;
}

const text = (value: Json, part: string): string => {
  const entry: unknown = isRecord(value) && Object.hasOwn(value, part) ? value[part] : '';
  return Array.isArray(entry) ? entry.join('\n') : String(entry);
};

const type: FieldType = {
  name: 'address',
  composite: true,
  config: {
    properties: {
      foreign: { type: 'boolean' },
      // Where the receiver takes less: longest entry of a part, in characters.
      limits: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(Object.entries(LIMITS).map(([part, maximum]) => [part, { type: 'integer', minimum: 5, maximum }])),
      },
    },
  },
  cel: {
    street: 'string',
    houseNumber: 'string',
    addition: 'string',
    postcode: 'string',
    city: 'string',
    country: 'string',
    lines: 'string',
  },
  toCel: (value) => Object.fromEntries([...PARTS, 'country', 'lines'].map((part) => [part, text(value, part)])),
  parse: (input, config) => (flagSetting(config, 'foreign') && isAbroad(input) ? parseForeign(input) : parseGerman(input, config)),
  check(value, config) {
    if (!isRecord(value)) return [{ code: 'invalid' }];
    if (Object.hasOwn(value, 'lines')) return flagSetting(config, 'foreign') ? foreignErrors(value) : [{ code: 'invalid' }];
    return value.country === 'DE' && Object.hasOwn(value, 'country') ? germanErrors(value, config) : [{ code: 'invalid' }];
  },
  toRaw(value, config): Record<string, string[]> {
    if (isRecord(value) && Object.hasOwn(value, 'lines'))
      return { where: ['abroad'], country: [text(value, 'country')], lines: [text(value, 'lines')] };
    // Where the author allows German addresses only, the page does not ask where it is.
    return {
      ...(flagSetting(config, 'foreign') && { where: ['germany'] }),
      ...Object.fromEntries(PARTS.map((part) => [part, [text(value, part)]])),
    };
  },
  format(value, _config, { lang }) {
    if (isRecord(value) && Object.hasOwn(value, 'lines'))
      return [...text(value, 'lines').split('\n'), countryName(text(value, 'country'), lang)];
    const number = text(value, 'houseNumber');
    const street = number === 'ohne' ? text(value, 'street') : `${text(value, 'street')} ${number}`;
    return [street, text(value, 'addition'), `${text(value, 'postcode')} ${text(value, 'city')}`].filter(Boolean);
  },
  payloadSchema(config) {
    const part = (maxLength: number): object => ({ type: 'string', minLength: 1, maxLength });
    const german = {
      type: 'object',
      properties: {
        ...Object.fromEntries(PARTS.map((name) => [name, part(limitOf(name, config))])),
        postcode: { type: 'string', pattern: '^[0-9]{5}$' },
        country: { const: 'DE' },
      },
      required: ['street', 'houseNumber', 'postcode', 'city', 'country'],
      additionalProperties: false,
    };
    if (!flagSetting(config, 'foreign')) return german;
    const foreign = {
      type: 'object',
      properties: {
        country: { enum: [...COUNTRIES].filter((code) => code !== 'DE') },
        lines: { type: 'array', items: part(LONGEST_LINE), minItems: 1, maxItems: MOST_LINES },
      },
      required: ['country', 'lines'],
      additionalProperties: false,
    };
    return { oneOf: [german, foreign] };
  },
  samples(config) {
    const german: Json = {
      street: 'Musterstraße',
      houseNumber: '5 a',
      addition: 'Hinterhaus',
      postcode: '12345',
      city: 'Musterstadt',
      country: 'DE',
    };
    return flagSetting(config, 'foreign') ? [german, { country: 'FR', lines: ['1 rue de l’Exemple', '67000 Strasbourg'] }] : [german];
  },
};

export default type;
