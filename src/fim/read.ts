/**
 * XML -> schema, for XDatenfelder 2.0 and 3.0.0. The version is that of the root's namespace. What the standard asks for and a file lacks is refused
 * with its place; what it has beyond the standard is passed over and named.
 */
import {
  FimRefused,
  type CodeListReference,
  type DataType,
  type FieldKind,
  type FimField,
  type FimGroup,
  type FimRule,
  type FimSchema,
  type Limits,
  type Position,
  type Standard,
} from './schema.ts';
import { child, codeOf, readXml, streamXml, textOf, type XmlLimits, type XmlNode } from './xml.ts';

const NAMESPACES: ReadonlyMap<string, Standard> = new Map([
  ['urn:xoev-de:fim:standard:xdatenfelder_2', '2.0'],
  ['urn:xoev-de:fim:standard:xdatenfelder_3.0.0', '3.0.0'],
]);
const FIRST_VERSION = 'urn:xoev-de:fim:standard:xdatenfelder_1';
const ROOT = 'xdatenfelder.stammdatenschema.0102';

/** Groups within groups. Real schemas have up to 8; expressions and addresses would grow with it. */
const DEEPEST = 20;
/** Real schemas have up to 273 fields, and up to 1,163 rules are known in all of 91. */
const MOST_POSITIONS = 5_000;
const MOST_CODES = 60_000;
const LONGEST_ID = 64;

const INPUTS: readonly FieldKind[] = ['input', 'select', 'label', 'hidden', 'locked'];
const DATA: readonly DataType[] = [
  'text',
  'text_latin',
  'date',
  'time',
  'datetime',
  'bool',
  'num',
  'num_int',
  'num_currency',
  'file',
  'obj',
];

const XML: XmlLimits = {
  // Where an element comes from: hundreds of thousands of lines that say nothing about the form.
  skip: new Set(['relation', 'stichwort']),
  root(name, ns) {
    if (ns === FIRST_VERSION)
      throw new FimRefused('This is XDatenfelder version 1. Versions 2.0 and 3.0.0 are read: ask the publisher for a newer export.');
    if (!NAMESPACES.has(ns)) {
      throw new FimRefused(
        ns.includes('xdatenfelder')
          ? `This version of XDatenfelder is not known ("${ns.slice(0, 100)}"). Versions 2.0 and 3.0.0 are read.`
          : `This is no FIM schema: its namespace is ${ns ? `"${ns.slice(0, 100)}"` : 'missing'}. XDatenfelder 2.0 and 3.0.0 are read.`,
      );
    }
    if (name !== ROOT && name !== 'xdatenfelder.stammdatenschema.0102001')
      throw new FimRefused(`This is "${name.slice(0, 80)}", no data schema (Stammdatenschema): groups and fields alone make no flow.`);
  },
};

/** Reads a schema. @throws FimRefused */
export function readSchema(chunks: Iterable<string | Uint8Array>): FimSchema {
  return new SchemaReader().schema(readXml(chunks, XML));
}

/** As `readSchema`, of a stream. */
export async function streamSchema(chunks: AsyncIterable<string | Uint8Array>): Promise<FimSchema> {
  return new SchemaReader().schema(await streamXml(chunks, XML));
}

