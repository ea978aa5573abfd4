import { describe, expect, it } from 'vitest';
import type { FieldConfig } from '../types.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = (settings: object = {}): FieldConfig => ({ id: 'f', type: 'date', ...settings });
const three = (day: string, month: string, year: string) => type.parse({ day: [day], month: [month], year: [year] }, config(), context);
const one = (text: string) => type.parse({ day: [text], month: [''], year: [''] }, config(), context).value;

describe('date', () => {
  it('reads three inputs', () => {
    expect(three('27', '3', '1990')).toEqual({ value: '1990-03-27' });
    expect(three(' 27. ', '03.', '1990')).toEqual({ value: '1990-03-27' });
  });

  it.each(['27031990', '27.3.1990', '27. 3. 1990', '27/03/1990', '27-3-1990', '27 3 1990', '1990-03-27'])(
    'reads %s in the first input',
    (text) => {
      expect(one(text)).toBe('1990-03-27');
    },
  );

  it('does not turn days that do not exist into others', () => {
    expect(three('31', '2', '2026').errors).toEqual([{ code: 'noSuchDay' }]);
    expect(three('29', '2', '2025').errors).toEqual([{ code: 'noSuchDay' }]);
    expect(three('29', '2', '2024')).toEqual({ value: '2024-02-29' });
  });

  it('says which part is missing or wrong', () => {
    expect(three('27', '', '').errors).toEqual([
      { code: 'missing.month', part: 'month' },
      { code: 'missing.year', part: 'year' },
    ]);
    expect(three('32', '13', '90').errors).toEqual([
      { code: 'day', part: 'day' },
      { code: 'month', part: 'month' },
      { code: 'year', part: 'year' },
    ]);
  });

  it.each([
    ['past', '2026-06-14', '2026-06-15', 'notPast'],
    ['today', '2026-06-15', '2026-06-16', 'tooLate'],
    ['-18y', '2008-06-15', '2008-06-16', 'tooLate'],
    ['2026-12-31', '2026-12-31', '2027-01-01', 'tooLate'],
  ])('max %s allows %s and refuses %s', (max, fine, late, code) => {
    expect(type.check(fine, config({ max }), context)).toEqual([]);
    expect(type.check(late, config({ max }), context)[0]?.code).toBe(code);
  });

  it.each([
    ['future', '2026-06-16', '2026-06-15', 'notFuture'],
    ['+14d', '2026-06-29', '2026-06-28', 'tooEarly'],
    ['+2w', '2026-06-29', '2026-06-28', 'tooEarly'],
    ['-1m', '2026-05-15', '2026-05-14', 'tooEarly'],
  ])('min %s allows %s and refuses %s', (min, fine, early, code) => {
    expect(type.check(fine, config({ min }), context)).toEqual([]);
    expect(type.check(early, config({ min }), context)[0]?.code).toBe(code);
  });

  it('writes the day as the reader does, whatever the time zone', () => {
    const format = (lang: string) => type.format('1990-03-27', config(), { lang, option: String, t: String });
    expect(format('de')).toEqual(['27.03.1990']);
    expect(format('de-simple')).toEqual(['27.03.1990']);
    expect(format('en')).toEqual(['27 March 1990']);
  });

  it('tells the author about bounds that make no sense', () => {
    expect(type.checkConfig?.(config({ min: 'tomorrow' }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ min: '+1y', max: 'today' }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ min: '-120y', max: '-18y' }))).toEqual([]);
  });
});
