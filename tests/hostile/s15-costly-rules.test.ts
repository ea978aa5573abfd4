/**
 * S15: patterns and expressions that are made to keep a server busy. Each is done at once or refused when the package is checked. The measured worst
 * is printed; what is asserted leaves room for a busy machine, and is still far from the minutes that these inputs take elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { matches, patternFindings } from '../../src/fields/pattern.ts';
import { compileExpression, recordShape, rootPlace } from '../../src/flow/expressions.ts';
import { checkPackage } from '../../src/package/index.ts';
import { temporaryPackage } from '../packages/temporary.ts';

const MOST = 1_000;
let worst: Record<string, number> = {};
/** Runs and notes how long it took, in milliseconds. */
function timed<T>(kind: string, work: () => T): T {
  const started = performance.now();
  try {
    return work();
  } finally {
    const took = performance.now() - started;
    worst = { ...worst, [kind]: Math.max(worst[kind] ?? 0, took) };
    expect(took, kind).toBeLessThan(MOST);
  }
}

const ATOMS = ['a', '[a-z]', '\\w', '.', '(?:a|b)', '\\d', '[^b]'];
const SHAPES = [
  (x: string) => `(${x}+)+$`,
  (x: string) => `(${x}*)*b`,
  (x: string) => `(${x}|${x}${x})+$`,
  (x: string) => `(${x}+${x}+)+y`,
  (x: string) => `^(${x}?){50}${x}{50}$`,
  (x: string) => `(.*${x}){20}`,
  (x: string) => `((${x}{1,30}){1,30}){1,30}`,
];
const EVIL = [
  ...ATOMS.flatMap((atom) => SHAPES.map((shape) => shape(atom))),
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$',
  '(?=(a+))a*b\\1',
  '(a+)\\1+$',
  '(?<=a+)b',
  '(x+x+)+y',
  '\\s*\\s*\\s*\\s*\\s*\\s*$',
  '.*.*.*.*.*.*.*.*=.*',
  `${'('.repeat(200)}a${')*'.repeat(200)}`,
  'a{1,1000}{1,1000}',
  `(${'a?'.repeat(240)})`,
];
const HOSTILE = [
  'a'.repeat(5_000) + '!',
  'ab'.repeat(2_500),
  '1'.repeat(5_000) + 'x',
  ' '.repeat(5_000) + '.',
  'a@'.repeat(2_000),
  '\u00e4'.repeat(5_000),
  'x'.repeat(5_000),
];

describe('patterns', () => {
  it(`${EVIL.length} patterns × ${HOSTILE.length} texts of 5,000 characters`, () => {
    expect(EVIL.length).toBeGreaterThanOrEqual(50);
    let refused = 0;
    for (const pattern of EVIL) {
      if (timed('compiling a pattern', () => patternFindings(pattern)).length > 0) refused += 1;
      for (const text of HOSTILE) timed('matching', () => matches(pattern, text));
    }
    expect(refused).toBeGreaterThanOrEqual(3);
    console.log(
      `S15: ${EVIL.length} patterns, ${refused} refused, worst compile ${worst['compiling a pattern']!.toFixed(0)} ms, worst match ${worst.matching!.toFixed(0)} ms`,
    );
  });

  it.each(['(a+)+$', '(?=a)b', '(a+)\\1'])('the publish check finds %s in a field and in the payload', (pattern) => {
    const made = temporaryPackage();
    try {
      made.edit('flow.json', (document) => document.sections[1].pages[0].fields.push({ id: 'evil', type: 'text', pattern }));
      made.edit(
        'payload.json',
        (document) => (document.schema.properties = { ...document.schema.properties, evil: { type: 'string', pattern } }),
      );
      const findings = checkPackage(made.dir, fieldTypes).filter(({ severity }) => severity === 'error');
      for (const file of ['flow.json', 'payload.json'])
        expect(
          findings.filter((one) => one.file === file && ['regex-blow-up', 'field-config', 'regex', 'payload-schema'].includes(one.rule))
            .length,
          file,
        ).toBeGreaterThan(0);
    } finally {
      made.clean();
    }
  });
});

