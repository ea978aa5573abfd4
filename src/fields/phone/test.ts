import { describe, expect, it } from 'vitest';
import type { Json } from '../types.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'phone' };
const parse = (text: string) => type.parse({ '': [text] }, config, context);

describe('phone', () => {
  it.each(['030 23125 001', '(030) 23125-001', '030/23125001', '+49 30 23125001', '0049 30 23125001', '+49 (0)30 23125001'])(
    'knows %s',
    (typed) => {
      expect(parse(typed)).toEqual({ value: { typed, e164: '+493023125001' } });
    },
  );

  it('knows foreign numbers and keeps plausible unknown ones as typed', () => {
    expect(parse('+33 1 99 00 12 34').value).toEqual({ typed: '+33 1 99 00 12 34', e164: '+33199001234' });
    expect(parse('01234').value).toEqual({ typed: '01234' });
  });

  it.each(['abc', '12', 'ruf an: 030 23125001', '1'.repeat(21), '++49 30 1'])('refuses %s', (typed) => {
    expect(parse(typed).errors).toEqual([{ code: 'invalid' }]);
  });

  it('gives the international form to expressions and the back office, what was typed where there is none', () => {
    const known = { typed: '030 23125 001', e164: '+493023125001' };
    expect(type.toPayload?.(known, config)).toBe('+493023125001');
    expect(type.toCel?.({ typed: '01234' })).toBe('01234');
    const format = (value: object) => type.format(value as never, config, { lang: 'de', option: String, t: String });
    expect(format(known)).toEqual(['+49 30 23125001']);
    expect(format({ typed: '01234' })).toEqual(['01234']);
  });

  it('refuses values that no form made', () => {
    const made: Json[] = [
      '030 23125001',
      { typed: '030 23125001', e164: 'x' },
      { e164: '+493023125001' },
      { typed: '030 23125001', more: 1 },
    ];
    for (const value of made) {
      expect(type.check(value, config, context)).toEqual([{ code: 'invalid' }]);
    }
  });
});
