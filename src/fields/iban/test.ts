import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'iban' };
const IBAN = 'DE89370400440532013000';

describe('iban', () => {
  it.each(['DE89 3704 0044 0532 0130 00', 'de89-3704-0044-0532-0130-00', 'IBAN: DE89370400440532013000', 'DE89\u00a03704 00440532013000'])(
    'reads %s',
    (text) => {
      expect(type.parse({ '': [text] }, config, context)).toEqual({ value: IBAN });
    },
  );

  it.each([
    ['DE89370400440532013001', { code: 'checksum' }],
    ['DE8937040044053201300', { code: 'germanLength', params: { length: 21 } }],
    ['FR14200410100505000', { code: 'length' }],
    ['89370400440532013000', { code: 'country' }],
    ['ZZ89370400440532013000', { code: 'country' }],
    ['DE', { code: 'germanLength', params: { length: 2 } }],
    ['<script>', { code: 'invalid' }],
  ])('says what is wrong with %s', (iban, error) => {
    expect(type.check(iban, config, context)).toEqual([error]);
  });

  it('keeps to the countries of the author', () => {
    expect(type.check('AT611904300234573201', { ...config, countries: ['DE'] }, context)).toEqual([
      { code: 'countryNotAllowed', params: { countries: 'DE' } },
    ]);
    expect(type.check('AT611904300234573201', config, context)).toEqual([]);
    expect(type.checkConfig?.({ ...config, countries: ['DE', 'US'] })).toHaveLength(1);
  });

  it('is written in fours', () => {
    expect(type.format(IBAN, config, { lang: 'de', option: String, t: String })).toEqual(['DE89 3704 0044 0532 0130 00']);
  });
});
