/** Files from outside: broken, hostile and odd ones end in a clear sentence or in a schema, in bounded time. */
import { describe, expect, it } from 'vitest';
import { fieldTypes } from '#fields/all';
import { compile } from '#flow';
import { readCodeList, codesOf, findList } from './genericode.ts';
import { importSchema, journeysThrough } from './index.ts';
import { readSchema, streamSchema } from './read.ts';
import { FimRefused, type FimSchema } from './schema.ts';
import { codeListXml, NS, schemaXml, type FixtureField, type FixtureGroup } from './schema.fixture.ts';

const refusal = (xml: string | Uint8Array): string => {
  try {
    readSchema([xml]);
  } catch (error) {
    expect(error).toBeInstanceOf(FimRefused);
    return (error as Error).message;
  }
  return 'read';
};
const draft = (schema: FimSchema) => importSchema({ schema, sha256: '0'.repeat(64), lists: [], translated: [] });
const simple = schemaXml({ members: [{ id: 'F1' }] });
const nested = (depth: number): FixtureField | FixtureGroup =>
  depth === 0 ? { id: 'F1' } : { id: `G${depth}`, members: [nested(depth - 1)] };

describe('refuses', () => {
  it.each([
    ['version 1', simple.replaceAll(NS, 'urn:xoev-de:fim:standard:xdatenfelder_1'), /version 1\. Versions 2\.0 and 3\.0\.0 are read/],
    [
      'an unknown version',
      simple.replaceAll(NS, 'urn:xoev-de:fim:standard:xdatenfelder_9'),
      /not known \("urn:xoev-de:fim:standard:xdatenfelder_9"\)/,
    ],
    ['another namespace', '<a xmlns="urn:x"/>', /no FIM schema: its namespace is "urn:x"/],
    ['no namespace', '<a/>', /namespace is missing/],
    ['a group alone', simple.replaceAll('xdatenfelder.stammdatenschema.0102', 'xdatenfelder.datenfeldgruppe.0103'), /no data schema/],
    ['no XML', 'id;name\n1;x', /not well-formed/],
    ['half a file', simple.slice(0, 400), /not well-formed/],
    ['nothing', '', /empty|not well-formed/],
    ['a billion laughs', `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${simple}`.replace(/<\?xml.*?\?>/, ''), /document type/],
    ['an external entity', `<!DOCTYPE x SYSTEM "file:///etc/passwd">${simple}`.replace(/<\?xml.*?\?>/, ''), /document type/],
    ['an undefined entity', simple.replace('Probeantrag', '&xxe;'), /not well-formed/],
    ['another encoding', simple.replace('UTF-8', 'ISO-8859-1'), /Save it in UTF-8/],
    ['a missing id', simple.replace('<x:id>F1</x:id>', ''), /has no id/],
    ['an empty id', simple.replace('<x:id>F1</x:id>', '<x:id> </x:id>'), /has no id/],
    ['an id twice in one element', simple.replace('<x:id>F1</x:id>', '<x:id>F1</x:id><x:id>F2</x:id>'), /stands there 2 times/],
    ['an id twice in one place', schemaXml({ members: [{ id: 'F1' }, { id: 'F1' }] }), /stands twice in the same place/],
    ['__proto__ as an id', schemaXml({ members: [{ id: '__proto__' }] }), /cannot be used/],
    ['constructor as an id', schemaXml({ members: [{ id: 'constructor' }] }), /cannot be used/],
    ['a full stop in an id', schemaXml({ members: [{ id: 'F.1' }] }), /full stop/],
    ['an endless id', schemaXml({ members: [{ id: 'F'.repeat(500) }] }), /longer than 64/],
    ['100 groups within each other', schemaXml({ members: [nested(100)] }), /nested deeper than 20/],
    ['thousands of elements within each other', `${'<a xmlns="'}${NS}">`.padEnd(40) + '<b>'.repeat(5_000), /./],
    ['a multiplicity that is none', schemaXml({ members: [{ id: 'F1', count: 'viele' }] }), /"viele" is no multiplicity/],
    ['a multiplicity upside down', schemaXml({ members: [{ id: 'F1', count: '3:1' }] }), /allows nothing/],
    ['an unknown kind of field', schemaXml({ members: [{ id: 'F1', input: 'slider' }] }), /"slider" is not known/],
    ['an unknown data type', schemaXml({ members: [{ id: 'F1', data: 'blob' }] }), /"blob" is not known/],
    ['no fields', schemaXml({ members: [] }), /nothing would be asked/],
    ['too many fields', schemaXml({ members: Array.from({ length: 5_001 }, (_, i) => ({ id: `F${i}` })) }), /more than 5000/],
    ['too much', `${simple}${' '.repeat(17 * 1024 * 1024)}`, /larger than 16 MB/],
  ])('%s', (_, xml, message) => {
    expect(refusal(xml)).toMatch(message);
  });

  it('bytes that are not UTF-8', () => {
    expect(refusal(Buffer.from(simple.replace('Probeantrag', 'Prüfung'), 'latin1'))).toMatch(/UTF-8/);
  });
});

