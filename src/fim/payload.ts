/**
 * The way back: answers -> a document in FIM's keys, nested as in the schema, and the JSON Schema that it must satisfy. Keys are bare ids; where a
 * destination wants them with their versions they are renamed on the way out (`withKeys` of `#package`).
 */
import type { Json } from '#flow';
import type { PayloadDocument, Template } from '#package';
import type { Code, FimField, FimSchema, Limits } from './schema.ts';
import { isSilent, type Plan } from './plan.ts';
import { dataPath, type Node, type Tree } from './tree.ts';

type Schema = Record<string, unknown>;

export function payloadOf(
  schema: FimSchema,
  tree: Tree,
  plan: Plan,
  codes: (field: FimField) => readonly Code[] | undefined,
  skipped: ReadonlySet<Node>,
): PayloadDocument {
  const maker = new Maker(plan, codes, skipped);
  const { template, schema: root } = maker.members(tree.roots);
  const versions = versionsOf(tree);
  return {
    $schema: '../../static/schemas/payload.schema.json',
    document: template,
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:fim:${schema.id}${schema.version ? `V${schema.version}` : ''}`,
      title: schema.title,
      ...root,
    },
    ...(Object.keys(versions).length > 0 && { versions }),
  };
}

/** What both versions of the standard have as a version: `1.2`, `1.2.0`. */
const VERSION = /^[0-9]+(\.[0-9]+){1,2}$/;

/** Version by id. One that occurs with several versions, or with one that is none, is left out: its key would not say which. */
function versionsOf(tree: Tree): Record<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { element } of tree.nodes.values()) found.set(element.id, (found.get(element.id) ?? new Set()).add(element.version ?? ''));
  return Object.fromEntries(
    [...found].flatMap(([id, versions]) => {
      const [version] = versions;
      return versions.size === 1 && VERSION.test(version!) ? [[id, version!]] : [];
    }),
  );
}

class Maker {
  readonly #plan: Plan;
  readonly #codes: (field: FimField) => readonly Code[] | undefined;
  readonly #skipped: ReadonlySet<Node>;

  constructor(plan: Plan, codes: (field: FimField) => readonly Code[] | undefined, skipped: ReadonlySet<Node>) {
    this.#plan = plan;
    this.#codes = codes;
    this.#skipped = skipped;
  }

  /** An object of the nodes' keys. `parent`: the group, for choices. */
  members(nodes: readonly Node[], parent?: Node): { template: Template; schema: Schema; certain: boolean } {
    const template: Record<string, Template> = {};
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const node of nodes) {
      // Never asked, and nothing is known to fill it: the receiver knows its name and may not count on it.
      if (isSilent(node) && this.#plan.places.get(node)?.constant === undefined) {
        if (node.element.kind === 'field' && node.element.input !== 'label') properties[node.element.id] = this.#schemaOf(node.element);
        continue;
      }
      const made = this.#node(node);
      if (!made) continue;
      const { id } = node.element;
      template[id] = made.template;
      properties[id] = made.schema;
      if (made.certain) required.push(id);
    }
    const choice = parent && this.#plan.places.get(parent)?.choice;
    return {
      template,
      schema: {
        type: 'object',
        additionalProperties: false,
        properties,
        ...(required.length > 0 && { required }),
        ...(choice && {
          oneOf: choice.members
            .filter(({ element }) => Object.hasOwn(properties, element.id))
            .map(({ element }) => ({ required: [element.id] })),
        }),
      },
      certain: required.length > 0 || choice !== undefined,
    };
  }

  /** `certain`: in every document that is complete as far as its surroundings are there. */
  #node(node: Node): { template: Template; schema: Schema; certain: boolean } | undefined {
    if (this.#skipped.has(node)) return undefined;
    const { element, position } = node;
    const place = this.#plan.places.get(node)!;
    const always = !place.conditional && position.min > 0;
    if (place.constant !== undefined && element.kind === 'field') {
      const value = constantOf(element, place.constant);
      const template: Template = place.when ? { $when: place.when, $then: { $const: value } } : { $const: value };
      return { template, schema: { const: value }, certain: always };
    }
    if (node.list) return this.#list(node, always);
    if (element.kind === 'group') {
      const inner = node.block ? this.#block(node) : this.members(node.children, node);
      // A fixed value inside would be sent even where the group is not given.
      const fixed = place.when !== undefined && this.#holdsConstant(node);
      return {
        template: fixed ? { $when: place.when, $then: inner.template } : inner.template,
        schema: inner.schema,
        certain: always && inner.certain,
      };
    }
    return {
      template: this.#value(node, element),
      schema: this.#single(element, position.max > 1, position.min, position.max),
      certain: always,
    };
  }

  #holdsConstant(node: Node): boolean {
    return node.children.some((child) => this.#plan.places.get(child)?.constant !== undefined || this.#holdsConstant(child));
  }

  #list(node: Node, always: boolean): { template: Template; schema: Schema; certain: boolean } {
    const { element, position } = node;
    const inner =
      element.kind === 'group'
        ? this.members(node.children, node)
        : { template: { $from: `${dataPath(node)}.value` }, schema: this.#schemaOf(element) };
    return {
      template: { $each: dataPath(node), as: node.as, item: inner.template },
      schema: { type: 'array', items: inner.schema, ...(always && { minItems: position.min }), maxItems: Math.min(position.max, 99) },
      certain: always,
    };
  }

  #block(node: Node): { template: Template; schema: Schema; certain: boolean } {
    const path = dataPath(node);
    const template: Record<string, Template> = {};
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const { element, position } of node.children) {
      if (element.kind !== 'field') continue;
      const member = node.block!.members.get(element.id)!;
      const from = { $from: `${path}.${member}` };
      // Whoever has no number says so in the form; FIM leaves the field out.
      template[element.id] = member === 'houseNumber' ? { $when: `${expressionOf(node)}.houseNumber != 'ohne'`, $then: from } : from;
      properties[element.id] = this.#schemaOf(element);
      if (position.min > 0) required.push(element.id);
    }
    return { template, schema: { type: 'object', additionalProperties: false, properties, required }, certain: true };
  }

  #value(node: Node, field: FimField): Template {
    const path = dataPath(node);
    // Files go their own way; the data names them.
    if (field.data === 'file' && field.input === 'input')
      return node.position.max > 1 ? { $from: `${path}.id` } : { $from: `${path}.id`, first: true };
    return { $from: path };
  }

  #single(field: FimField, many: boolean, min: number, max: number): Schema {
    const one = this.#schemaOf(field);
    if (!many) return one;
    return { type: 'array', items: one, minItems: Math.max(1, min), ...(Number.isFinite(max) && { maxItems: max }) };
  }

  /** JSON Schema of a field's value, as the state's converters write it (`standards.md` 1.8). */
  #schemaOf(field: FimField): Schema {
    const codes = field.input === 'select' ? this.#codes(field) : undefined;
    if (codes) return { title: field.label, enum: [...new Set(codes.map(({ code }) => code))] };
    if (field.input === 'select') return { title: field.label, type: 'string', minLength: 1 };
    const { limits } = field;
    const number = (text: string | undefined) =>
      text !== undefined && Number.isFinite(Number(text.replace(',', '.'))) ? Number(text.replace(',', '.')) : undefined;
    const bounds = bounded(number(limits.minValue), number(limits.maxValue), 'minimum', 'maximum');
    switch (field.data) {
      case 'bool':
        return { title: field.label, type: 'boolean' };
      case 'num_int':
        return { title: field.label, type: 'integer', ...bounds };
      case 'num':
      case 'num_currency':
        return { title: field.label, type: 'number', ...bounds };
      case 'date':
        return { title: field.label, type: 'string', format: 'date', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' };
      case 'time':
      case 'datetime':
      case 'file':
      case 'obj':
        return { title: field.label, type: 'string', minLength: 1 };
      default:
        return { title: field.label, type: 'string', ...lengthsOf(limits) };
    }
  }
}

/** How an expression at the node's own place names it. */
function expressionOf(node: Node): string {
  return [...(node.lists.length > 0 ? [node.lists.at(-1)!.as] : []), ...node.names].join('.');
}

function bounded(min: number | undefined, max: number | undefined, lower: string, upper: string): Schema {
  if (min !== undefined && max !== undefined && min > max) return {};
  return { ...(min !== undefined && { [lower]: min }), ...(max !== undefined && { [upper]: max }) };
}

function lengthsOf({ minLength, maxLength }: Limits): Schema {
  const whole = (text: string | undefined) => (text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined);
  return bounded(Math.max(1, whole(minLength) ?? 1), whole(maxLength) || undefined, 'minLength', 'maxLength');
}

function constantOf(field: FimField, value: string): Json {
  if (field.input === 'select') return value;
  if (field.data === 'bool') return value === 'true';
  return field.data.startsWith('num') && Number.isFinite(Number(value)) ? Number(value) : value;
}
