import { describe, expect, it } from 'vitest';
import type { FieldConfig } from '../types.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = (settings: object = {}): FieldConfig => ({ id: 'f', type: 'number', ...settings });
const parse = (text: string, settings?: object) => {
  const { value, errors } = type.parse({ '': [text] }, config(settings), context);
  return errors ? errors[0]?.code : value;
};

describe('number', () => {
  it.each([
    ['12', 12],
    ['1.234', 1234],
    ['1 234 567', 1234567],
    ['+7', 7],
    ['−7', -7],
    ['007', 7],
    ['-0', 0],
    ['3,0', 'whole'],
    ['drei', 'invalid'],
    ['1e3', 'invalid'],
    ['0x10', 'invalid'],
    ['Infinity', 'invalid'],
    ['1.23.4', 'invalid'],
    ['9'.repeat(16), 'invalid'],
  ])('reads the whole number %s as %s', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each([
    ['12,5', 12.5],
    ['12.5', 12.5],
    ['1.234,56', 1234.56],
    ['1,234.56', 1234.56],
    ['0,123', 'decimals'],
    ['80,5 m²', 80.5],
  ])('reads %s with two decimals as %s', (text, expected) => {
    expect(parse(text, { decimals: 2, unit: 'm²' })).toBe(expected);
  });

  it('keeps to the bounds', () => {
    expect(type.check(4, config({ min: 5 }), context)).toEqual([{ code: 'tooSmall', params: { min: 5 } }]);
    expect(type.check(6, config({ max: 5 }), context)).toEqual([{ code: 'tooLarge', params: { max: 5 } }]);
    expect(type.check(1.5, config(), context)).toEqual([{ code: 'whole' }]);
    expect(type.check(1e15, config(), context)[0]?.code).toBe('tooLarge');
    expect(type.checkConfig?.(config({ min: 2, max: 1 }))).toHaveLength(1);
  });

  it('is written as the reader writes numbers', () => {
    const format = (lang: string) => type.format(1234.5, config({ decimals: 1, unit: 'm²' }), { lang, option: String, t: String });
    expect(format('de')).toEqual(['1.234,5\u00a0m²']);
    expect(format('en')).toEqual(['1,234.5\u00a0m²']);
  });
});
