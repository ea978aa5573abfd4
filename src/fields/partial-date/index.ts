/**
 * A date of which the day, or the day and the month, may be unknown: FIM's building block G60000000083 "Geburtsdatum (teilbekannt)", because
 * civil registers of many countries record no more. Stored as `{day?, month?, year}`. Left empty or `00` (as registers write it) = unknown.
 * In expressions an unknown part is 0. Settings `min`, `max` as for `date`; a partly known date fails only when no day in it would do.
 */
import type { FieldError, FieldType, Json } from '../types.ts';
import { BOUND_SCHEMA, boundErrors, boundFindings, FIRST_YEAR, isoDay, LAST_YEAR, sampleDay } from '../calendar.ts';
import { formatDate, formatMonth } from '../formats.ts';
import { isRecord, onlyKeys, typedShort } from '../typed.ts';

interface PartialDate {
  day?: number;
  month?: number;
  year: number;
}

/** Typed digits -> number; 0 when unknown, undefined when they are none. */
function digits(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{0,4}\.?$/.test(text) ? Number(text.replace('.', '')) : undefined;
}

const whole = (value: unknown, from: number, to: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;

/** Errors of form: which part, and why. */
function partErrors(value: { day?: unknown; month?: unknown; year?: unknown }): FieldError[] {
  const errors: FieldError[] = [];
  if (value.day !== undefined && !whole(value.day, 1, 31)) errors.push({ code: 'day', part: 'day' });
  if (value.month !== undefined && !whole(value.month, 1, 12)) errors.push({ code: 'month', part: 'month' });
  if (!whole(value.year, FIRST_YEAR, LAST_YEAR)) errors.push({ code: 'year', part: 'year' });
  if (errors.length > 0) return errors;
  if (value.day !== undefined && value.month === undefined) return [{ code: 'dayWithoutMonth', part: 'month' }];
  if (value.day !== undefined && !isoDay(value.year as number, value.month as number, value.day as number)) return [{ code: 'noSuchDay' }];
  return [];
}

/** Last day of a month. */
const lastDay = (year: number, month: number): string => [31, 30, 29, 28].map((day) => isoDay(year, month, day)).find(Boolean) ?? '';

const type: FieldType = {
  name: 'partial-date',
  composite: true,
  config: { properties: { min: BOUND_SCHEMA, max: BOUND_SCHEMA } },
  cel: { day: 'double', month: 'double', year: 'double' },
  toCel(value) {
    const { day = 0, month = 0, year } = value as unknown as PartialDate;
    return { day, month, year };
  },
  parse(input) {
    const typed = { day: typedShort(input, 'day'), month: typedShort(input, 'month'), year: typedShort(input, 'year') };
    if (typed.day === '' && typed.month === '' && typed.year === '') return { value: null };
    if (typed.year === '') return { errors: [{ code: 'missing.year', part: 'year' }] };
    const [day, month, year] = [digits(typed.day), digits(typed.month), digits(typed.year)];
    const unreadable = Object.entries({ day, month, year }).filter(([, value]) => value === undefined);
    if (day === undefined || month === undefined || year === undefined)
      return { errors: unreadable.map(([part]) => ({ code: part, part })) };
    const value = { ...(day ? { day } : {}), ...(month ? { month } : {}), year };
    const errors = partErrors(value);
    return errors.length > 0 ? { errors } : { value };
  },
  check(value, config, context) {
    if (!isRecord(value) || !onlyKeys(value, ['day', 'month', 'year'])) return [{ code: 'invalid' }];
    const errors = partErrors(value);
    if (errors.length > 0) return errors;
    const { day, month, year } = value as unknown as PartialDate;
    const first = isoDay(year, month ?? 1, day ?? 1) ?? '';
    const last = day === undefined ? lastDay(year, month ?? 12) : first;
    return boundErrors(first, last, config, context);
  },
  toRaw(value) {
    const { day, month, year } = value as unknown as PartialDate;
    const text = (part: number | undefined): string[] => [part === undefined ? '' : String(part).padStart(2, '0')];
    return { day: text(day), month: text(month), year: [String(year)] };
  },
  format(value, _config, { lang }) {
    const { day, month, year } = value as unknown as PartialDate;
    if (month === undefined) return [String(year)];
    return [day === undefined ? formatMonth(year, month, lang) : formatDate(isoDay(year, month, day) ?? '', lang)];
  },
  payloadSchema: () => ({
    type: 'object',
    properties: {
      day: { type: 'integer', minimum: 1, maximum: 31 },
      month: { type: 'integer', minimum: 1, maximum: 12 },
      year: { type: 'integer', minimum: FIRST_YEAR, maximum: LAST_YEAR },
    },
    required: ['year'],
    additionalProperties: false,
  }),
  samples(config, context) {
    const [year = 1990, month = 1, day = 1] = sampleDay(config, context).split('-').map(Number);
    const values: Json[] = [{ day, month, year }, { month, year }, { year }];
    return values.filter((value) => type.check(value, config, context).length === 0);
  },
  checkConfig: boundFindings,
};

export default type;
