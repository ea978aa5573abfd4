import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'radios', options: ['own', 'company'] };

describe('radios', () => {
  it('allows the authored options and nothing else, whatever its name', () => {
    expect(type.parse({ '': [' own '] }, config, context)).toEqual({ value: 'own' });
    expect(type.check('own', config, context)).toEqual([]);
    for (const stranger of ['other', '__proto__', 'constructor', '0', 0, ['own'], { own: 1 }]) {
      expect(type.check(stranger, config, context)).toEqual([{ code: 'notAnOption' }]);
    }
  });

  it('asks the list where the field names one', () => {
    const listed = { id: 'f', type: 'radios', list: 'breeds' };
    const codes = { ...context, options: new Set(['001', '002']) };
    expect(type.check('001', listed, codes)).toEqual([]);
    expect(type.check('own', listed, codes)).toEqual([{ code: 'notAnOption' }]);
    expect(type.check('001', listed, context)).toEqual([{ code: 'notAnOption' }]);
    expect(type.samples(listed, codes)).toEqual(['001', '002']);
  });

  it('shows the label and tells the author when there is nothing to choose from, or two sources', () => {
    expect(type.format('own', config, { lang: 'de', option: (value) => `<${value}>`, t: String })).toEqual(['<own>']);
    expect(type.checkConfig?.({ id: 'f', type: 'radios' })).toHaveLength(1);
    expect(type.checkConfig?.({ ...config, list: 'breeds' })).toHaveLength(1);
  });
});
