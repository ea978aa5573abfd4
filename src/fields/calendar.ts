/**
 * Calendar days as ISO texts (`YYYY-MM-DD`), never as points in time. Bounds are written the way authors think: a day, `today`, `past`,
 * `future`, or a span from today (`+14d`, `-18y`). `parseDate` is used throughout because `new CalendarDate(2026, 2, 31)` silently becomes 28 February.
 */
import { parseDate, type CalendarDate } from '@internationalized/date';
import type { FieldConfig, FieldContext, FieldError } from './types.ts';
import { textSetting } from './settings.ts';

/** Years outside are typing errors: nobody alive was born before, no permit runs longer (FIM's own date group allows 1850 to 2080). */
export const FIRST_YEAR = 1800;
export const LAST_YEAR = 2200;

/** The day, or undefined when the text is no existing day in ISO form. Total. */
export function day(iso: unknown): CalendarDate | undefined {
  if (typeof iso !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(iso)) return undefined;
  try {
    return parseDate(iso);
  } catch {
    return undefined;
  }
}

/** ISO text of a day, or undefined when it does not exist. */
export function isoDay(year: number, month: number, dayOfMonth: number): string | undefined {
  const iso = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`;
  return day(iso) ? iso : undefined;
}

const SPAN = /^([+-])(\d{1,4})([dwmy])$/;
const UNITS = { d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;

/** Text form of the bounds, for the JSON Schema of a field's configuration. */
export const BOUND_SCHEMA = { type: 'string', pattern: '^(today|past|future|[+-][0-9]{1,4}[dwmy]|[0-9]{4}-[0-9]{2}-[0-9]{2})$' } as const;

/** The first (`min`) or last (`max`) allowed day, or undefined for none. `past` as `max` is yesterday, `future` as `min` is tomorrow. */
export function bound(text: string | undefined, today: string): string | undefined {
  if (text === undefined) return undefined;
  if (day(text)) return text;
  const start = day(today);
  if (!start) return undefined;
  if (text === 'today') return today;
  if (text === 'past') return start.subtract({ days: 1 }).toString();
  if (text === 'future') return start.add({ days: 1 }).toString();
  const [, sign, count, unit] = SPAN.exec(text) ?? [];
  if (!count || !unit) return undefined;
  const span = { [UNITS[unit as keyof typeof UNITS]]: Number(count) };
  return (sign === '-' ? start.subtract(span) : start.add(span)).toString();
}

/**
 * Do the days from `earliest` to `latest` (the same, where the day is known) touch the bounds of the field?
 * ISO texts compare like dates, as their years have four digits.
 */
export function boundErrors(earliest: string, latest: string, config: FieldConfig, context: FieldContext): FieldError[] {
  const [lower, upper] = [textSetting(config, 'min'), textSetting(config, 'max')];
  const [min, max] = [bound(lower, context.today), bound(upper, context.today)];
  if (min !== undefined && latest < min) return [lower === 'future' ? { code: 'notFuture' } : { code: 'tooEarly', params: { min } }];
  if (max !== undefined && earliest > max) return [upper === 'past' ? { code: 'notPast' } : { code: 'tooLate', params: { max } }];
  return [];
}

/** A day inside the bounds, near today; deterministic. */
export function sampleDay(config: FieldConfig, context: FieldContext): string {
  const min = bound(textSetting(config, 'min'), context.today);
  const max = bound(textSetting(config, 'max'), context.today);
  const wish = max !== undefined && min === undefined ? '1990-03-27' : context.today;
  if (min !== undefined && wish < min) return min;
  return max !== undefined && wish > max ? max : wish;
}

/** Findings on the bounds themselves. */
export function boundFindings(config: FieldConfig): { message: string; remedy: string }[] {
  const findings: { message: string; remedy: string }[] = [];
  const texts = { min: textSetting(config, 'min'), max: textSetting(config, 'max') };
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined && bound(text, '2026-06-15') === undefined) {
      findings.push({
        message: `${name} "${text}" is no day`,
        remedy: 'Write a day (2026-01-31), today, past, future, or a span such as +14d, -6m, -18y.',
      });
    }
  }
  const [min, max] = [bound(texts.min, '2026-06-15'), bound(texts.max, '2026-06-15')];
  if (min !== undefined && max !== undefined && min > max) {
    findings.push({
      message: `min "${texts.min}" lies behind max "${texts.max}": no day can satisfy both`,
      remedy: 'Exchange or correct them.',
    });
  }
  return findings;
}