describe('reads', () => {
  it('any prefix, and codes in and out of the namespace', () => {
    const other = simple.replaceAll('x:', 'ns0:').replace('xmlns:x=', 'xmlns:ns0=');
    expect(readSchema([other]).members[0]!.element).toMatchObject({ id: 'F1', input: 'input', data: 'text' });
    expect(readSchema([simple.replaceAll('<code>', '<x:code>').replaceAll('</code>', '</x:code>')]).members).toHaveLength(1);
  });

  it('in any pieces', async () => {
    const bytes = Buffer.from(schemaXml({ members: [{ id: 'F1', label: 'Größe äöü €' }] }));
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    }
    expect((await streamSchema(pieces())).members[0]!.element.label).toBe('Größe äöü €');
  });

  it('what is beyond the standard, and says so', () => {
    const odd = simple.replace(
      '<x:version>1.0.0</x:version></x:identifikation><x:name>F1',
      '<x:version>1.0.0</x:version><x:neu>1</x:neu></x:identifikation><x:name>F1',
    );
    const schema = readSchema([odd.replace('<code>6</code>', '<code>12</code>')]);
    expect(schema.oddities).toEqual(
      ['F1: "neu" is not known there and was passed over.', 'S99000000001: the status "12" is not known.'].sort(
        (a, b) => schema.oddities.indexOf(a) - schema.oddities.indexOf(b),
      ),
    );
  });

  it('relations in any number, without keeping them', () => {
    const relation = '<x:relation><x:praedikat><code>ABL</code></x:praedikat><x:objekt><x:id>F9</x:id></x:objekt></x:relation>';
    const many = simple.replace('<x:struktur>', `${relation.repeat(50_000)}<x:struktur>`);
    expect(many.length).toBeGreaterThan(5_000_000);
    expect(readSchema([many]).members).toHaveLength(1);
  });

  it('limits of version 2.0, with the ones that are no JSON named', () => {
    const two = (limits: string) =>
      readSchema([
        `<d:xdatenfelder.stammdatenschema.0102 xmlns:d="urn:xoev-de:fim:standard:xdatenfelder_2"><d:stammdatenschema><d:identifikation><d:id>S1</d:id></d:identifikation>` +
          `<d:struktur><d:anzahl>1:1</d:anzahl><d:enthaelt><d:datenfeld><d:identifikation><d:id>F1</d:id></d:identifikation><d:feldart><code>input</code></d:feldart>` +
          `<d:datentyp><code>text</code></d:datentyp><d:praezisierung>${limits}</d:praezisierung></d:datenfeld></d:enthaelt></d:struktur></d:stammdatenschema></d:xdatenfelder.stammdatenschema.0102>`,
      ]);
    expect(two('{"minLength":"1","maxLength":55}').members[0]!.element).toMatchObject({ limits: { minLength: '1', maxLength: '55' } });
    expect(two('').oddities).toEqual([]);
    expect(two('5').oddities).toHaveLength(1);
    expect(two('{"__proto__": {"maxLength": "1"}}').members[0]!.element).toMatchObject({ limits: {} });
  });
});

