/**
 * What holds for every field type, whatever it is: asked of all types that are found, so that a new one is tested without an edit here.
 * Each type is tried with several configurations; `CONFIGS` names the settings worth trying, all others are tried as they are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldTexts, fieldTypes, sharedTexts } from './all.node.ts';
import type { FieldConfig, FieldContext, FieldError, FieldType, FormatContext, Json, RawInput } from './types.ts';

const CONTEXT: FieldContext = { today: '2026-06-15' };
const LANGUAGES = ['de', 'en'] as const;
const OPTIONS = [{ options: ['a', 'b', 'c'] }, { list: 'codes' }];
const CONFIGS: Record<string, object[]> = {
  text: [{}, { minLength: 3, maxLength: 8 }, { pattern: '[A-Z]{2}[0-9]+', example: 'AB12' }],
  textarea: [{}, { maxLength: 20 }],
  date: [{}, { max: 'past' }, { min: '+14d', max: '+6m' }, { max: '-18y' }],
  'partial-date': [{}, { max: 'today' }],
  radios: OPTIONS,
  select: OPTIONS,
  combobox: OPTIONS,
  checkboxes: [...OPTIONS, { options: ['a', 'b', 'c'], min: 2, max: 2 }],
  number: [{}, { decimals: 2, min: -5, max: 5, unit: 'm²' }],
  money: [{}, { min: -100, max: 1000 }],
  address: [{}, { foreign: true }],
  iban: [{}, { countries: ['DE'] }],
  file: [{}, { later: true, accept: ['png'], maxFiles: 1 }],
  hidden: [{ value: 'x' }, { value: 3 }, { value: true }],
  computed: ['money', 'number', 'text', 'yesno', 'date'].map((as) => ({ as, value: '1.0' })),
};

const CASES = [...fieldTypes.values()].flatMap((type) =>
  (CONFIGS[type.name] ?? [{}]).map((settings) => {
    const config: FieldConfig = { id: 'field', type: type.name, ...settings };
    const context: FieldContext = Object.hasOwn(settings, 'list') ? { ...CONTEXT, options: new Set(['001', '002']) } : CONTEXT;
    return { name: `${type.name} ${JSON.stringify(settings)}`, type, config, context };
  }),
);

const PARTS = [
  '',
  'day',
  'month',
  'year',
  'street',
  'houseNumber',
  'addition',
  'postcode',
  'city',
  'country',
  'lines',
  'where',
  'files',
  'later',
  '__proto__',
  'constructor',
];
const NEAR = [
  'yes',
  'no',
  '1990',
  '27',
  '3',
  '27.3.1990',
  '1.234,50',
  'a',
  'DE',
  'abroad',
  'bring',
  'M-AB 123',
  '030 1234567',
  'a@b.de',
  'DE89370400440532013000',
  '\0',
  '\ud800',
  '١٢٣',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(...NEAR),
);
const rawInput: fc.Arbitrary<RawInput> = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...PARTS), fc.string()), fc.array(text, { maxLength: 3 })), { maxLength: 8 })
  .map(
    (entries) =>
      JSON.parse(`{${entries.map(([part, values]) => `${JSON.stringify(part)}:${JSON.stringify(values)}`).join(',')}}`) as RawInput,
  );

/** Objects shaped like the values of composite types, with anything inside. */
const shaped = fc.record(
  Object.fromEntries(
    [
      'day',
      'month',
      'year',
      'street',
      'houseNumber',
      'postcode',
      'city',
      'country',
      'lines',
      'typed',
      'e164',
      'later',
      'id',
      'name',
      'size',
      'mime',
    ].map((key) => [key, fc.oneof(fc.jsonValue({ maxDepth: 1 }), text, fc.integer(), fc.constant('DE'))]),
  ),
  { requiredKeys: [] },
);
const json = fc.oneof(
  fc.jsonValue(),
  text,
  fc.double(),
  shaped,
  fc.array(shaped, { maxLength: 3 }),
  fc.constant(JSON.parse('{"__proto__": 1}')),
) as fc.Arbitrary<Json>;

function codeExists(type: FieldType, code: string, lang: string): boolean {
  const at = (texts: unknown): unknown =>
    ['errors', ...code.split('.')].reduce<unknown>(
      (node, key) =>
        typeof node === 'object' && node !== null && Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : undefined,
      texts,
    );
  return [fieldTexts[lang]?.[type.name], sharedTexts[lang]].some((texts) => typeof at(texts) === 'string');
}

function expectTexts(type: FieldType, errors: readonly FieldError[]): void {
  for (const { code } of errors) {
    for (const lang of LANGUAGES) expect(codeExists(type, code, lang), `${type.name}: errors.${code} in ${lang}`).toBe(true);
  }
}

function keysOf(texts: unknown, path = ''): string[] {
  if (typeof texts !== 'object' || texts === null) return [`${path}: ${(String(texts).match(/{{\w+}}/g) ?? []).sort().join(' ')}`];
  return Object.entries(texts)
    .flatMap(([key, child]) => keysOf(child, `${path}.${key}`))
    .sort();
}

