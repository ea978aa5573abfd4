import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'partial-date', max: 'today' };
const parse = (day: string, month: string, year: string) => type.parse({ day: [day], month: [month], year: [year] }, config, context);

describe('partial-date', () => {
  it('takes empty inputs and 00 as unknown', () => {
    expect(parse('27', '3', '1990')).toEqual({ value: { day: 27, month: 3, year: 1990 } });
    expect(parse('', '3', '1990')).toEqual({ value: { month: 3, year: 1990 } });
    expect(parse('00', '00', '1990')).toEqual({ value: { year: 1990 } });
  });

  it('wants the year, a month with a day, and days that exist', () => {
    expect(parse('', '3', '').errors).toEqual([{ code: 'missing.year', part: 'year' }]);
    expect(parse('27', '', '1990').errors).toEqual([{ code: 'dayWithoutMonth', part: 'month' }]);
    expect(parse('31', '2', '1990').errors).toEqual([{ code: 'noSuchDay' }]);
    expect(parse('x', '3', '1990').errors).toEqual([{ code: 'day', part: 'day' }]);
    expect(type.check({ day: 27, year: 1990 }, config, context)).toEqual([{ code: 'dayWithoutMonth', part: 'month' }]);
  });

  it('refuses a partly known date only when no day in it would do', () => {
    expect(type.check({ year: 2026 }, config, context)).toEqual([]);
    expect(type.check({ month: 6, year: 2026 }, config, context)).toEqual([]);
    expect(type.check({ month: 7, year: 2026 }, config, context)[0]?.code).toBe('tooLate');
    expect(type.check({ year: 2027 }, config, context)[0]?.code).toBe('tooLate');
    expect(type.check({ month: 2, year: 1990 }, { ...config, min: '1990-02-28' }, context)).toEqual([]);
  });

  it('gives expressions 0 for what is unknown, and readers what is known', () => {
    expect(type.toCel?.({ year: 1990 })).toEqual({ day: 0, month: 0, year: 1990 });
    const format = (value: object) => type.format(value as never, config, { lang: 'de', option: String, t: String });
    expect(format({ day: 1, month: 3, year: 1990 })).toEqual(['01.03.1990']);
    expect(format({ month: 3, year: 1990 })).toEqual(['März 1990']);
    expect(format({ year: 1990 })).toEqual(['1990']);
  });
});
