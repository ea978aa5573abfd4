/** What becomes of a schema: structure, building blocks, limits, rules and payload, each walked by the engine. */
import { describe, expect, it } from 'vitest';
import { fieldTypes } from '#fields/all';
import {
  compile,
  compilePayload,
  flattenAnswers,
  walk,
  type FieldDocument,
  type Flow,
  type Json,
  type PageDocument,
  type Walk,
} from '#flow';
import { listCodes, parameterTypes, payloadValidator, withKeys } from '#package';
import { importSchema, readCodeList, readSchema, readTranslated, type Imported } from './index.ts';
import { codeListXml, schemaXml, type FixtureField, type FixtureGroup, type FixtureSchema } from './schema.fixture.ts';

function imported(schema: FixtureSchema, lists: string[] = [], rules: unknown = []): Imported {
  return importSchema({
    schema: readSchema([schemaXml(schema)]),
    sha256: 'a'.repeat(64),
    lists: lists.map((xml) => readCodeList([xml])),
    translated: readTranslated(rules).rules,
  });
}

const make = (...members: (FixtureField | FixtureGroup)[]) => imported({ members });

function flowOf({ documents }: Imported): Flow {
  const { flow, problems } = compile(documents.flow, fieldTypes, parameterTypes(documents.service));
  expect(problems).toEqual([]);
  return flow!;
}

function travel(
  one: Imported,
  answers: Record<string, Json>,
  params: Record<string, Json> = {},
): { walk: Walk; payload: Json; problems: string[] } {
  const flow = flowOf(one);
  const flat = flattenAnswers(flow, answers);
  expect(flat.unknown).toEqual([]);
  const lists = listCodes(new Map(Object.entries(one.documents.lists)));
  const walked = walk(flow, flat.answers, { today: '2026-03-02', params, lenient: true, lists });
  const payload = compilePayload(flow, one.documents.payload.document).build(walked);
  return {
    walk: walked,
    payload,
    problems: payloadValidator(one.documents.payload.schema)(payload).map(({ place, message }) => `${place} ${message}`),
  };
}

function fields(pages: readonly PageDocument[]): FieldDocument[] {
  return pages.flatMap((page) => [...(page.fields ?? []), ...fields(page.pages ?? [])]);
}
const all = ({ documents }: Imported) => fields(documents.flow.sections.flatMap(({ pages }) => pages));
const field = (one: Imported, id: string) => all(one).find((each) => each.id === id)!;

