import { describe, expect, it } from 'vitest';
import type from './index.ts';
import de from './texts/de.json' with { type: 'json' };

const context = { today: '2026-06-15' };
const german = { id: 'f', type: 'address' };
const foreign = { ...german, foreign: true };
const raw = (parts: Record<string, string>) => Object.fromEntries(Object.entries(parts).map(([part, text]) => [part, [text]]));
const typed = { street: 'Musterstraße', houseNumber: '5', addition: '', postcode: '12345', city: 'Musterstadt' };
const parse = (parts: Record<string, string>, config: typeof german = german) => type.parse(raw(parts), config, context);

describe('address', () => {
  it('reads a German address', () => {
    expect(parse(typed)).toEqual({
      value: { street: 'Musterstraße', houseNumber: '5', postcode: '12345', city: 'Musterstadt', country: 'DE' },
    });
    expect(parse({ ...typed, postcode: 'D-12 345' })).toEqual(parse(typed));
    expect(parse({ ...typed, postcode: 'DE 12345' })).toEqual(parse(typed));
  });

  it.each([
    ['Musterstraße 5 a', 'Musterstraße', '5 a'],
    ['Straße des 17. Juni 135', 'Straße des 17. Juni', '135'],
    ['Am Markt 3-5', 'Am Markt', '3-5'],
    ['Hauptstr. 12B', 'Hauptstr.', '12B'],
  ])('parts %s, typed into the street, into street and number', (street, name, number) => {
    expect(parse({ ...typed, street, houseNumber: '' }).value).toMatchObject({ street: name, houseNumber: number });
  });

  it('has a way for houses without number', () => {
    expect(parse({ ...typed, houseNumber: 'Ohne' }).value).toMatchObject({ houseNumber: 'ohne' });
    expect(type.format(parse({ ...typed, houseNumber: '-' }).value ?? null, german, { lang: 'de', option: String, t: String })).toEqual([
      'Musterstraße',
      '12345 Musterstadt',
    ]);
  });

  it('names each part that is missing or wrong, with a text for each', () => {
    const { errors = [] } = parse({ addition: 'Hinterhaus' });
    expect(errors.map(({ part }) => part)).toEqual(['street', 'houseNumber', 'postcode', 'city']);
    for (const { part = '' } of errors) expect(Object.keys(de.errors.missing)).toContain(part);
    expect(parse({ ...typed, postcode: '00123' }).errors).toEqual([{ code: 'postcode', part: 'postcode' }]);
    expect(parse({ ...typed, postcode: '1234' }).errors).toEqual([{ code: 'postcode', part: 'postcode' }]);
    expect(parse({ ...typed, houseNumber: 'x' }).errors).toEqual([{ code: 'houseNumber', part: 'houseNumber' }]);
    expect(parse({ ...typed, city: 'x'.repeat(51) }).errors).toEqual([{ code: 'tooLong', params: { max: 50 }, part: 'city' }]);
  });

  it('reads an address abroad without asking for a German postcode, where the author allows it', () => {
    const abroad = { where: 'abroad', country: 'FR', lines: '1 rue de l’Exemple\r\n\r\n67000 Strasbourg' };
    const value = { country: 'FR', lines: ['1 rue de l’Exemple', '67000 Strasbourg'] };
    expect(parse(abroad, foreign)).toEqual({ value });
    expect(type.check(value, german, context)).toEqual([{ code: 'invalid' }]);
    expect(parse(abroad).value).toBeNull();
    expect(parse({ where: 'abroad', country: '', lines: '' }, foreign).value).toBeNull();
    expect(parse({ where: 'abroad', country: 'DE', lines: 'x' }, foreign).errors).toEqual([{ code: 'missing.country', part: 'country' }]);
    expect(parse({ where: 'abroad', country: 'FR', lines: '1\n2\n3\n4\n5\n6' }, foreign).errors?.[0]?.code).toBe('tooManyLines');
    expect(parse({ country: 'FR', lines: 'Paris' }, foreign).value).toEqual({ country: 'FR', lines: ['Paris'] });
  });

  it('gives expressions a text for every member', () => {
    expect(type.toCel?.({ country: 'FR', lines: ['a', 'b'] })).toEqual({
      street: '',
      houseNumber: '',
      addition: '',
      postcode: '',
      city: '',
      country: 'FR',
      lines: 'a\nb',
    });
  });

  it('is written as on a letter', () => {
    const format = (value: object) => type.format(value as never, foreign, { lang: 'de', option: String, t: String });
    expect(
      format({ street: 'Musterstraße', houseNumber: '5 a', addition: 'Hinterhaus', postcode: '12345', city: 'Musterstadt', country: 'DE' }),
    ).toEqual(['Musterstraße 5 a', 'Hinterhaus', '12345 Musterstadt']);
    expect(format({ country: 'FR', lines: ['Paris'] })).toEqual(['Paris', 'Frankreich']);
  });
});