describe('registry', () => {
  it('holds one type for each folder with an index.ts', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !['frame', 'texts'].includes(entry.name),
    );
    expect([...fieldTypes.keys()].sort()).toEqual(folders.map(({ name }) => name).sort());
    expect(fieldTypes.size).toBeGreaterThanOrEqual(24);
  });

  it.each([...fieldTypes.keys()])('%s has the same texts and placeholders in every language', (name) => {
    expect(keysOf(fieldTexts.en?.[name])).toEqual(keysOf(fieldTexts.de?.[name]));
  });

  it.each([...fieldTypes.values()])('$name has a text for every error code in its source', (type) => {
    const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
    const own = read(`${type.name}/index.ts`);
    const helpers = { boundErrors: 'calendar.ts', lengthErrors: 'lines.ts', optionErrors: 'choices.ts' };
    const used = Object.entries(helpers).filter(([name]) => own.includes(name));
    const code = [own, ...used.map(([, file]) => read(file))].join('\n');
    expectTexts(
      type,
      [...code.matchAll(/\bcode: '([\w.]+)'/g)].map(([, found = '']) => ({ code: found })),
    );
  });

  it('has the same shared texts in every language, `required` among them', () => {
    expect(keysOf(sharedTexts.en)).toEqual(keysOf(sharedTexts.de));
    expect(keysOf(sharedTexts.de)).toContain('.errors.required: {{label}}');
  });
});

describe.each(CASES)('$name', ({ type, config, context }) => {
  const samples = type.samples(config, context);
  const schema = type.payloadSchema(config);
  const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema as object);
  const payload = (value: Json): Json => (type.toPayload ? type.toPayload(value, config) : value);
  const formatting: FormatContext = { lang: 'de', option: (value) => `option ${value}`, t: (key) => key };

  it('has a valid configuration schema that accepts this configuration', () => {
    const { id: _id, type: _type, ...settings } = config;
    const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile({
      type: 'object',
      properties: type.config.properties,
      required: type.config.required ?? [],
      additionalProperties: false,
    });
    expect(accepts(settings), JSON.stringify(accepts.errors)).toBe(true);
    expect(type.checkConfig?.(config) ?? []).toEqual([]);
  });

  it('has samples that are valid, fit the payload schema, can be shown, and come back from the form unchanged', () => {
    if (samples.length === 0) {
      // Only a type without a value has no sample; then nothing at all is valid.
      expect(schema).toBe(false);
      return;
    }
    for (const sample of samples) {
      expect(type.check(sample, config, context)).toEqual([]);
      expect(validate(payload(sample)), `${JSON.stringify(sample)} ${JSON.stringify(validate.errors)}`).toBe(true);
      const lines = type.format(sample, config, formatting);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.every((line) => typeof line === 'string' && line !== '')).toBe(true);
      if (!type.silent) expect(type.parse(type.toRaw(sample, config), config, context)).toEqual({ value: sample });
    }
  });

  it('gives the same samples each time', () => {
    expect(type.samples(config, context)).toEqual(samples);
  });

  it('parses whatever is sent without throwing, and what it accepts comes back from the form unchanged', () => {
    fc.assert(
      fc.property(rawInput, (raw) => {
        const parsed = type.parse(raw, config, context);
        if (parsed.errors) {
          expect(parsed.errors.length).toBeGreaterThan(0);
          expectTexts(type, parsed.errors);
          return;
        }
        if (parsed.value === null) return;
        const errors = type.check(parsed.value, config, context);
        expectTexts(type, errors);
        if (errors.length > 0 || type.silent) return;
        expect(type.parse(type.toRaw(parsed.value, config), config, context)).toEqual(parsed);
        expect(validate(payload(parsed.value)), JSON.stringify(validate.errors)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('checks whatever JSON is stored without throwing; what it lets through fits the payload schema and can be shown', () => {
    fc.assert(
      fc.property(json, (value) => {
        if (value === null) return;
        const errors = type.check(value, config, context);
        expectTexts(type, errors);
        if (errors.length > 0) return;
        expect(validate(payload(value)), JSON.stringify(validate.errors)).toBe(true);
        expect(type.format(value, config, formatting).every((line) => typeof line === 'string')).toBe(true);
        expect(() => type.toCel?.(value)).not.toThrow();
        if (!type.silent) expect(type.parse(type.toRaw(value, config), config, context)).toEqual({ value });
      }),
      { numRuns: 300 },
    );
  });

  it('takes an empty form as empty', () => {
    if (type.name === 'hidden') return;
    expect(type.parse({}, config, context)).toEqual({ value: null });
    expect(type.parse({ '': ['  '], day: [''], street: [' '], later: [''] }, config, context)).toEqual({ value: null });
  });

  it('refuses NUL and half surrogates', () => {
    for (const poison of ['a\0b', 'a\ud800b']) {
      const raw = Object.fromEntries(PARTS.filter((part) => part !== '__proto__').map((part) => [part, [poison]]));
      const parsed = type.parse(raw, config, context);
      if (!type.silent) expect(parsed.errors?.length).toBeGreaterThan(0);
      expect(type.check(poison, config, context).length).toBeGreaterThan(0);
    }
  });

  it('answers within bounded time, however long and evil the text', () => {
    const evil = ['a', '1', ' ', '.', '-', '1.', '@', 'a@', 'a.', 'Ä', 'e\u0301', '1 ', '\n', '{', '0', '+', '\u0301', 'M-A '].map((unit) =>
      unit.repeat(100_000 / unit.length),
    );
    const start = performance.now();
    for (const long of [...evil, ...evil.map((one) => `${one}!`)]) {
      const raw = Object.fromEntries(PARTS.filter((part) => part !== '__proto__').map((part) => [part, [long]]));
      type.parse(raw, config, context);
      type.check(long, config, context);
    }
    // 36 texts of 100,000 characters in 15 parts; a quadratic expression would need minutes.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