describe('structure', () => {
  it('makes sections of top-level groups and gathers single fields', () => {
    const one = make({ id: 'F1' }, { id: 'F2', data: 'bool' }, { id: 'G1', label: 'Hund', members: [{ id: 'F3' }] }, { id: 'F4' });
    expect(one.documents.flow.sections.map(({ id }) => id)).toEqual(['general', 'G1', 'more', 'finish']);
    const { walk: walked, payload, problems } = travel(one, { F1: 'a', F2: true, G1: { F3: 'b' }, F4: 'c' });
    expect(walked.outcome).toBe('complete');
    expect(payload).toEqual({ F1: 'a', F2: true, G1: { F3: 'b' }, F4: 'c' });
    expect(problems).toEqual([]);
  });

  it('keeps an id apart that stands in two places', () => {
    const person = (id: string): FixtureGroup => ({ id, members: [{ id: 'F60000000227' }] });
    const { payload } = travel(make(person('G1'), person('G2')), { G1: { F60000000227: 'Muster' }, G2: { F60000000227: 'Beispiel' } });
    expect(payload).toEqual({ G1: { F60000000227: 'Muster' }, G2: { F60000000227: 'Beispiel' } });
  });

  it('takes the multiplicity of the position: optional fields, gates, lists within lists', () => {
    const one = make({
      id: 'G1',
      members: [
        { id: 'F1', count: '0:1' },
        { id: 'G2', count: '0:1', members: [{ id: 'F2' }] },
        { id: 'G3', count: '1:3', members: [{ id: 'F3' }, { id: 'G4', count: '0:*', members: [{ id: 'F4', data: 'num_int' }] }] },
        { id: 'F5', count: '2:5' },
      ],
    });
    const rest = { G3: [{ F3: 'x', G4: [{ F4: 1 }, { F4: 2 }] }], F5: [{ value: 'a' }, { value: 'b' }] };
    const without = travel(one, { G1: { G2_given: false, ...rest } });
    expect(without.payload).toEqual({ G1: { G3: [{ F3: 'x', G4: [{ F4: 1 }, { F4: 2 }] }], F5: ['a', 'b'] } });
    expect(without.problems).toEqual([]);
    const given = travel(one, { G1: { F1: 'da', G2_given: true, G2: { F2: 'auch' }, ...rest } });
    expect(given.payload).toMatchObject({ G1: { F1: 'da', G2: { F2: 'auch' } } });
    expect(given.problems).toEqual([]);
    // too few of what must be given twice
    expect(travel(one, { G1: { G2_given: false, ...rest, F5: [{ value: 'a' }] } }).walk.outcome).toBe('stop');
    // a mandatory field inside an absent group is not asked
    expect(without.walk.steps.map(({ path }) => path)).not.toContain('F2');
  });

  it('asks which member of a choice group is given', () => {
    const one = make({ id: 'G1', choice: true, members: [{ id: 'G2', members: [{ id: 'F2' }] }, { id: 'F3' }] });
    const { walk: walked, payload, problems } = travel(one, { G1: { G1_choice: 'F3', F3: 'c' } });
    expect([walked.outcome, payload, problems]).toEqual(['complete', { G1: { F3: 'c' } }, []]);
    expect(payloadValidator(one.documents.payload.schema)({ G1: { F3: 'c', G2: { F2: 'b' } } })).not.toEqual([]);
  });

  it('shows labels, sends fixed values, and leaves a locked field without a value open', () => {
    const one = make({
      id: 'G1',
      members: [
        { id: 'F1', input: 'label', content: 'Bitte beachten' },
        { id: 'F2', input: 'hidden', content: 'fest' },
        { id: 'F3', input: 'locked' },
        { id: 'F4' },
      ],
    });
    expect(field(one, 'F1').type).toBe('note');
    expect(travel(one, { G1: { F4: 'x' } }).payload).toEqual({ G1: { F2: 'fest', F4: 'x' } });
    expect(travel(one, { G1: { F4: 'x' } }).problems).toEqual([]);
    expect(one.fim.open).toMatchObject([{ kind: 'field', path: 'G1.F3' }]);
  });

  it('does not send a fixed value of a group that is not given', () => {
    const one = make({ id: 'F0' }, { id: 'G1', count: '0:1', members: [{ id: 'F2', input: 'hidden', content: 'fest' }, { id: 'F4' }] });
    expect(travel(one, { F0: 'x', G1_given: false }).payload).toEqual({ F0: 'x' });
    expect(travel(one, { F0: 'x', G1_given: true, G1: { F4: 'y' } }).payload).toEqual({ F0: 'x', G1: { F2: 'fest', F4: 'y' } });
  });

  it('spells ids that are no names, and no two alike', () => {
    const one = make({ id: 'F00-4cb0dd14-629c' }, { id: 'F00_4cb0dd14_629c' }, { id: 'toString' }, { id: 'été' });
    const names = all(one).map(({ id }) => id);
    expect(new Set(names).size).toBe(4);
    const answers = Object.fromEntries(names.map((name, i) => [name, `w${i}`]));
    expect(travel(one, answers).payload).toEqual({ 'F00-4cb0dd14-629c': 'w0', F00_4cb0dd14_629c: 'w1', toString: 'w2', été: 'w3' });
  });
});

