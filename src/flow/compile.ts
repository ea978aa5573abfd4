/**
 * Flow document -> compiled flow. Two passes: the first lays out the records that expressions may read (every field by its path), the second
 * compiles pages, conditions and rules in walking order and notes for each expression whether what it reads has been walked by then.
 * Never throws on a document that fits the schema: what is wrong becomes a problem with place and remedy.
 */
import type { FieldTypes } from '#fields';
import {
  compileExpression,
  entryPlace,
  firstLine,
  markComposite,
  recordShape,
  RESERVED,
  rootPlace,
  type Place,
  type RecordShape,
} from './expressions.ts';
import { buildMachine } from './machine.ts';
import type {
  Cel,
  Expression,
  Field,
  FieldDocument,
  Flow,
  FlowDocument,
  FlowProblem,
  Page,
  PageDocument,
  ParameterTypes,
  Rule,
  RuleDocument,
  Section,
} from './types.ts';

export type CompileResult = { flow: Flow; problems: FlowProblem[] } | { flow?: undefined; problems: FlowProblem[] };

const ID = /^[A-Za-z][A-Za-z0-9_-]*$/;
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const ASKING = new Set(['question', 'upload', 'check']);

/** What the rest of the engine needs of a flow beyond its public shape. */
export interface FlowInside {
  root: RecordShape;
  place: Place;
  /** Place of an entry by the template path of its list. */
  entries: Map<string, { place: Place; shape: RecordShape }>;
}

const insides = new WeakMap<Flow, FlowInside>();
export function inside(flow: Flow): FlowInside {
  return insides.get(flow)!;
}

export function joinPath(...parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join('.');
}

/** Compiles a flow document. Takes the field types and the types of the municipality's parameters. */
export function compile(document: FlowDocument, types: FieldTypes, parameters: ParameterTypes = {}): CompileResult {
  const problems: FlowProblem[] = [];
  const report = (rule: string, place: string, message: string, remedy: string) => void problems.push({ rule, place, message, remedy });
  const layout = new Layout(types, report);
  layout.flow(document);
  if (problems.length > 0) return { problems };
  let root: Place;
  try {
    root = rootPlace(layout.root, parameters);
  } catch (error) {
    report('bad-id', '', (error as Error).message, 'Rename the field, group or entry.');
    return { problems };
  }
  let flow: Flow;
  try {
    flow = new Compiler(types, report, root).flow(document);
  } catch (error) {
    // The expression library refuses a name twice: an entry's name that is a group's name somewhere else.
    report('bad-id', '', firstLine(error), 'Give groups, fields and entries ("as") different names.');
    return { problems };
  }
  return problems.some((problem) => problem.rule !== 'reads-later') ? { problems } : { flow, problems };
}

type Report = (rule: string, place: string, message: string, remedy: string) => void;

/** First pass: ids, paths and the records that expressions see. */
class Layout {
  readonly root = recordShape('');
  readonly #ids = new Map<string, string>();
  readonly #types: FieldTypes;
  readonly #report: Report;
  #checks = 0;

  constructor(types: FieldTypes, report: Report) {
    this.#types = types;
    this.#report = report;
  }

