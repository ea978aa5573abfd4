import { describe, expect, it } from 'vitest';
import { fieldTypes } from '#fields/all';
import { compile, flattenAnswers, walk, type FlowDocument, type PageDocument } from '#flow';
import { Coverage } from '../observe.ts';
import type { ServiceDocument } from '../types.ts';
import { explore, type Exploration } from './index.ts';

const today = '2026-03-02';
const service = {
  parameters: { limit: { type: 'money', default: 1000 }, open: { type: 'yesno', default: true } },
} as unknown as ServiceDocument;

function explored(
  pages: PageDocument[],
  maxStates?: number,
): { found: Exploration; coverage: Coverage; flow: NonNullable<ReturnType<typeof compile>['flow']>; seen: (place: string) => string } {
  const document: FlowDocument = { sections: [{ id: 'outline', pages: [...pages, { id: 'review', kind: 'check' }] }] };
  const { flow, problems } = compile(document, fieldTypes, { limit: 'double', open: 'bool' });
  expect(problems).toEqual([]);
  const coverage = new Coverage();
  const found = explore({ flow: flow!, service, lists: new Map() }, { today, coverage, maxStates });
  const seen = (place: string) => {
    const sides = coverage.of(flow!.expressions.find((entry) => entry.place.endsWith(place))!.expression);
    return ['true', 'false', 'undecided'].filter((side) => sides[side as 'true'] > 0).join(' ');
  };
  return { found, coverage, flow: flow!, seen };
}

const born: PageDocument = { id: 'birth', kind: 'question', fields: [{ id: 'birthDate', type: 'date', max: 'today' }] };
const income: PageDocument = { id: 'income', kind: 'question', fields: [{ id: 'income', type: 'money' }] };

describe('explore', () => {
  it('reaches both sides of thresholds of age, amounts, parameters and options', () => {
    const { found, seen } = explored([
      born,
      { id: 'minor', kind: 'info', when: 'years(birthDate, today) < 18' },
      { id: 'old', kind: 'info', when: 'birthDate < date("1950-07-01")' },
      income,
      { id: 'rich', kind: 'info', when: 'income > param.limit' },
      {
        id: 'kind',
        kind: 'question',
        fields: [{ id: 'kind', type: 'radios', options: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'last'] }],
      },
      { id: 'special', kind: 'info', when: "kind == 'last'" },
      { id: 'closed', kind: 'info', when: '!param.open' },
    ]);
    expect(found.reached.size).toBe(9);
    for (const place of ['/1/when', '/2/when', '/4/when', '/6/when', '/7/when']) expect(seen(place)).toBe('true false');
    expect(found).toMatchObject({ cut: false, stuck: [] });
  });

  it('finds a threshold on a computed value, and warnings that have to be confirmed', () => {
    const { found, seen } = explored([
      income,
      {
        id: 'sum',
        kind: 'info',
        fields: [{ id: 'yearly', type: 'computed', as: 'money', value: 'income * 12.0' }],
        rules: [{ id: 'much', assert: 'yearly <= 500000' }],
      },
      { id: 'after', kind: 'info', when: 'yearly > 100000' },
    ]);
    expect(seen('/rules/0/assert')).toBe('true false');
    expect(seen('/2/when')).toBe('true false');
    expect(found.ends.submit).toBeGreaterThan(1);
  });

  it('walks lists of different lengths, nested ones too, and forgets what is not needed any more', () => {
    const { found, seen } = explored(
      [
        {
          id: 'people',
          kind: 'collection',
          as: 'person',
          max: 5,
          pages: [
            { id: 'child', kind: 'question', fields: [{ id: 'child', type: 'yesno' }] },
            { id: 'school', kind: 'question', when: 'person.child', fields: [{ id: 'school', type: 'text' }] },
            { id: 'jobs', kind: 'collection', as: 'job', pages: [{ id: 'pay', kind: 'question', fields: [{ id: 'pay', type: 'money' }] }] },
          ],
        },
        { id: 'family', kind: 'info', when: 'people.exists(p, p.child) && size(people) > 2' },
        { id: 'earns', kind: 'info', when: 'sum(people.map(p, sum(p.jobs.map(j, j.pay)))) > 100' },
      ],
      1500,
    );
    expect(found.reached.size).toBe(8);
    expect(seen('/1/when')).toBe('true false');
    expect(seen('/2/when')).toBe('true false');
  });

  it('finds a page that nobody can reach', () => {
    const { found } = explored([income, { id: 'never', kind: 'info', when: 'income < 0 && income > 10' }]);
    expect([...found.reached]).toEqual(['income', 'review']);
  });

  it('finds a condition that is always true', () => {
    const { seen } = explored([
      { id: 'kind', kind: 'question', fields: [{ id: 'kind', type: 'radios', options: ['a', 'b'] }] },
      { id: 'always', kind: 'info', when: "kind == 'a' || kind != 'a'" },
    ]);
    expect(seen('/1/when')).toBe('true');
  });

  it('finds a rule that cannot be decided, and no fault in one that is guarded', () => {
    const optional: PageDocument = { id: 'income', kind: 'question', fields: [{ id: 'income', type: 'money', required: false }] };
    expect(explored([{ ...optional, rules: [{ id: 'limit', assert: 'income < 5000' }] }]).seen('/rules/0/assert')).toBe(
      'true false undecided',
    );
    expect(
      explored([{ ...optional, rules: [{ id: 'limit', assert: '!answered(income) || income < 5000' }] }]).seen('/rules/0/assert'),
    ).toBe('true false');
  });

  it('finds a page that nothing gets past', () => {
    const { found } = explored([
      { ...income, rules: [{ id: 'no', assert: 'income < 0', level: 'must' }] },
      { id: 'after', kind: 'info' },
    ]);
    expect(found).toMatchObject({ stuck: ['income'], ends: { submit: 0 } });
  });

  it('says when it was cut, and still comes to the end', () => {
    const many: PageDocument[] = Array.from({ length: 12 }, (_, i) => ({
      id: `q${i}`,
      kind: 'question',
      fields: [{ id: `q${i}`, type: 'yesno' }],
    }));
    const { found } = explored([...many, { id: 'all', kind: 'info', when: many.map(({ id }) => id).join(' && ') }], 200);
    expect(found).toMatchObject({ cut: true, states: 200 });
    expect(found.ends.submit).toBeGreaterThan(0);
    expect(found.reached.size).toBe(14);
  });

  it('gives journeys that walk as it says', () => {
    const { found, flow } = explored([born, { id: 'minor', kind: 'exit', when: 'years(birthDate, today) < 18' }, income]);
    expect(found.journeys.map(({ outcome }) => outcome)).toContain('exit');
    for (const journey of found.journeys) {
      const { answers } = flattenAnswers(flow, journey.answers);
      const walked = walk(flow, answers, { today, params: journey.params, lenient: true });
      expect(walked.steps.map(({ path }) => path)).toEqual(journey.pages);
      expect(walked.outcome).toBe(journey.outcome === 'submit' ? 'complete' : 'exit');
    }
  });
});
