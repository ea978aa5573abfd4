/** Calendar dates as expressions see them. Days, months and years are counted on the calendar, without time zones. */
import { parseDate, type CalendarDate } from '@internationalized/date';

export class CivilDate {
  readonly iso: string;
  constructor(iso: string) {
    this.iso = iso;
  }
  /** Throws on anything that is not a real date (`2026-02-31`). */
  static parse(iso: string): CivilDate {
    return new CivilDate(parseDate(iso).toString());
  }
  get calendar(): CalendarDate {
    return parseDate(this.iso);
  }
}

/** Whole years from one date to another; negative when `to` lies before `from`. A person born on 29 February turns on 1 March (BGB §§ 187, 188). */
export function yearsBetween(from: CivilDate, to: CivilDate): number {
  return Math.trunc(monthsBetween(from, to) / 12);
}

/** Whole months between two dates. */
export function monthsBetween(from: CivilDate, to: CivilDate): number {
  if (to.iso < from.iso) return -monthsBetween(to, from) || 0;
  const a = from.calendar;
  const b = to.calendar;
  const months = (b.year - a.year) * 12 + b.month - a.month;
  return b.day < a.day ? months - 1 : months;
}

/** Whole days between two dates. */
export function daysBetween(from: CivilDate, to: CivilDate): number {
  return Math.round((Date.parse(to.iso) - Date.parse(from.iso)) / 86_400_000);
}

export function addDays(date: CivilDate, days: number): CivilDate {
  return new CivilDate(date.calendar.add({ days: Math.trunc(days) }).toString());
}
