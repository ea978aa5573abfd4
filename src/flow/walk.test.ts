import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { addEntry, compile, compilePayload, emptyAnswers, flattenAnswers, nestAnswers, pageChanges, removeEntry, walk } from './index.ts';
import type { Answers, Flow, FlowDocument, Json } from './index.ts';
import { dogs, testTypes } from './fixture.ts';

function compiled(document: FlowDocument, params = { rate: 'double' as const }): Flow {
  const result = compile(document, testTypes, params);
  expect(result.problems).toEqual([]);
  return result.flow!;
}

/** A document that a test may break. */
type Editable = { -readonly [K in keyof FlowDocument]: FlowDocument[K] } & {
  sections: { pages: { id: string; when?: string; fields?: { id: string; type: string }[] }[] }[];
};

const flow = compiled(dogs);
const options = { today: '2026-03-02', params: { rate: 96 } };
const lenient = { ...options, lenient: true };
const full: Record<string, Json> = {
  livesHere: true,
  applicant: { familyName: 'Muster', birthDate: '1990-03-27', address: { street: 'Weg', city: 'Musterstadt' } },
  dogs: [
    { breed: 'beagle', chip: '1', owners: [{ name: 'A' }, { name: 'B' }] },
    { breed: 'unknown', owners: [] },
  ],
  reason: 'because',
  agreed: true,
};
const flat = (nested: Record<string, Json>) => flattenAnswers(flow, nested).answers;