describe('what is large or odd becomes a flow that can be walked', () => {
  it('20 groups within each other', () => {
    const one = draft(readSchema([schemaXml({ members: [nested(19)] })]));
    expect(compile(one.documents.flow, fieldTypes).problems).toEqual([]);
    expect(journeysThrough(one, fieldTypes, '2026-03-02').journeys).toHaveLength(1);
  });

  it('a thousand fields', () => {
    const groups = Array.from({ length: 50 }, (_, g) => ({
      id: `G${g}`,
      count: g % 2 ? '0:1' : '1:1',
      members: Array.from({ length: 20 }, (_, f) => ({ id: `F${f}` })),
    }));
    const one = draft(readSchema([schemaXml({ members: groups })]));
    expect(one.report.fields).toMatchObject({ all: 1000, asked: 1000 });
    expect(compile(one.documents.flow, fieldTypes).problems).toEqual([]);
  });

  it('50,000 codes are too many for a list of the portal, and that is said', () => {
    const uri = 'urn:x:viele';
    const list = readCodeList([
      codeListXml(
        uri,
        '1',
        Array.from({ length: 50_000 }, (_, i) => [String(i), `Wert ${i}`]),
      ),
    ]);
    const schema = readSchema([schemaXml({ members: [{ id: 'F1', list: { uri } }] })]);
    const one = importSchema({ schema, sha256: '0'.repeat(64), lists: [list], translated: [] });
    expect(one.fim.open).toMatchObject([{ kind: 'code-list', why: 'the code list has 50000 codes, a list of the portal at most 20000' }]);
    expect(compile(one.documents.flow, fieldTypes).problems).toEqual([]);
  });

  it('codes that mean something to JavaScript', () => {
    const one = draft(
      readSchema([
        schemaXml({ members: [{ id: 'F1', codes: { constructor: 'a', 'b c': 'b', '': 'x' } }] }).replace(
          '<x:code></x:code>',
          '<x:code>__proto__</x:code>',
        ),
      ]),
    );
    expect(one.documents.lists.F1!.map(({ code }) => code)).toEqual(['constructor', 'b c', '__proto__']);
  });
});

describe('code lists', () => {
  it('refuses what is none', () => {
    expect(() => readCodeList([simple])).toThrow(/no genericode code list/);
    expect(() => readCodeList(['<CodeList/>'])).toThrow(/no columns/);
  });

  it('takes the columns that the list or the field names, and rows without a label', () => {
    const list = readCodeList([
      codeListXml('urn:x', '1', [
        ['a', 'A'],
        ['a', 'A2'],
        ['b', ''],
      ]),
    ]);
    expect(codesOf(list, {})).toEqual([
      { code: 'a', label: 'A' },
      { code: 'b', label: 'b' },
    ]);
    expect(codesOf(list, { codeColumn: 'n', nameColumn: 'c' })).toEqual([
      { code: 'A', label: 'a' },
      { code: 'A2', label: 'a' },
    ]);
  });

  it('never takes another version than the one that is asked for', () => {
    const lists = ['1', '2'].map((version) => readCodeList([codeListXml('urn:x', version, [['a', 'A']])]));
    expect(findList(lists, { uri: 'urn:x', version: '2' })?.version).toBe('2');
    expect(findList(lists, { versionUri: 'urn:x_1' })?.version).toBe('1');
    expect(findList(lists, { uri: 'urn:x', version: '3' })).toBeUndefined();
    expect(findList(lists, { uri: 'urn:x' })).toBeUndefined();
    expect(findList([lists[0]!], { uri: 'urn:x' })?.version).toBe('1');
  });
});
