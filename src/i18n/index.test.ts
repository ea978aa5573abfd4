import { describe, expect, it } from 'vitest';
import {
  createTexts,
  dateTime,
  languageName,
  longDate,
  money,
  negotiate,
  number,
  placeholders,
  shortDate,
  time,
  unknownFormats,
} from './index.ts';

const nbsp = '\u00a0';
const texts = createTexts({
  de: {
    title: 'Hund anmelden',
    greeting: 'Guten Tag {{person.name}}',
    fee: 'Es kostet {{fee, money}}, fällig am {{due, date}}.',
    year: 'im Jahr {{year}}',
    dogs_one: '{{count}} Hund',
    dogs_other: '{{count}} Hunde',
    'field.dogs.breed': { label: 'Rasse', list: ['a'] },
    only: 'Nur auf Deutsch',
  },
  'de-simple': { title: 'Sie haben einen Hund' },
  en: { title: 'Register a dog', fee: 'It costs {{fee, money}}, due on {{due, date}}.', constructor: { name: 'a key of a text' } },
});
const de = texts.translator('de');
const en = texts.translator('en');
const simple = texts.translator('de-simple');

describe('looking up', () => {
  it('finds nested keys, and keys that hold dots', () => {
    expect(de.t('title')).toBe('Hund anmelden');
    expect(de.t('field.dogs.breed.label')).toBe('Rasse');
    expect(en.t('constructor.name')).toBe('a key of a text');
  });

  it('gives the key for a text nobody has, also for names every object has', () => {
    for (const key of ['nothing.here', 'constructor', 'toString', '__proto__', 'field.dogs.breed', 'field.dogs.breed.list.0']) {
      expect(de.t(key)).toBe(key);
      expect(de.has(key)).toBe(false);
    }
  });

  it('falls back to German and says so', () => {
    expect(simple.t('title')).toBe('Sie haben einen Hund');
    expect(simple.withLang('only')).toEqual({ text: 'Nur auf Deutsch', lang: 'de' });
    expect(en.withLang('only')).toEqual({ text: 'Nur auf Deutsch', lang: 'de' });
    expect(en.withLang('title')).toEqual({ text: 'Register a dog', lang: 'en' });
    expect(en.has('only')).toBe(true);
    expect(texts.translator('fr').t('title')).toBe('Hund anmelden');
  });

  it('knows the writing direction', () => {
    expect([de.dir, simple.dir, texts.translator('ar').dir, texts.translator('fa').dir]).toEqual(['ltr', 'ltr', 'rtl', 'rtl']);
  });

  it('keeps languages apart: translators are shared, frozen and know one language', () => {
    const before = en.t('fee', { fee: 1, due: '2026-11-23' });
    for (const other of [de, simple, texts.translator('fr')]) other.t('fee', { fee: 2, due: '2026-11-24' });
    expect(en.t('fee', { fee: 1, due: '2026-11-23' })).toBe(before);
    expect(texts.translator('en')).toBe(en);
    expect(Object.isFrozen(en)).toBe(true);
  });
});