describe('walk', () => {
  it('stops at the first page when nothing is answered', () => {
    expect(walk(flow, emptyAnswers(), options)).toMatchObject({ outcome: 'stop', stop: 'resident' });
  });

  it('ends at an exit', () => {
    expect(walk(flow, flat({ livesHere: false }), options)).toMatchObject({ outcome: 'exit', stop: 'elsewhere' });
  });

  it('walks entries before the list, nested ones too, and gives exactly the pages that count', () => {
    const result = walk(flow, flat(full), lenient);
    expect(result.undecided).toEqual([]);
    expect(result.steps.map((step) => step.path)).toEqual([
      'resident',
      'welcome',
      'name',
      'birth',
      'home',
      'dogList/1/breed',
      'dogList/1/chip',
      'dogList/1/owners/1/owner1',
      'dogList/1/owners/2/owner1',
      'dogList/1/owners',
      'dogList/2/breed',
      'dogList/2/owners',
      'dogList',
      'many',
      'tax',
      'review',
    ]);
    expect(result.outcome).toBe('complete');
    expect(result.counted.total).toBe(192);
    expect(nestAnswers(flow, result.counted)).toMatchObject({
      dogs: [{ breed: 'beagle', owners: [{ name: 'A' }, { name: 'B' }] }, { breed: 'unknown' }],
    });
  });

  it('shows an optional field once before it counts as empty, and an info page once', () => {
    const answers = flat(full);
    expect(walk(flow, answers, options).stop).toBe('welcome');
    const read = pageChanges(answers, walk(flow, answers, options).byPath.get('welcome')!, {}, new Set());
    expect(walk(flow, read, options).stop).toBe('name');
    read['applicant.birthName'] = null;
    expect(walk(flow, read, options).stop).toBe('tax');
  });

  it('keeps answers off the path out of conditions, payload and review, and brings them back', () => {
    const answers = flat(full);
    const off = { ...answers, 'dogs.1.breed': 'unknown' };
    const walked = walk(flow, off, lenient);
    expect(walked.counted['dogs.1.chip']).toBeUndefined();
    expect(walk(flow, { ...off, 'dogs.1.breed': 'beagle' }, lenient).counted['dogs.1.chip']).toBe('1');
  });

  it('lets a must-rule block and a should-rule be confirmed', () => {
    const child = flat({ ...full, applicant: { ...(full.applicant as object), birthDate: '2015-01-01' } });
    expect(walk(flow, child, lenient)).toMatchObject({ outcome: 'stop', stop: 'birth' });
    const twins = flat({
      ...full,
      dogs: [
        { breed: 'x', chip: '1', owners: [] },
        { breed: 'x', chip: '1', owners: [] },
      ],
    });
    const marked: Answers = Object.assign(emptyAnswers(), twins, { 'applicant.birthName': null, '~welcome': true, '~tax': true });
    expect(walk(flow, marked, options)).toMatchObject({ outcome: 'stop', stop: 'review' });
    expect(walk(flow, { ...marked, '~noTwins': true }, options).outcome).toBe('complete');
  });

  it('reports too few entries at the list', () => {
    const none = Object.assign(emptyAnswers(), flat({ ...full, dogs: [] }));
    const result = walk(flow, none, lenient);
    expect(result.stop).toBe('dogList');
    expect(result.byPath.get('dogList')!.errors[0]).toMatchObject({ code: 'tooFewEntries' });
  });

  it('never throws on hostile answers', () => {
    const names = [...flow.fields.keys(), 'dogs', 'dogs.1.owners', '__proto__', 'constructor', 'dogs.1.breed', '~welcome'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (raw) => {
        const answers = Object.assign<Answers, unknown>(emptyAnswers(), raw);
        const result = walk(flow, answers, options);
        expect(result.steps.length).toBeGreaterThan(0);
      }),
    );
    expect(({} as Record<string, unknown>).breed).toBeUndefined();
  });

  it('gives the same walk when continued as when replayed', () => {
    const values: Record<string, Json[]> = {
      livesHere: [true, false],
      'applicant.familyName': ['A', 'B', null],
      'applicant.birthName': [null, 'C'],
      'applicant.birthDate': ['1990-01-01', '2020-01-01', 'x'],
      'applicant.address': [{ street: 'a', city: 'b' }],
      dogs: [['1'], ['1', '2'], ['2', '1'], []],
      'dogs.1.breed': ['x', 'unknown'],
      'dogs.1.chip': ['9'],
      'dogs.1.owners': [[], ['1']],
      'dogs.1.owners.1.name': ['N'],
      'dogs.2.breed': ['unknown', 'x'],
      'dogs.2.chip': ['8'],
      'dogs.2.owners': [[]],
      reason: ['r', null],
      agreed: [true],
      '~welcome': [true],
      '~tax': [true],
      '~noTwins': [true],
    };
    const change = fc
      .constantFrom(...Object.keys(values))
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(undefined, ...values[name]!)));
    const plain = (w: ReturnType<typeof walk>) => ({
      steps: w.steps.map((s) => [s.path, s.state, s.errors, s.warnings, s.entries, s.fields.map((f) => f.path)]),
      counted: w.counted,
      outcome: w.outcome,
      stop: w.stop,
      warnings: w.warnings,
      undecided: w.undecided,
      scope: JSON.stringify(w.scope),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
        let answers = Object.assign(emptyAnswers(), flat(full), { '~welcome': true, '~tax': true, 'applicant.birthName': null }) as Answers;
        let previous = walk(flow, answers, options);
        for (const [name, value] of changes) {
          answers = Object.assign(emptyAnswers(), answers);
          if (value === undefined) delete answers[name];
          else answers[name] = value;
          previous = walk(flow, answers, { ...options, previous });
          expect(plain(previous)).toEqual(plain(walk(flow, answers, options)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('adds and removes entries without touching others', () => {
    const answers = flat(full);
    const added = addEntry(answers, 'dogs');
    expect(added.key).toBe('3');
    const removed = removeEntry(added.answers, 'dogs', '1');
    expect(removed.dogs).toEqual(['2', '3']);
    expect(Object.keys(removed).some((name) => name.startsWith('dogs.1.'))).toBe(false);
  });
});

describe('compile', () => {
  const broken = (edit: (document: Editable) => void) => {
    const document = structuredClone(dogs);
    edit(document);
    return compile(document, testTypes, { rate: 'double' }).problems.map((problem) => problem.rule);
  };
  it.each<[string, (d: Editable) => void]>([
    ['expression-syntax', (d) => (d.sections[0]!.pages[1]!.when = '!!')],
    ['expression-type', (d) => (d.sections[0]!.pages[1]!.when = '1')],
    ['reads-unknown', (d) => (d.sections[0]!.pages[1]!.when = 'nothing == "x"')],
    ['reads-later', (d) => (d.sections[0]!.pages[1]!.when = 'applicant.familyName == "x"')],
    ['unknown-field-type', (d) => (d.sections[1]!.pages[0]!.fields![0]!.type = 'constructor')],
    ['bad-id', (d) => (d.sections[1]!.pages[0]!.fields![0]!.id = '__proto__')],
    ['duplicate-path', (d) => (d.sections[1]!.pages[0]!.fields![1]!.id = 'familyName')],
    ['duplicate-id', (d) => (d.sections[1]!.pages[0]!.id = 'birth')],
    [
      'bad-id',
      (d) => (((d.sections[2]!.pages[0] as { as?: string }).as = 'late'), ((d.sections[3]!.pages[0] as { group?: string }).group = 'late')),
    ],
    ['exit-page', (d) => delete d.sections[0]!.pages[1]!.when],
    ['check-page', (d) => d.sections.pop()],
  ])('finds %s', (rule, edit) => expect(broken(edit)).toContain(rule));

  it('notes what an expression reads, through comprehensions and entries', () => {
    const document = structuredClone(dogs);
    document.rules = [
      {
        id: 'r',
        assert: 'dogs.exists(d, d.breed == "x" && d.owners.all(o, o.name != applicant.familyName)) || applicant.address.city == "y"',
      },
    ];
    const read = compiled(document).rules[0]!.assert.reads;
    expect([...read].sort()).toEqual(
      ['applicant.address', 'applicant.familyName', 'dogs', 'dogs.breed', 'dogs.owners', 'dogs.owners.name'].sort(),
    );
  });
});

describe('payload', () => {
  it('leaves out what does not count and keeps the order of the template', () => {
    const payload = compilePayload(flow, {
      who: { name: { $from: 'applicant.familyName' }, born: { $from: 'applicant.birthName' }, city: { $from: 'applicant.address.city' } },
      dogs: {
        $each: 'dogs',
        item: {
          b: { $from: 'dogs.breed', map: { beagle: '001' } },
          c: { $from: 'dogs.chip' },
          o: { $each: 'dogs.owners', item: { $from: 'dogs.owners.name' } },
          x: { $cel: 'dog.breed + "!"' },
        },
      },
      many: { $when: 'size(dogs) > 1', $then: { $const: 'yes' } },
      empty: { nothing: { $from: 'applicant.birthName' } },
    });
    expect(payload.problems).toEqual([]);
    expect(JSON.stringify(payload.build(walk(flow, flat(full), lenient)))).toBe(
      '{"who":{"name":"Muster","city":"Musterstadt"},"dogs":[{"b":"001","c":"1","o":["A","B"],"x":"beagle!"},{"b":"unknown","x":"unknown!"}],"many":"yes"}',
    );
  });
  it('reports unknown sources', () => {
    expect(
      compilePayload(flow, { a: { $from: 'nope' }, b: { $each: 'livesHere', item: 1 }, c: { $evil: 1 } }).problems.map((p) => p.rule),
    ).toEqual(['payload-source', 'payload-source', 'payload-template']);
  });
});
