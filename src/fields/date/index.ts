/**
 * A day, stored as ISO date. Asked with three inputs (day, month, year); the first one also takes a whole date, as people paste it
 * (`27.3.1990`, `27031990`, `1990-03-27`). Settings `min`, `max`: see `../calendar.ts`.
 */
import type { FieldError, FieldType, Parsed } from '../types.ts';
import { BOUND_SCHEMA, bound, boundErrors, boundFindings, day, FIRST_YEAR, isoDay, LAST_YEAR, sampleDay } from '../calendar.ts';
import { formatDate } from '../formats.ts';
import { textSetting } from '../settings.ts';
import { typedShort } from '../typed.ts';

/** A whole date in one text -> day, month, year as typed; undefined when it is none. */
function wholeDate(text: string): [string, string, string] | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return [iso[3] ?? '', iso[2] ?? '', iso[1] ?? ''];
  const german = /^(\d{1,2})\s?[.,/\- ]\s?(\d{1,2})\s?[.,/\- ]\s?(\d{4})$/.exec(text) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(text);
  return german ? [german[1] ?? '', german[2] ?? '', german[3] ?? ''] : undefined;
}

/** Three typed parts -> ISO date, or what is missing or wrong. */
function assemble(dayText: string, monthText: string, yearText: string): Parsed {
  const texts = { day: dayText.replace(/\.$/, ''), month: monthText.replace(/\.$/, ''), year: yearText };
  const missing = Object.entries(texts).filter(([, text]) => text === '');
  if (missing.length === 3) return { value: null };
  if (missing.length > 0) return { errors: missing.map(([part]): FieldError => ({ code: `missing.${part}`, part })) };
  const errors: FieldError[] = [];
  if (!/^(0?[1-9]|[12][0-9]|3[01])$/.test(texts.day)) errors.push({ code: 'day', part: 'day' });
  if (!/^(0?[1-9]|1[0-2])$/.test(texts.month)) errors.push({ code: 'month', part: 'month' });
  if (!/^[0-9]{4}$/.test(texts.year) || +texts.year < FIRST_YEAR || +texts.year > LAST_YEAR) errors.push({ code: 'year', part: 'year' });
  if (errors.length > 0) return { errors };
  const value = isoDay(+texts.year, +texts.month, +texts.day);
  return value === undefined ? { errors: [{ code: 'noSuchDay' }] } : { value };
}

const type: FieldType = {
  name: 'date',
  composite: true,
  config: { properties: { min: BOUND_SCHEMA, max: BOUND_SCHEMA } },
  cel: 'Date',
  parse(input) {
    const [first, month, year] = [typedShort(input, 'day') || typedShort(input), typedShort(input, 'month'), typedShort(input, 'year')];
    if (first === undefined || month === undefined || year === undefined) return { errors: [{ code: 'invalid' }] };
    const whole = month === '' && year === '' ? wholeDate(first) : undefined;
    return whole ? assemble(...whole) : assemble(first, month, year);
  },
  check(value, config, context) {
    const date = day(value);
    if (!date || date.year < FIRST_YEAR || date.year > LAST_YEAR) return [{ code: 'invalid' }];
    return boundErrors(date.toString(), date.toString(), config, context);
  },
  toRaw(value) {
    const [year = '', month = '', dayOfMonth = ''] = String(value).split('-');
    return { day: [dayOfMonth], month: [month], year: [year] };
  },
  format: (value, _config, { lang }) => [formatDate(String(value), lang)],
  payloadSchema: () => ({ type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }),
  samples(config, context) {
    const near = sampleDay(config, context);
    const edges = [bound(textSetting(config, 'min'), context.today), bound(textSetting(config, 'max'), context.today)];
    const days = [near, ...edges.filter((edge) => edge !== undefined)];
    return [...new Set(days)].filter((iso) => type.check(iso, config, context).length === 0);
  },
  checkConfig: boundFindings,
};

export default type;