describe('placeholders', () => {
  it('fills paths and formats in the language of the text', () => {
    const values = { person: { name: 'Ada' }, fee: 1234.5, due: { iso: '2026-11-23' }, year: 2026 };
    expect(de.t('greeting', values)).toBe('Guten Tag Ada');
    expect(de.t('fee', values)).toBe(`Es kostet 1.234,50${nbsp}Euro, fällig am 23. November 2026.`);
    expect(en.t('fee', values)).toBe('It costs €1,234.50, due on 23 November 2026.');
    expect(en.t('greeting', values)).toBe('Guten Tag Ada');
    expect(de.t('year', values)).toBe('im Jahr 2026');
  });

  it('leaves nothing behind for a value that is missing', () => {
    expect(de.t('greeting')).toBe('Guten Tag ');
    expect(de.t('fee', { fee: null, due: '' })).toBe('Es kostet , fällig am .');
  });

  it('never evaluates what a citizen typed', () => {
    const typed = '{{fee}} $t(title) {{- person}} <b>&"';
    expect(de.t('greeting', { person: { name: typed }, fee: 3 })).toBe(`Guten Tag ${typed}`);
  });

  it('does not take answers for options of the library', () => {
    const values = {
      person: { name: 'Ada' },
      lng: 'en',
      context: 'x',
      defaultValue: 'y',
      ns: 'z',
      returnObjects: true,
      interpolation: { prefix: '<' },
    };
    expect(de.t('greeting', values)).toBe('Guten Tag Ada');
  });

  it('chooses the plural by count', () => {
    expect([0, 1, 2].map((count) => de.t('dogs', { count }))).toEqual(['0 Hunde', '1 Hund', '2 Hunde']);
    expect(de.has('dogs')).toBe(true);
    expect(simple.withLang('dogs', { count: 1 })).toEqual({ text: '1 Hund', lang: 'de' });
  });

  it('lists them for the comparison of translations', () => {
    expect(placeholders('{{a}} {{ b.c , money}} {{- d}} {e}')).toEqual(['a', 'b.c', 'd']);
    expect(unknownFormats('{{a}} {{b, money}} {{c, mony}} {{d,date }}')).toEqual(['mony']);
  });
});

describe('formats', () => {
  it('follows DIN 5008 in German', () => {
    expect(number(1234567.5, 'de')).toBe('1.234.567,5');
    expect(money(0.5, 'de-simple')).toBe(`0,50${nbsp}Euro`);
    expect(shortDate('2026-01-03', 'de')).toBe('03.01.2026');
    expect(longDate('2026-01-03', 'de')).toBe('3. Januar 2026');
    expect(time('2026-11-23T08:30:00Z', 'de')).toBe(`9:30${nbsp}Uhr`);
    expect(dateTime('2026-07-23T22:05:00Z', 'de')).toBe(`24. Juli 2026, 0:05${nbsp}Uhr`);
  });

  it('spells the month elsewhere and keeps Latin digits', () => {
    expect(shortDate('2026-04-03', 'en')).toBe('3 April 2026');
    expect(number(12.5, 'ar')).toMatch(/^[\d.,]+$/);
  });

  it('does not shift a birth date, and gives back what is no date', () => {
    expect(longDate('1990-01-01', 'de')).toBe('1. Januar 1990');
    expect([longDate('unknown', 'de'), dateTime('', 'de'), money(Number.NaN, 'de'), shortDate(new Date(Number.NaN), 'de')]).toEqual([
      'unknown',
      '',
      '',
      '',
    ]);
  });

  it('takes a strange language for German instead of failing', () => {
    expect(money(1, '<script>')).toBe(`1,00${nbsp}Euro`);
  });
});

describe('languages', () => {
  it('names each in itself', () => {
    expect(['de', 'en', 'de-simple', 'uk', 'ar', 'not a language'].map(languageName)).toEqual([
      'Deutsch',
      'English',
      'Leichte Sprache',
      'Українська',
      'العربية',
      'not a language',
    ]);
  });

  it.each([
    ['en-US,en;q=0.9,de;q=0.8', 'en'],
    ['de-AT', 'de'],
    ['fr, en;q=0.3, de;q=0.2', 'en'],
    ['en;q=0, de', 'de'],
    ['EN-gb', 'en'],
    ['de-simple', 'de-simple'],
    ['fr', 'de'],
    ['*', 'de'],
    ['', 'de'],
    [null, 'de'],
    [';;q=,,-', 'de'],
    [`${'x,'.repeat(5000)}en`, 'de'],
  ])('%s -> %s', (header, expected) => {
    expect(negotiate(header, ['de', 'de-simple', 'en'])).toBe(expected);
  });
});

it('looks up a plain text in under 2 µs, and a filled one in under 100', () => {
  const measure = (run: () => void, times: number): number => {
    for (let i = 0; i < times; i++) run();
    const start = performance.now();
    for (let i = 0; i < times; i++) run();
    return ((performance.now() - start) * 1000) / times;
  };
  expect(measure(() => de.t('title'), 20_000)).toBeLessThan(2);
  expect(measure(() => de.t('greeting', { person: { name: 'Ada' } }), 5000)).toBeLessThan(100);
});
