import { describe, expect, it } from 'vitest';
import type { FieldConfig, Json } from '../types.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = (as: string): FieldConfig => ({ id: 'f', type: 'computed', value: '1.0', as });
const format = (value: Json, as: string) =>
  type.format(value, config(as), { lang: 'de', option: String, t: (key, params) => `${key} ${String(params?.amount ?? '')}`.trim() });

describe('computed', () => {
  it('ignores what is sent', () => {
    expect(type.parse({ '': ['0'] }, config('money'), context)).toEqual({ value: null });
  });

  it('has the type in expressions that "as" says', () => {
    const cel = (as: string) => (typeof type.cel === 'function' ? type.cel(config(as)) : undefined);
    expect(['money', 'number', 'text', 'yesno', 'date'].map(cel)).toEqual(['double', 'double', 'string', 'bool', 'Date']);
  });

  it('checks and shows the result by its kind', () => {
    expect(type.check(30.7, config('money'), context)).toEqual([]);
    expect(type.check(30.705, config('money'), context)).toEqual([{ code: 'cents' }]);
    expect(type.check('30', config('money'), context)).toEqual([{ code: 'invalid' }]);
    expect(type.check('2026-02-30', config('date'), context)).toEqual([{ code: 'invalid' }]);
    expect(format(30.7, 'money')).toEqual(['format.amount 30,70']);
    expect(format('2026-01-31', 'date')).toEqual(['31.01.2026']);
    expect(format(true, 'yesno')).toEqual(['labels.yes']);
    expect(format(1234.5, 'number')).toEqual(['1.234,5']);
  });
});