describe('fields', () => {
  it('gives each kind of data its type and limits', () => {
    const one = make(
      { id: 'F1', limits: { minLength: '2', maxLength: '9' } },
      { id: 'F2', data: 'num_int', limits: { minValue: '1', maxValue: '5' } },
      { id: 'F3', data: 'num_currency' },
      { id: 'F4', data: 'date', limits: { minValue: '2020-01-01' } },
      { id: 'F5', data: 'file', count: '0:3', maxSize: 2_000_000, mediaTypes: ['application/pdf'] },
      { id: 'F6', codes: { a: 'A', b: 'B' } },
      { id: 'F7', codes: { a: 'A', b: 'B', c: 'C' }, count: '0:2' },
      { id: 'F8', data: 'time' },
      { id: 'F9', limits: { maxLength: '2000' } },
      { id: 'F10', limits: { pattern: '[A-Z]{2}[0-9]{3}' } },
    );
    expect(all(one).map(({ id, fim, ...rest }) => rest)).toEqual([
      { type: 'text', minLength: 2, maxLength: 9 },
      { type: 'number', min: 1, max: 5 },
      { type: 'money', min: -1e12 },
      { type: 'date', min: '2020-01-01' },
      { type: 'file', required: false, accept: ['pdf'], maxBytes: 2_000_000, maxFiles: 3 },
      { type: 'radios', options: ['a', 'b'] },
      { type: 'checkboxes', required: false, options: ['a', 'b', 'c'], max: 2 },
      { type: 'text', pattern: '([01][0-9]|2[0-3]):[0-5][0-9]', example: '08:30', maxLength: 5 },
      { type: 'textarea', maxLength: 2000 },
      { type: 'text', pattern: '[A-Z]{2}[0-9]{3}', example: 'AA111' },
    ]);
    expect(one.fim.open).toEqual([]);
  });

  it('names files by their ids in the data', () => {
    const one = make({ id: 'F1', data: 'file' }, { id: 'F2', data: 'file', count: '0:*' });
    const file = (id: string) => ({ id, name: 'a.pdf', size: 1000, mime: 'application/pdf' });
    const { payload, problems } = travel(one, { F1: [file('one')], F2: [file('two'), file('three')] });
    expect([payload, problems]).toEqual([{ F1: 'one', F2: ['two', 'three'] }, []]);
  });

  it('makes the harmonised blocks real fields and keeps their ids', () => {
    const one = make({
      id: 'G1',
      label: 'Antragstellende Person',
      members: [
        { id: 'F60000000227', limits: { maxLength: '120' } },
        {
          id: 'G60000000083',
          label: 'Geburtsdatum',
          members: [
            { id: 'F60000000231', data: 'num_int', count: '0:1' },
            { id: 'F60000000232', data: 'num_int', count: '0:1' },
            { id: 'F60000000233', data: 'num_int' },
          ],
        },
        {
          id: 'G60000000086',
          members: [
            { id: 'F60000000243' },
            { id: 'F60000000244', count: '0:1' },
            { id: 'F60000000246' },
            { id: 'F60000000247' },
            { id: 'F60000000248', count: '0:1', limits: { maxLength: '21' } },
          ],
        },
        { id: 'F60000000242', limits: { maxLength: '50', pattern: '[a-z.]+@[a-z.]+' } },
        { id: 'F60000000240', limits: { maxLength: '23' } },
        { id: 'F9', label: 'IBAN', limits: { maxLength: '34' } },
      ],
    });
    expect(all(one).map(({ type }) => type)).toEqual(['name', 'partial-date', 'address', 'email', 'phone', 'iban']);
    expect(field(one, 'F60000000227').autocomplete).toBe('family-name');
    const { payload, problems } = travel(one, {
      G1: {
        F60000000227: 'Muster',
        G60000000083: { year: 1980 },
        G60000000086: { street: 'Musterstraße', houseNumber: 'ohne', postcode: '12345', city: 'Musterstadt', country: 'DE' },
        F60000000242: 'kim@example.org',
        F60000000240: { typed: '030 23125 001', e164: '+493023125001' },
        F9: 'DE02120300000000202051',
      },
    });
    expect(problems).toEqual([]);
    expect(payload).toEqual({
      G1: {
        F60000000227: 'Muster',
        G60000000083: { F60000000233: 1980 },
        G60000000086: { F60000000243: 'Musterstraße', F60000000246: '12345', F60000000247: 'Musterstadt' },
        F60000000242: 'kim@example.org',
        F60000000240: '+493023125001',
        F9: 'DE02120300000000202051',
      },
    });
  });

  it('takes codes from a list that is supplied, and leaves the field open where it is not', () => {
    const list = { uri: 'urn:x:arten', version: '2' };
    const codes = Array.from({ length: 30 }, (_, i) => [`c${i}`, `Wert ${i}`] as const);
    const one = imported({ members: [{ id: 'F1', list }] }, [codeListXml(list.uri, '2', codes)]);
    expect(field(one, 'F1')).toMatchObject({ type: 'combobox', list: 'arten' });
    expect(one.documents.lists.arten).toHaveLength(30);
    expect(one.fim.open).toEqual([]);
    const wrong = imported({ members: [{ id: 'F1', list }] }, [codeListXml(list.uri, '1', codes)]);
    expect(wrong.fim.open).toMatchObject([{ kind: 'code-list', path: 'F1', why: 'the code list was not supplied' }]);
    expect(field(wrong, 'F1').type).toBe('text');
  });

  it('leaves what no field can hold open, and never guesses', () => {
    const open = (member: FixtureField) => make(member).fim.open.map(({ kind, text }) => [kind, text]);
    expect(open({ id: 'F1', limits: { pattern: 'Codeliste der Gemeinden' } })).toEqual([['limit', 'Codeliste der Gemeinden']]);
    expect(open({ id: 'F1', limits: { pattern: '(a+)+' } })).toEqual([['limit', '(a+)+']]);
    expect(open({ id: 'F1', limits: { pattern: '(?=a)b' } })).toEqual([['limit', '(?=a)b']]);
    expect(open({ id: 'F1', limits: { maxLength: 'viele' } })).toEqual([['limit', 'viele']]);
    expect(open({ id: 'F1', limits: { minLength: '9', maxLength: '3' } })).toEqual([['limit', '9 to 3']]);
    expect(open({ id: 'F1', data: 'date', limits: { maxValue: 'heute' } })).toEqual([['limit', 'heute']]);
    expect(open({ id: 'F1', data: 'file', mediaTypes: ['video/mp4', 'image/png'] })).toEqual([['limit', 'video/mp4']]);
    expect(open({ id: 'F1', data: 'obj' })).toEqual([['field', 'Angabe F1']].map(([kind]) => [kind, 'F1']));
  });

  it('shows no placeholder of ours where a label writes one', () => {
    const one = make({ id: 'F1', label: 'Wert {{param.secret}} $t(key)' });
    expect(JSON.stringify(one.documents.texts.de)).not.toContain('{{param');
  });
});

