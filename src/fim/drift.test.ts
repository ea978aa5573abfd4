/** A newer version of a schema against the flow that was made from an older one. */
import { expect, it } from 'vitest';
import { compareSchemas, importSchema, readSchema, type Drift } from './index.ts';
import { schemaXml, type FixtureSchema } from './schema.fixture.ts';

const read = (schema: FixtureSchema) => readSchema([schemaXml(schema)]);

function drift(before: FixtureSchema, after: FixtureSchema, carried?: string[]): Drift {
  const schema = read(before);
  const { fim } = importSchema({ schema, sha256: 'b'.repeat(64), lists: [], translated: [] });
  return compareSchemas(fim, new Set(carried ?? Object.keys(fim.elements)), read(after), []);
}

const base: FixtureSchema = {
  version: '1.0.0',
  members: [
    {
      id: 'G1',
      members: [
        { id: 'F1', codes: { a: 'A', b: 'B' } },
        { id: 'F2', count: '0:1', limits: { maxLength: '10' } },
      ],
      rules: ['Regel eins.'],
    },
  ],
};
const with2 = (member: object, rules = ['Regel eins.']): FixtureSchema => ({
  version: '2.0.0',
  members: [
    {
      id: 'G1',
      members: [
        { id: 'F1', codes: { a: 'A', b: 'B' } },
        { id: 'F2', count: '0:1', limits: { maxLength: '10' }, ...member },
      ],
      rules,
    },
  ],
});
const words = ({ changes }: Drift) => changes.map(({ kind, what, path, breaking }) => `${kind} ${what} ${path}${breaking ? ' !' : ''}`);

it('sees nothing where nothing changed', () => {
  expect(drift(base, { ...base, version: '1.1.0' })).toMatchObject({ changes: [], proposal: 'none', missing: [], own: [] });
});

it('names what was added and removed, and whether the payload changes', () => {
  const optional = { version: '1.1.0', members: [...base.members, { id: 'F9', count: '0:1' }] };
  expect(words(drift(base, optional))).toEqual(['added field F9']);
  expect(drift(base, optional).proposal).toBe('minor');
  const duty = { version: '2.0.0', members: [...base.members, { id: 'F9' }] };
  expect(drift(base, duty)).toMatchObject({ proposal: 'major', changes: [{ path: 'F9', breaking: true }] });
  expect(words(drift(duty, base))).toEqual(['removed field F9 !']);
});

it.each([
  ['a duty', { count: '1:1' }, ['changed field G1.F2 !']],
  ['several', { count: '0:3' }, ['changed field G1.F2 !']],
  ['a limit', { limits: { maxLength: '5' } }, ['changed field G1.F2 !']],
  ['a type', { data: 'date', limits: {} }, ['changed field G1.F2 !', 'changed field G1.F2 !']],
  ['a label', { label: 'Neu' }, ['changed field G1.F2']],
])('names what changed: %s', (_, member, expected) => {
  expect(words(drift(base, with2(member)))).toEqual(expected);
});

it('compares codes and rules', () => {
  const codes = (all: Record<string, string>): FixtureSchema => ({ members: [{ id: 'F1', codes: all }] });
  const result = drift(codes({ a: 'A', b: 'B' }), codes({ a: 'A', c: 'C' }));
  expect(result.changes.map(({ kind, what, detail, breaking }) => [kind, what, detail, breaking])).toEqual([
    ['removed', 'codes', 'b', true],
    ['added', 'codes', 'c', false],
  ]);
  expect(words(drift(base, with2({}, ['Regel zwei.'])))).toEqual(['changed rule G1 !']);
  expect(words(drift(base, with2({}, ['Regel  eins.\n', 'Regel zwei.'])))).toEqual(['added rule G1 !']);
  expect(words(drift(base, with2({}, [])))).toEqual(['removed rule G1']);
});

it('knows what the flow carries today', () => {
  const result = drift(base, { ...base, members: [...base.members, { id: 'F9', count: '0:1' }] }, ['G1.F1', 'G1.F2', 'G1.F8']);
  expect([result.missing, result.own]).toEqual([['F9'], ['G1.F8']]);
});
