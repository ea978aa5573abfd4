/** Machine-readable rules: both shapes, and files that hold something else. */
import { expect, it } from 'vitest';
import { compareReadings } from './evaluate.ts';
import { readRuleText } from './text.ts';
import { readTranslated } from './translated.ts';

const entry = (condition: unknown, more: object = {}) => ({ effect: 'require', target: 'self.F2', message: 'Fehlt.', condition, ...more });
const conditionOf = (condition: unknown) => readTranslated([entry(condition)], 'G1').rules[0]?.statement.when;

it('reads the answer of one element and the collection by schema alike', () => {
  const one = readTranslated([entry({ identifier: 'self.F1' })], 'G1');
  expect(one).toEqual({
    rules: [
      {
        context: [],
        bearer: 'G1',
        statement: {
          when: { op: 'equals', field: ['F1'], values: ['true'] },
          effect: { do: 'require', target: ['F2'] },
          message: 'Fehlt.',
          text: 'Fehlt.',
        },
      },
    ],
    unread: [],
  });
  const many = readTranslated({
    S1: [{ target_id: 'F2', actions: ['forbidden'], condition: true, text: 'Nicht hier.', rule_id: 'G1', context: ['G0', 'G1'] }],
  });
  expect(many.rules).toMatchObject([
    { schema: 'S1', bearer: 'G1', context: ['G0', 'G1'], statement: { when: { op: 'always' }, effect: { do: 'forbid' } } },
  ]);
});

it('knows every operator', () => {
  const a = { identifier: 'F1' };
  expect(conditionOf({ equal: [a, '001'] })).toEqual({ op: 'equals', field: ['F1'], values: ['001'] });
  expect(conditionOf({ equal: [a, false] })).toEqual({ op: 'equals', field: ['F1'], values: ['false'] });
  expect(conditionOf({ not_equal: [a, '001'] })).toEqual({ op: 'not', of: { op: 'equals', field: ['F1'], values: ['001'] } });
  expect(conditionOf({ less_than: [a, 5] })).toEqual({ op: 'compare', field: ['F1'], than: '<', value: 5 });
  expect(conditionOf({ less_than: [5, a] })).toEqual({ op: 'compare', field: ['F1'], than: '>', value: 5 });
  expect(conditionOf({ not: { is_empty: a } })).toEqual({ op: 'filled', element: ['F1'] });
  expect(conditionOf({ is_valid_date: [a, a, a] })).toMatchObject({ op: 'date' });
  expect(conditionOf({ xor: [{ identifier: 'F1' }, { is_empty: a }] })).toMatchObject({ op: 'xor' });
});

it('names what does not fit and goes on', () => {
  let deep: unknown = true;
  for (let i = 0; i < 100; i++) deep = { not: deep };
  const bad = [
    null,
    7,
    entry({ almost: 1 }),
    entry({ equal: [{ identifier: 'F1' }] }),
    entry({ identifier: '' }),
    entry(deep),
    entry(true, { effect: 'explode' }),
    entry(true, { target: undefined }),
    { effect: 'valid' },
    entry({ equal: [1, 2] }),
    entry({ and: [] }),
  ];
  const { rules, unread } = readTranslated([...bad, entry(true)], 'G1');
  expect([rules.length, unread.length]).toEqual([1, bad.length]);
  for (const odd of [undefined, 'text', 5, { S1: 'x' }]) expect(readTranslated(odd).unread).toHaveLength(1);
});

it('uses neither side of a contradiction', () => {
  const condition = { identifier: 'F1' };
  const { rules, unread } = readTranslated([entry(condition), entry(condition, { effect: 'forbid' }), entry(true)], 'G1');
  expect([rules.length, unread.length]).toEqual([1, 2]);
});

it('finds where words and translation differ, and says with which answers', () => {
  const id = (reference: readonly string[]) => reference.at(-1)!;
  const words = readRuleText('Wenn F01000001 = 1 ODER = 2, dann muss F01000002 befüllt werden.').statements;
  const official = (condition: unknown) =>
    readTranslated([{ effect: 'require', target: 'F01000002', message: '', condition }], 'G1').rules.map(({ statement }) => statement);
  const equal = (value: string) => ({ equal: [{ identifier: 'F01000001' }, value] });
  expect(compareReadings(words, official({ or: [equal('1'), equal('2')] }), id)).toEqual({ compared: 1, differences: [] });
  expect(compareReadings(words, official(equal('1')), id).differences).toEqual([
    { effect: 'require', target: 'F01000002', answers: { F01000001: '2' }, text: true, official: false },
  ]);
  // values that the field cannot have tell nothing
  const onlyOne = () => ['1'];
  expect(compareReadings(words, official(equal('1')), id, onlyOne).differences).toEqual([]);
});
