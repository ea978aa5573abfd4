/**
 * A phone number in any form people write it. Stored as typed, with the international form (E.164) beside it when the numbering plan knows
 * the number (`libphonenumber-js/max`; `/min` would call "01234" valid). An unknown but plausible number is accepted: numbering plans change,
 * and an office that cannot call back is better off with a number that looks odd. Expressions and the back office get E.164 where there is one.
 */
import { parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import type { FieldType, Parsed } from '../types.ts';
import { longest } from '../lines.ts';
import { cleanLine, isRecord, onlyKeys, typedShort } from '../typed.ts';

interface Phone {
  typed: string;
  e164?: string;
}

const LONGEST = 40;

/** Digits with the signs people put between them, and enough of them to be a number. */
function plausible(text: string): boolean {
  if (text.length > LONGEST || !/^\+?[0-9 ()./\-–]+$/.test(text)) return false;
  const digits = text.replace(/[^0-9]/g, '').length;
  return digits >= 5 && digits <= 20;
}

/** Numbers without country code are German ones. */
function lookUp(text: string): PhoneNumber | undefined {
  const number = parsePhoneNumberFromString(text, 'DE');
  return number?.isValid() ? number : undefined;
}

const best = (value: unknown): string => (value as Phone).e164 ?? (value as Phone).typed;

const type: FieldType = {
  name: 'phone',
  config: { properties: { maxLength: { type: 'integer', minimum: 16, maximum: LONGEST } } },
  cel: 'string',
  toCel: best,
  parse(input): Parsed {
    const typed = typedShort(input);
    if (typed === '') return { value: null };
    if (typed === undefined || !plausible(typed)) return { errors: [{ code: 'invalid' }] };
    const e164 = lookUp(typed)?.number;
    return { value: e164 === undefined ? { typed } : { typed, e164 } };
  },
  check(value, config) {
    if (!isRecord(value) || !onlyKeys(value, ['typed', 'e164'])) return [{ code: 'invalid' }];
    const { typed, e164 } = value;
    if (typeof typed !== 'string' || cleanLine(typed) !== typed || !plausible(typed)) return [{ code: 'invalid' }];
    const max = longest(config, LONGEST);
    if (best(value).length > max) return [{ code: 'tooLong', params: { max } }];
    // Only the form: comparing with the plan would turn stored answers wrong when the plan changes.
    return e164 === undefined || (typeof e164 === 'string' && /^\+[1-9][0-9]{4,14}$/.test(e164)) ? [] : [{ code: 'invalid' }];
  },
  toRaw: (value) => ({ '': [(value as unknown as Phone).typed] }),
  format: (value) => [lookUp(best(value))?.formatInternational() ?? (value as unknown as Phone).typed],
  toPayload: best,
  payloadSchema: (config) => ({ type: 'string', minLength: 5, maxLength: longest(config, LONGEST), pattern: '^[+]?[0-9 ()./–-]+$' }),
  // Numbers that the Bundesnetzagentur keeps free for films and books.
  samples: () => [
    { typed: '030 23125 001', e164: '+493023125001' },
    { typed: '0171 3920012', e164: '+491713920012' },
  ],
};

export default type;