  flow(document: FlowDocument): void {
    for (const [s, section] of document.sections.entries()) {
      const place = `/sections/${s}`;
      this.#id(section.id, `${place}/id`);
      if (section.pages.length === 0)
        this.#report('empty-section', place, `Section "${section.id}" has no pages.`, 'Add a page or remove the section.');
      for (const [p, page] of section.pages.entries()) this.#page(page, `${place}/pages/${p}`, this.root, section.group, false);
    }
    if (this.#checks !== 1) {
      this.#report(
        'check-page',
        '/sections',
        `There are ${this.#checks} pages of kind "check".`,
        'A flow has exactly one page of kind "check", at top level.',
      );
    }
  }

  #id(id: string, place: string): void {
    if (!ID.test(id) || RESERVED.has(id))
      this.#report('bad-id', place, `"${id}" is not a usable id.`, 'Use letters, digits and _; no reserved words.');
    const before = this.#ids.get(id);
    if (before !== undefined)
      this.#report('duplicate-id', place, `The id "${id}" is used at ${before} too.`, 'Give every section and page its own id.');
    this.#ids.set(id, place);
  }

  #record(from: RecordShape, group: string | undefined, place: string): RecordShape {
    let shape = from;
    for (const name of group?.split('.') ?? []) {
      if (!NAME.test(name) || RESERVED.has(name))
        this.#report('bad-id', `${place}/group`, `"${name}" is not a usable group name.`, 'Use letters, digits and _.');
      const found = shape.members.get(name);
      if (found === undefined) {
        const made = recordShape(joinPath(shape.path, name));
        shape.members.set(name, made);
        shape = made;
      } else if (typeof found === 'string' || 'list' in found) {
        this.#report(
          'duplicate-path',
          `${place}/group`,
          `"${joinPath(shape.path, name)}" is a field already.`,
          'Rename the group or the field.',
        );
        return recordShape('');
      } else shape = found;
    }
    return shape;
  }

  #page(page: PageDocument, place: string, record: RecordShape, group: string | undefined, inEntry: boolean): void {
    this.#id(page.id, `${place}/id`);
    const shape = this.#record(record, joinPath(group, page.group) || undefined, place);
    if (page.kind === 'collection') {
      if (!page.as || !page.pages?.length) {
        this.#report('collection', place, `Collection "${page.id}" needs "as" and "pages".`, 'Name one entry with "as" and give it pages.');
        return;
      }
      if (page.fields?.length)
        this.#report(
          'collection',
          `${place}/fields`,
          'A collection page has no fields of its own.',
          'Move the fields to a page before it, or into "pages".',
        );
      if ((page.min ?? 0) > (page.max ?? 99)) this.#report('collection', `${place}/min`, '"min" is above "max".', 'Correct the bounds.');
      if (!NAME.test(page.as) || RESERVED.has(page.as))
        this.#report('bad-id', `${place}/as`, `"${page.as}" is not a usable name.`, 'Use letters, digits and _.');
      const list = page.list ?? page.id;
      const entry = recordShape(joinPath(shape.path, list));
      this.#member(shape, list, { list: entry }, `${place}/list`);
      for (const [p, inner] of page.pages.entries()) {
        if (!['question', 'upload', 'info', 'collection'].includes(inner.kind)) {
          this.#report(
            'collection',
            `${place}/pages/${p}/kind`,
            `A page of kind "${inner.kind}" cannot stand in a collection.`,
            'Use question, upload, info or collection.',
          );
        }
        this.#page(inner, `${place}/pages/${p}`, entry, undefined, true);
      }
      if (this.root.members.has(page.as))
        this.#report('bad-id', `${place}/as`, `"${page.as}" is a field or group already.`, 'Choose another name for the entry.');
      return;
    }
    if (page.kind === 'check') {
      this.#checks += 1;
      if (inEntry) return;
    }
    if (page.kind === 'exit' && !page.when)
      this.#report('exit-page', place, `Exit "${page.id}" has no "when": everybody would end there.`, 'Say with "when" who ends here.');
    if (ASKING.has(page.kind) && page.kind !== 'check' && !page.fields?.length) {
      this.#report('empty-page', place, `Page "${page.id}" asks nothing.`, 'Add a field or use kind "info".');
    }
    if (!ASKING.has(page.kind) && page.fields?.some((field) => !this.#types.get(field.type)?.silent)) {
      this.#report('page-kind', `${place}/fields`, `A page of kind "${page.kind}" cannot ask.`, 'Use kind "question".');
    }
    for (const [f, field] of (page.fields ?? []).entries()) this.#field(field, `${place}/fields/${f}`, shape);
  }

  #field(field: FieldDocument, place: string, shape: RecordShape): void {
    if (!NAME.test(field.id) || RESERVED.has(field.id)) {
      this.#report('bad-id', `${place}/id`, `"${field.id}" is not a usable field id.`, 'Use letters, digits and _; no reserved words.');
      return;
    }
    const type = this.#types.get(field.type);
    if (!type) {
      this.#report(
        'unknown-field-type',
        `${place}/type`,
        `There is no field type "${field.type}".`,
        `Use one of: ${[...this.#types.keys()].sort().join(', ')}.`,
      );
      return;
    }
    if (type.name === 'note') return;
    const cel = typeof type.cel === 'function' ? type.cel(field) : type.cel;
    if (typeof cel === 'string') this.#member(shape, field.id, cel, `${place}/id`);
    else {
      const record = markComposite(recordShape(joinPath(shape.path, field.id)));
      for (const [name, member] of Object.entries(cel)) record.members.set(name, member);
      this.#member(shape, field.id, record, `${place}/id`);
    }
  }

  #member(shape: RecordShape, name: string, member: string | RecordShape | { list: RecordShape }, place: string): void {
    if (!NAME.test(name) || RESERVED.has(name))
      this.#report('bad-id', place, `"${name}" is not a usable name.`, 'Use letters, digits and _; no reserved words.');
    else if (shape.members.has(name))
      this.#report('duplicate-path', place, `"${joinPath(shape.path, name)}" exists already.`, 'Give the field another id or group.');
    else shape.members.set(name, member);
  }
}