/** Names that mean something to JavaScript objects: a payload could not carry them as keys. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

class SchemaReader {
  readonly #oddities: string[] = [];
  #standard: Standard = '3.0.0';
  #positions = 0;
  #codes = 0;

  schema(root: XmlNode): FimSchema {
    this.#standard = NAMESPACES.get(root.ns)!;
    const node = child(root, 'stammdatenschema', root.name);
    if (!node) throw new FimRefused('There is no "stammdatenschema" in the file.');
    const { id, version } = this.#identity(node, 'schema');
    const place = id;
    const name = textOf(node, 'name', place) ?? id;
    const members = this.#members(node, [], place);
    if (members.length === 0) throw new FimRefused('The schema has no groups and fields: nothing would be asked.', place);
    return {
      standard: this.#standard,
      id,
      version,
      name,
      title: textOf(node, 'bezeichnung', place) ?? textOf(node, 'bezeichnungEingabe', place) ?? name,
      description: textOf(node, 'beschreibung', place),
      status: this.#status(node, place),
      legalBasis: node.children.filter((one) => one.name === 'bezug' && one.text.trim() !== '').map(reference),
      rules: this.#rules(node, place),
      members,
      oddities: this.#oddities,
    };
  }

  #odd(message: string, place: string): void {
    if (this.#oddities.length < 100) this.#oddities.push(`${place}: ${message}`);
  }

  #identity(node: XmlNode, place: string): { id: string; version?: string } {
    const identity = child(node, 'identifikation', place);
    const id = identity && textOf(identity, 'id', place);
    if (!identity || id === undefined) throw new FimRefused('An element has no id.', place);
    for (const { name } of identity.children)
      if (name !== 'id' && name !== 'version') this.#odd(`"${name}" is not known there and was passed over.`, id);
    if (id.length > LONGEST_ID) throw new FimRefused(`The id "${id.slice(0, 30)}…" is longer than ${LONGEST_ID} characters.`, place);
    if (/[\s.]/.test(id)) throw new FimRefused(`The id "${id}" holds a blank or a full stop.`, place);
    if (FORBIDDEN.has(id)) throw new FimRefused(`The id "${id}" cannot be used.`, place);
    return { id, version: textOf(identity, 'version', id) };
  }

  #status(node: XmlNode, place: string): string | undefined {
    const status = codeOf(node, this.#standard === '2.0' ? 'status' : 'freigabestatus', place);
    const known = this.#standard === '2.0' ? /^(inVorbereitung|aktiv|inaktiv)$/ : /^[1-8]$/;
    if (status !== undefined && !known.test(status)) this.#odd(`the status "${status.slice(0, 40)}" is not known.`, place);
    return status;
  }

  #rules(node: XmlNode, place: string): FimRule[] {
    return node.children
      .filter(({ name }) => name === 'regel')
      .flatMap((rule) => {
        const identity = child(rule, 'identifikation', place);
        const id = identity && textOf(identity, 'id', place);
        const text = textOf(rule, this.#standard === '2.0' ? 'definition' : 'freitextRegel', id ?? place);
        const script = textOf(rule, this.#standard === '2.0' ? 'script' : 'skript', id ?? place);
        // In version 2.0 every rule has the empty hull of a function.
        const empty = script === undefined || /^function\s+\w+\s*\(\s*\)\s*\{\s*\}$/.test(script);
        const name = textOf(rule, 'name', id ?? place);
        if (text === undefined && empty) {
          this.#odd(`the rule "${id ?? name ?? ''}" has no text.`, place);
          return [];
        }
        return [{ id, name, text: [text, empty ? undefined : script].filter(Boolean).join('\n') }];
      });
  }

  #members(node: XmlNode, path: readonly string[], place: string): Position[] {
    const seen = new Set<string>();
    return node.children
      .filter(({ name }) => name === 'struktur')
      .flatMap((structure) => {
        const contains = child(structure, 'enthaelt', place);
        const [min, max] = this.#multiplicity(textOf(structure, 'anzahl', place), place);
        const inner = contains?.children.filter(({ name }) => name === 'datenfeldgruppe' || name === 'datenfeld') ?? [];
        if (inner.length === 0) throw new FimRefused('A structure holds no group and no field.', place);
        if (inner.length > 1) this.#odd('a structure holds several elements; each is taken as one of its own.', place);
        return inner.flatMap((element) => {
          this.#positions += 1;
          if (this.#positions > MOST_POSITIONS)
            throw new FimRefused(`The schema has more than ${MOST_POSITIONS} groups and fields.`, place);
          const position = this.#position(element, min, max, path, place);
          const { id } = position.element;
          if (seen.has(id))
            throw new FimRefused(`"${id}" stands twice in the same place: what is answered could not be told apart.`, place);
          seen.add(id);
          const empty = position.element.kind === 'group' && position.element.members.length === 0;
          if (empty) this.#odd(`the group "${id}" holds nothing and was passed over.`, place);
          return empty ? [] : [position];
        });
      });
  }

  #multiplicity(text: string | undefined, place: string): [min: number, max: number] {
    const found = /^(\d{1,6}):(\*|\d{1,6})$/.exec(text ?? '');
    if (!found) throw new FimRefused(`"${(text ?? '').slice(0, 40)}" is no multiplicity; "0:1" or "1:*" is one.`, place);
    const [min, max] = [Number(found[1]), found[2] === '*' ? Infinity : Number(found[2])];
    if (max < 1 || min > max) throw new FimRefused(`"${text}" allows nothing.`, place);
    return [min, max];
  }

  #position(node: XmlNode, min: number, max: number, above: readonly string[], place: string): Position {
    const { id, version } = this.#identity(node, place);
    const path = [...above, id];
    const here = path.join(' > ');
    if (path.length > DEEPEST) throw new FimRefused(`Groups are nested deeper than ${DEEPEST} levels.`, here.slice(0, 100));
    const name = textOf(node, 'name', here) ?? id;
    const label = textOf(node, 'bezeichnungEingabe', here);
    const base = {
      id,
      version,
      name,
      label: label ?? name,
      help: textOf(node, 'hilfetextEingabe', here),
      status: this.#status(node, here),
      rules: this.#rules(node, here),
    };
    if (node.name === 'datenfeld') return { min, max, path, element: { ...base, ...this.#field(node, here) } };
    const members = this.#members(node, path, here);
    const group: FimGroup = { ...base, kind: 'group', choice: codeOf(node, 'art', here) === 'X', members };
    return { min, max, path, element: group };
  }

  #field(
    node: XmlNode,
    place: string,
  ): Omit<FimField, keyof FimGroup & ('id' | 'version' | 'name' | 'label' | 'help' | 'status' | 'rules')> {
    const input = codeOf(node, 'feldart', place);
    const data = codeOf(node, 'datentyp', place);
    const codes = child(node, 'werte', place)?.children.filter(({ name }) => name === 'wert');
    this.#codes += codes?.length ?? 0;
    if (this.#codes > MOST_CODES) throw new FimRefused(`The schema lists more than ${MOST_CODES} codes.`, place);
    const size = Number(textOf(node, 'maxSize', place));
    return {
      kind: 'field',
      input: INPUTS.find((known) => known === input) ?? this.#refuse('kind of field (feldart)', input, place),
      data: DATA.find((known) => known === data) ?? this.#refuse('data type (datentyp)', data, place),
      limits: this.#limits(child(node, 'praezisierung', place), place),
      content: textOf(node, 'inhalt', place),
      codes: codes?.map((value) => {
        const code = textOf(value, 'code', place);
        if (code === undefined) throw new FimRefused('A value has no code.', place);
        return { code, label: textOf(value, 'name', place) ?? code };
      }),
      list: this.#list(child(node, 'codelisteReferenz', place), node, place),
      maxSize: Number.isInteger(size) && size > 0 ? size : undefined,
      mediaTypes: node.children.filter(({ name }) => name === 'mediaType').map(({ text }) => text.trim().toLowerCase()),
    };
  }

  #refuse(what: string, value: string | undefined, place: string): never {
    throw new FimRefused(value === undefined ? `The ${what} is missing.` : `The ${what} "${value.slice(0, 40)}" is not known.`, place);
  }

  /** Attributes in version 3.0.0; in 2.0 a text that is meant to be JSON. */
  #limits(node: XmlNode | undefined, place: string): Limits {
    if (!node) return {};
    if (this.#standard === '3.0.0') return pick((name) => node.attributes.get(name));
    const text = node.text.trim();
    if (text === '') return {};
    try {
      const value: unknown = JSON.parse(text);
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
        const found = new Map(Object.entries(value));
        return pick((name) => (['string', 'number'].includes(typeof found.get(name)) ? String(found.get(name)) : undefined));
      }
    } catch {
      // Said below.
    }
    this.#odd(`the limits "${text.slice(0, 60)}" cannot be read and were passed over.`, place);
    return {};
  }

  #list(node: XmlNode | undefined, field: XmlNode, place: string): CodeListReference | undefined {
    if (!node) return undefined;
    const inner = this.#standard === '2.0' ? child(node, 'genericodeIdentification', place) : node;
    const identity = child(node, 'identifikation', place);
    return {
      id: identity && textOf(identity, 'id', place),
      uri: inner && (textOf(inner, 'canonicalIdentification', place) ?? undefined),
      version: inner && textOf(inner, 'version', place),
      versionUri: inner && textOf(inner, 'canonicalVersionUri', place),
      codeColumn: textOf(field, 'codeKey', place) ?? textOf(node, 'codeKey', place),
      nameColumn: textOf(field, 'nameKey', place) ?? textOf(node, 'nameKey', place),
    };
  }
}

function pick(value: (name: string) => string | undefined): Limits {
  const text = (name: string) => value(name)?.trim() || undefined;
  return {
    minLength: text('minLength'),
    maxLength: text('maxLength'),
    minValue: text('minValue'),
    maxValue: text('maxValue'),
    pattern: text('pattern'),
  };
}

function reference(node: XmlNode): { text: string; url?: string } {
  const link = node.attributes.get('link');
  return { text: node.text.trim().replaceAll(/\s+/g, ' '), ...(link !== undefined && /^https?:\/\/\S+$/.test(link) && { url: link }) };
}
