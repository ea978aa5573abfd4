import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'money' };
const parse = (text: string) => {
  const { value, errors } = type.parse({ '': [text] }, config, context);
  return errors ? errors[0]?.code : value;
};

describe('money', () => {
  it.each([
    ['1.234,50', 1234.5],
    ['1234.50', 1234.5],
    ['1 234,50 €', 1234.5],
    ['1.234', 1234],
    ['1.234.567,89', 1234567.89],
    ['12', 12],
    ['12,5', 12.5],
    ['12,-', 12],
    ['12,-- €', 12],
    ['EUR 12,00', 12],
    ['12 Euro', 12],
    ['€ 0,99', 0.99],
    ["1'234.50", 1234.5],
    ['1,234', 'cents'],
    ['12,345', 'cents'],
    ['zwölf', 'invalid'],
    ['12 $', 'invalid'],
    ['1,2,3', 'invalid'],
    ['€', 'invalid'],
  ])('reads %s as %s', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it('is not negative unless the author says so, and holds whole cents', () => {
    expect(type.check(-1, config, context)).toEqual([{ code: 'negative' }]);
    expect(type.check(-1, { ...config, min: -5 }, context)).toEqual([]);
    expect(type.check(3, { ...config, min: 5 }, context)).toEqual([{ code: 'tooSmall', params: { min: 5 } }]);
    expect(type.check(0.1 + 0.2, config, context)).toEqual([{ code: 'cents' }]);
    for (const cents of [1, 7, 29, 57, 115, 1005, 8299999]) expect(type.check(cents / 100, config, context)).toEqual([]);
  });

  it('is written by DIN 5008, with the unit from the texts', () => {
    const format = (lang: string) =>
      type.format(1234.5, config, { lang, option: String, t: (key, params) => `${key}:${String(params?.amount)}` });
    expect(format('de')).toEqual(['format.amount:1.234,50']);
    expect(format('en')).toEqual(['format.amount:1,234.50']);
    expect(type.toRaw(1234.5, config)).toEqual({ '': ['1234,50'] });
  });

  it('tells the author about a maximum below zero without a minimum', () => {
    expect(type.checkConfig?.({ ...config, max: -1 })).toHaveLength(1);
  });
});