const YES = { id: 'F01000001', data: 'bool' } satisfies FixtureField;
const KIND = { id: 'F01000002', codes: { '001': 'eins', '002': 'zwei', '003': 'drei' } } satisfies FixtureField;

describe('rules', () => {
  it('shows a group exactly while it is needed', () => {
    const one = make({
      id: 'G01000001',
      members: [KIND, { id: 'G01000002', count: '0:1', members: [{ id: 'F01000003' }] }],
      rules: [
        'Wenn F01000002 "Art" = 002 "zwei", dann muss G01000002 "Näheres" befüllt sein. Wenn F01000002 "Art" <> 002 "zwei", dann darf G01000002 "Näheres" nicht befüllt sein.',
      ],
    });
    expect(one.report.rules).toEqual({ all: 1, translated: 0, text: 1, open: 0 });
    expect(travel(one, { G01000001: { F01000002: '002' } }).walk.stop).toBe('F01000003');
    const other = travel(one, { G01000001: { F01000002: '001' } });
    expect([other.walk.outcome, other.problems]).toEqual(['complete', []]);
    expect(all(one).map(({ id }) => id)).not.toContain('G01000002_given');
  });

  it('asks a gate where a rule needs a group only sometimes', () => {
    const one = make({
      id: 'G01000001',
      members: [YES, { id: 'G01000002', count: '0:1', members: [{ id: 'F01000003' }] }],
      rules: ['Wenn F01000001 "Ja?" = wahr, dann muss G01000002 "Näheres" befüllt werden.'],
    });
    expect(travel(one, { G01000001: { F01000001: true } }).walk.stop).toBe('F01000003');
    expect(travel(one, { G01000001: { F01000001: false } }).walk.stop).toBe('G01000002_given');
    expect(travel(one, { G01000001: { F01000001: false, G01000002_given: true } }).walk.stop).toBe('F01000003');
    expect(travel(one, { G01000001: { F01000001: false, G01000002_given: false } }).walk.outcome).toBe('complete');
  });

  it('requires at least one of several fields, with words for whoever left all out', () => {
    const one = make({
      id: 'G01000001',
      members: ['F01000003', 'F01000004'].map((id) => ({ id, count: '0:1' })),
      rules: ['Es muss mindestens eines der Felder F01000003 "Telefon" oder F01000004 "Post" befüllt sein.'],
    });
    expect(travel(one, {}).walk.outcome).toBe('stop');
    expect(travel(one, { G01000001: { F01000004: 'x' } }).walk.outcome).toBe('complete');
    expect(Object.values(one.documents.texts.de!.rule as object)).toEqual([
      'Machen Sie mindestens eine dieser Angaben: „Angabe F01000003“, „Angabe F01000004“.',
    ]);
  });

  it('lets one of two groups be chosen where exactly one is to be filled', () => {
    const one = make({
      id: 'G01000001',
      members: ['G01000002', 'G01000003'].map((id, i) => ({ id, count: '0:1', members: [{ id: `F0100000${i + 5}` }] })),
      rules: ['Es muss entweder G01000002 "Straße" oder G01000003 "Postfach" befüllt werden.'],
    });
    const { walk: walked, payload } = travel(one, { G01000001: { G01000001_choice: 'G01000003', G01000003: { F01000006: 'p' } } });
    expect([walked.outcome, payload]).toEqual(['complete', { G01000001: { G01000003: { F01000006: 'p' } } }]);
  });

  it('allows only some codes while a condition holds', () => {
    const one = make({
      id: 'G01000001',
      members: [YES, KIND],
      rules: [
        'Wenn F01000001 "Ja?" = ja, dann muss F01000002 "Art" befüllt werden, wobei nur die Codes 001 "eins" ODER 003 "drei" ausgewählt werden dürfen.',
      ],
    });
    expect(travel(one, { G01000001: { F01000001: true, F01000002: '002' } }).walk.outcome).toBe('stop');
    expect(travel(one, { G01000001: { F01000001: true, F01000002: '003' } }).walk.outcome).toBe('complete');
    expect(travel(one, { G01000001: { F01000001: false, F01000002: '002' } }).walk.outcome).toBe('complete');
  });

  it('fixes a value and follows from it at once', () => {
    const one = make({
      id: 'G01000001',
      members: [KIND, { id: 'F01000003', count: '0:1' }, { id: 'F01000004' }],
      rules: [
        'Das Feld F01000002 "Art" ist mit 002 "zwei" vorzubefüllen und auszublenden.',
        'Wenn F01000002 "Art" = 001 "eins", dann muss F01000003 "Mehr" befüllt werden. Wenn F01000002 "Art" <> 001 "eins", dann darf F01000003 "Mehr" nicht angezeigt werden.',
      ],
    });
    const { walk: walked, payload, problems } = travel(one, { G01000001: { F01000004: 'x' } });
    expect([walked.outcome, payload, problems]).toEqual(['complete', { G01000001: { F01000002: '002', F01000004: 'x' } }, []]);
    expect(one.report.fields).toMatchObject({ all: 3, asked: 1, constants: 1, never: 1 });
  });

  it('asks for the Land where rules differ by it', () => {
    const one = make({
      id: 'G01000001',
      members: [{ id: 'F01000003' }, { id: 'G01000002', count: '0:1', members: [{ id: 'F01000004' }] }],
      rules: [
        'Die Gruppe G01000002 "Nachweis" ist nur für die Länder TH und HH zu befüllen. Für alle anderen Länder wird die Gruppe nicht angezeigt.',
      ],
    });
    expect(one.documents.service.parameters).toEqual({ land: { type: 'text' } });
    expect(travel(one, { G01000001: { F01000003: 'x' } }, { land: 'HH' }).walk.stop).toBe('F01000004');
    expect(travel(one, { G01000001: { F01000003: 'x' } }, { land: 'BY' }).walk.outcome).toBe('complete');
  });

  it('checks at the end what depends on a later answer', () => {
    const one = make({ id: 'F01000003', count: '0:1' }, { id: 'G01000001', members: [YES] });
    const late = imported({
      members: [
        { id: 'F01000003', count: '0:1' },
        { id: 'G01000001', members: [YES] },
      ],
      rules: ['Wenn G01000001.F01000001 "Ja?" = wahr, dann muss F01000003 "Mehr" befüllt werden.'],
    });
    expect(one.fim.open).toEqual([]);
    expect(late.fim.open).toEqual([]);
    expect(travel(late, { G01000001: { F01000001: true } }).walk.outcome).toBe('stop');
    expect(travel(late, { G01000001: { F01000001: false } }).walk.outcome).toBe('complete');
    expect(travel(late, { F01000003: 'x', G01000001: { F01000001: true } }).walk.outcome).toBe('complete');
  });

  it('keeps what it cannot read or tie as an open point, word by word', () => {
    const open = (rule: string) =>
      make({ id: 'G01000001', members: [YES, KIND, { id: 'F01000003', count: '0:1' }], rules: [rule] }).fim.open;
    const unread = 'Bei F01000001 ist nach den Umständen zu entscheiden, ob F01000003 anzugeben ist.';
    expect(open(unread)).toMatchObject([{ kind: 'rule', path: 'G01000001', rule: 'R_G01000001_1', text: unread }]);
    expect(open('Wenn F01000002 "Art" = 009 "neun", dann muss F01000003 "Mehr" befüllt werden.')).toMatchObject([
      { why: '"009" is no code of F01000002' },
    ]);
    expect(open('Wenn F01000009 "Fremd" = 1, dann muss F01000003 "Mehr" befüllt werden.')).toMatchObject([
      { why: 'F01000009 is not in the schema' },
    ]);
    expect(open('Wenn F01000003 "Mehr" = 1, dann muss F01000003 "Mehr" befüllt werden.')).toMatchObject([{ kind: 'rule' }]);
    expect(open('Wenn F01000001 "Ja?" = 7, dann muss F01000003 "Mehr" befüllt werden.')).toMatchObject([
      { why: expect.stringContaining('yes or no') as string },
    ]);
  });

  it('does not choose between two places that a rule may mean', () => {
    const twice = (id: string): FixtureGroup => ({ id, members: [YES] });
    const one = imported({
      members: [twice('G01000002'), twice('G01000003'), { id: 'F01000003', count: '0:1' }],
      rules: ['Wenn F01000001 "Ja?" = wahr, dann muss F01000003 "Mehr" befüllt werden.'],
    });
    expect(one.fim.open).toMatchObject([{ why: 'F01000001 stands in 2 places' }]);
  });

  it('takes the machine-readable rule before the words, and lists where they differ', () => {
    const rule = {
      S99000000001: [
        {
          target_id: 'F01000003',
          actions: ['required'],
          condition: { equal: [{ identifier: 'self.F01000002' }, '003'] },
          text: '„Mehr“ fehlt.',
          rule_id: 'G01000001',
          context: ['G01000001'],
        },
      ],
    };
    const one = imported(
      {
        members: [
          {
            id: 'G01000001',
            members: [KIND, { id: 'F01000003', count: '0:1' }],
            rules: ['Wenn F01000002 "Art" = 002 "zwei", dann muss F01000003 "Mehr" befüllt werden.'],
          },
        ],
      },
      [],
      rule,
    );
    expect(one.report.rules).toEqual({ all: 1, translated: 1, text: 0, open: 0 });
    expect(one.report.differences).toHaveLength(1);
    expect(field(one, 'F01000003').required).toBe("G01000001.F01000002 == '003'");
  });
});

describe('payload', () => {
  it('writes the version behind every id where a receiver wants it', () => {
    const one = make({ id: 'G1', members: [{ id: 'F1' }, { id: 'F2', count: '1:2' }] });
    const { payload } = travel(one, { G1: { F1: 'a', F2: [{ value: 'b' }] } });
    expect(withKeys(payload, one.documents.payload, 'idVersion')).toEqual({ 'G1V1.0.0': { 'F1V1.0.0': 'a', 'F2V1.0.0': ['b'] } });
  });

  it('names its origin', () => {
    const one = imported({ status: '3', members: [{ id: 'F1' }] });
    expect(one.fim.schema).toEqual({
      id: 'S99000000001',
      version: '1.0.0',
      standard: '3.0.0',
      status: '3',
      title: 'Probeantrag',
      sha256: 'a'.repeat(64),
    });
    expect(one.report.warnings).toEqual(['Status of the schema: draft. It is not approved by experts and may change.']);
    expect(one.documents.service.fim).toEqual({ schema: 'S99000000001V1.0.0', status: 'draft' });
  });
});
