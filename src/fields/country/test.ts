import { describe, expect, it } from 'vitest';
import { COUNTRIES, countryOptions } from '../countries.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'country' };

describe('country', () => {
  it('knows the 249 codes of ISO 3166-1 and Kosovo, each with a name', () => {
    expect(COUNTRIES.size).toBe(250);
    for (const lang of ['de', 'en']) expect(countryOptions(lang).filter(({ value, label }) => value === label)).toEqual([]);
  });

  it('sorts in the alphabet of the reader', () => {
    const labels = countryOptions('de').map(({ label }) => label);
    expect(labels.indexOf('Ägypten')).toBeLessThan(labels.indexOf('Belgien'));
    expect(countryOptions('en').find(({ value }) => value === 'DE')?.label).toBe('Germany');
  });

  it('accepts codes, also in small letters, and nothing else', () => {
    expect(type.parse({ '': ['de'] }, config, context)).toEqual({ value: 'DE' });
    expect(type.check('XK', config, context)).toEqual([]);
    for (const value of ['ZZ', 'DEU', 'de', '', 'constructor', 1])
      expect(type.check(value, config, context)).toEqual([{ code: 'notAnOption' }]);
    expect(type.format('XK', config, { lang: 'de', option: String, t: String })).toEqual(['Kosovo']);
  });
});