/** Second pass: pages with their expressions, in walking order. */
class Compiler {
  readonly #types: FieldTypes;
  readonly #report: Report;
  readonly #root: Place;
  readonly #entries: FlowInside['entries'] = new Map();
  readonly #walked = new Set<string>();
  readonly #pages = new Map<string, Page>();
  readonly #fields = new Map<string, Field>();
  readonly #expressions: Flow['expressions'][number][] = [];
  readonly #ruleIds = new Set<string>();

  constructor(types: FieldTypes, report: Report, root: Place) {
    this.#types = types;
    this.#report = report;
    this.#root = root;
  }

  flow(document: FlowDocument): Flow {
    const sections: Section[] = document.sections.map((section, s) => {
      const place = `/sections/${s}`;
      const when = this.#expression(section.when, 'bool', this.#root, `${place}/when`, section.id, 'when');
      const pages = section.pages.map((page, p) => this.#page(page, `${place}/pages/${p}`, section.id, section.group, this.#root, ''));
      const rules = this.#rules(section.rules, `${place}/rules`, section.group ?? '', this.#root, section.id);
      return { id: section.id, precheck: section.precheck === true, when, pages, rules };
    });
    const rules = this.#rules(document.rules, '/rules', '', this.#root, 'flow');
    const flow: Flow = {
      document,
      sections,
      rules,
      pages: this.#pages,
      fields: this.#fields,
      expressions: this.#expressions,
      machine: buildMachine('flow', sections),
    };
    insides.set(flow, { root: this.#root.root, place: this.#root, entries: this.#entries });
    return flow;
  }

  #page(document: PageDocument, at: string, section: string, group: string | undefined, place: Place, base: string): Page {
    const prefix = joinPath(base, group, document.group);
    const when = this.#expression(document.when, 'bool', place, `${at}/when`, document.id, 'when');
    let collection: Page['collection'];
    if (document.kind === 'collection') {
      const path = joinPath(prefix, document.list ?? document.id);
      const shape = this.#shapeOf(path);
      const inner = entryPlace(place, document.as!, shape);
      this.#entries.set(path, { place: inner, shape });
      const pages = document.pages!.map((page, p) => this.#page(page, `${at}/pages/${p}`, section, undefined, inner, path));
      this.#walked.add(path);
      const bounds = { min: document.min ?? 0, max: document.max ?? 99 };
      collection = { path, as: document.as!, ...bounds, pages, machine: buildMachine(path, [{ id: 'entry', pages }]) };
    }
    const fields = (document.fields ?? []).map((field, f) => this.#field(field, `${at}/fields/${f}`, prefix, place));
    const rules = this.#rules(document.rules, `${at}/rules`, prefix, place, document.id);
    const page: Page = { id: document.id, kind: document.kind, section, config: document, prefix, when, fields, rules, collection };
    this.#pages.set(page.id, page);
    return page;
  }

  #shapeOf(path: string): RecordShape {
    let shape = this.#root.root;
    for (const name of path.split('.')) {
      const member = shape.members.get(name);
      if (member === undefined || typeof member === 'string') throw new Error(`no record at ${path}`);
      shape = 'list' in member ? member.list : member;
    }
    return shape;
  }

  #field(document: FieldDocument, at: string, prefix: string, place: Place): Field {
    const path = joinPath(prefix, document.id);
    const type = this.#types.get(document.type)!;
    const when = this.#expression(document.when, 'bool', place, `${at}/when`, path, 'when');
    let required: Field['required'] = document.required !== false && !type.silent;
    if (typeof document.required === 'string')
      required = this.#expression(document.required, 'bool', place, `${at}/required`, path, 'required') ?? true;
    let compute: Expression | undefined;
    if (type.name === 'computed') {
      const cel = typeof type.cel === 'function' ? type.cel(document) : type.cel;
      compute = this.#expression(String(document.value ?? ''), cel as string, place, `${at}/value`, path, 'computed');
    }
    this.#walked.add(path);
    const rules = this.#rules(document.rules, `${at}/rules`, prefix, place, path, path);
    const field: Field = { id: document.id, path, config: document, type, when, required, rules, compute };
    this.#fields.set(path, field);
    return field;
  }

  #rules(documents: RuleDocument[] | undefined, at: string, prefix: string, place: Place, owner: string, self?: string): Rule[] {
    return (documents ?? []).flatMap((document, r) => {
      if (this.#ruleIds.has(document.id))
        this.#report('duplicate-id', `${at}/${r}/id`, `The rule id "${document.id}" is used twice.`, 'Give every rule its own id.');
      this.#ruleIds.add(document.id);
      const assert = this.#expression(document.assert, 'bool', place, `${at}/${r}/assert`, document.id, 'rule');
      const when = this.#expression(document.when, 'bool', place, `${at}/${r}/when`, document.id, 'rule');
      const fields = document.fields?.map((id) => joinPath(prefix, id)) ?? (self ? [self] : []);
      for (const path of fields) {
        if (!this.#fields.has(path) && path !== self && !this.#walked.has(path)) {
          this.#report(
            'rule-field',
            `${at}/${r}/fields`,
            `There is no field "${path}" here.`,
            `Name fields of "${owner}" or earlier ones.`,
          );
        }
      }
      return assert ? [{ id: document.id, level: document.level ?? 'should', assert, when, fields }] : [];
    });
  }

  #expression(
    source: Cel | undefined,
    type: string,
    place: Place,
    at: string,
    owner: string,
    kind: Flow['expressions'][number]['kind'],
  ): Expression | undefined {
    if (source === undefined) return undefined;
    const result = compileExpression(place, source, type);
    if ('code' in result) {
      this.#report(result.code, at, `${source}: ${result.message}`, 'Correct the expression; flows/README.md lists what it may use.');
      return undefined;
    }
    for (const path of result.expression.reads) {
      if (!path.startsWith('param.') && !this.#walked.has(path)) {
        this.#report(
          'reads-later',
          at,
          `"${source}" reads "${path}", which has not been walked yet at this place.`,
          'Move the question up, or the condition down.',
        );
      }
    }
    this.#expressions.push({ place: at, owner, kind, expression: result.expression });
    return result.expression;
  }
}