it('every type of field reads hostile texts of 100,000 characters at once', () => {
  const long = ['a', '1', ' ', '-', '.', '@', '1.', 'a@', '+49', '\u0301', 'ß', '<', 'DE', '\t', '٣', 'a b'].map((part) =>
    part.repeat(Math.ceil(100_000 / part.length)),
  );
  const parts = ['', 'day', 'month', 'year', 'street', 'houseNumber', 'postcode', 'city', 'country', 'lines', 'where'];
  for (const type of fieldTypes.values()) {
    const config = { id: 'f', type: type.name, options: ['a', 'b'], as: 'text', value: 'x', foreign: true };
    for (const text of [...long, ...long.map((one) => `${one}!`)]) {
      const parsed = timed('a field', () =>
        type.parse(Object.fromEntries(parts.map((part) => [part, [text]])), config, { today: '2026-03-02' }),
      );
      if (!parsed.errors && parsed.value !== null) timed('a field', () => type.check(parsed.value, config, { today: '2026-03-02' }));
    }
  }
  console.log(`S15: ${fieldTypes.size} types of fields × 32 texts of 100,000 characters, worst ${worst['a field']!.toFixed(0)} ms`);
});

describe('expressions', () => {
  const entry = recordShape('dogs');
  entry.members.set('name', 'string').set('size', 'double');
  const shape = recordShape('');
  shape.members.set('dogs', { list: entry }).set('text', 'string').set('codes', 'list<string>');
  const place = rootPlace(shape, {});
  const scope = () => {
    const made = shape.make!();
    // As many entries as a list may have, and the longest text.
    made.dogs = Array.from({ length: 99 }, (_, n) => Object.assign(entry.make!(), { name: 'a'.repeat(1_000), size: n }));
    made.text = 'a'.repeat(5_000);
    made.codes = Array.from({ length: 99 }, (_, n) => `code${n}`);
    return made as never;
  };
  const loops = (depth: number, inner: string) =>
    Array.from({ length: depth }).reduceRight<string>((body, _, n) => `dogs.all(d${n}, ${body})`, inner);
  const literal = `[${Array.from({ length: 199 }, (_, n) => n).join(', ')}]`;

  it.each<[string, string, boolean]>([
    ['three loops', loops(3, 'true'), true],
    ['ten loops', loops(10, 'true'), true],
    ['loops of every kind', 'dogs.map(a, dogs.filter(b, codes.exists(c, c == a.name))).size() > 0', true],
    ['loops hidden in a condition', `text == '' || dogs.exists(a, (text == 'x' ? codes.exists(b, dogs.exists(c, true)) : false))`, true],
    ['loops behind the list', 'dogs.filter(a, dogs.exists(b, true)).map(c, codes.all(d, true)).size() > 0', false],
    ['a pattern', `text.matches('^(a+)+$')`, true],
    ['a pattern from an answer', 'text.matches(text)', true],
    ['a text as a list', `text.split('').all(a, text.split('').all(b, a == b))`, true],
    ['2,000 terms', Array.from({ length: 2_000 }, () => 'true').join(' && '), true],
    ['200 brackets', `${'('.repeat(200)}true${')'.repeat(200)}`, true],
    ['200 conditions within each other', `${'true ? '.repeat(200)}true${' : false'.repeat(200)}`, true],
    ['a list of 5,000', `[${'1, '.repeat(4_999)}1].size() > 0`, true],
    ['a function that is not there', 'load(text)', true],
    ['a property of objects', 'text.constructor == text', true],
    ['the prototype', 'dogs.exists(d, d.__proto__ == d)', true],
    ['a variable that nobody knows', 'process == text', true],
    ['an unending text', `'${'a'.repeat(200_000)}' == text`, false],
    ['two loops over the longest lists', loops(2, 'd0.size + d1.size >= 0.0 && d0.name.contains(d1.name)'), false],
    ['two loops over written lists', `${literal}.all(a, dogs.all(b, double(a) >= 0.0))`, false],
    ['long texts added', `(${Array.from({ length: 60 }, () => 'text').join(' + ')}) == text`, false],
  ])('%s', (_, source, refused) => {
    const compiled = timed('compiling an expression', () => compileExpression(place, source, 'bool'));
    expect('code' in compiled ? compiled.message : '').toEqual(refused ? expect.stringMatching(/./) : '');
    if ('expression' in compiled) {
      const values = scope();
      timed('an expression', () => compiled.expression.evaluate(values));
    }
  });

  it('figures', () => {
    console.log(
      `S15: 20 expressions, worst compile ${worst['compiling an expression']!.toFixed(0)} ms, worst evaluation ${worst['an expression']!.toFixed(0)} ms`,
    );
    expect(worst['an expression']).toBeGreaterThan(0);
  });
});
