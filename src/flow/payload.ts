/** Answers -> the document that the back office gets, by the template of `payload.json`. Keys keep the template's order: the same answers give the same bytes. */
import { entryKeys } from './answers.ts';
import { inside, joinPath } from './compile.ts';
import { compileExpression, type Place } from './expressions.ts';
import { copyRecord } from './page.ts';
import type { Answers, Expression, Field, Flow, FlowProblem, Json, Scope, Walk } from './types.ts';

interface Where {
  readonly counted: Answers;
  readonly scope: Scope;
  /** Template prefix -> answer prefix of the entries around. */
  readonly entries: readonly { readonly template: string; readonly actual: string }[];
}

type Builder = (where: Where) => Json | undefined;

export interface CompiledPayload {
  /** The document for a walk. Deterministic. */
  build: (walk: Walk) => Json;
  problems: FlowProblem[];
  /** Template paths of the fields that reach the payload. */
  sources: string[];
}

/** Compiles the template of `payload.json`. Unknown sources and bad expressions become problems with a JSON pointer into the file. */
export function compilePayload(flow: Flow, template: unknown): CompiledPayload {
  const problems: FlowProblem[] = [];
  const sources = new Set<string>();
  const compiler = new PayloadCompiler(flow, problems, sources);
  const builder = compiler.node(template, '/document', inside(flow).place);
  return {
    build: (walk) => builder({ counted: walk.counted, scope: walk.scope, entries: [] }) ?? {},
    problems,
    sources: [...sources],
  };
}

class PayloadCompiler {
  readonly #flow: Flow;
  readonly #problems: FlowProblem[];
  readonly #sources: Set<string>;

  constructor(flow: Flow, problems: FlowProblem[], sources: Set<string>) {
    this.#flow = flow;
    this.#problems = problems;
    this.#sources = sources;
  }

  #report(rule: string, place: string, message: string, remedy: string): Builder {
    this.#problems.push({ rule, place, message, remedy });
    return () => undefined;
  }

  node(template: unknown, at: string, place: Place): Builder {
    if (template === null || typeof template !== 'object') return () => template as Json;
    if (Array.isArray(template)) {
      const items = template.map((item, i) => this.node(item, `${at}/${i}`, place));
      return (where) => some(items.map((item) => item(where)).filter((value) => value !== undefined));
    }
    const object = template as Record<string, unknown>;
    if (Object.hasOwn(object, '$from')) return this.#from(object, at);
    if (Object.hasOwn(object, '$const')) return () => object.$const as Json;
    if (Object.hasOwn(object, '$cel')) {
      const expression = this.#expression(object.$cel, undefined, `${at}/$cel`, place);
      return ({ scope }) => attempt(expression, scope);
    }
    if (Object.hasOwn(object, '$when')) {
      const expression = this.#expression(object.$when, 'bool', `${at}/$when`, place);
      const then = this.node(object.$then, `${at}/$then`, place);
      return (where) => (attempt(expression, where.scope) === true ? then(where) : undefined);
    }
    if (Object.hasOwn(object, '$each')) return this.#each(object, at);
    const unknown = Object.keys(object).find((key) => key.startsWith('$') || key === '__proto__');
    if (unknown)
      return this.#report(
        'payload-template',
        `${at}/${unknown}`,
        `"${unknown}" means nothing in a payload template.`,
        'Use $from, $const, $cel, $when or $each.',
      );
    const members = Object.entries(object).map(
      ([key, value]) => [key, this.node(value, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, place)] as const,
    );
    return (where) => {
      const result: Record<string, Json> = {};
      for (const [key, builder] of members) {
        const value = builder(where);
        if (value !== undefined) result[key] = value;
      }
      return Object.keys(result).length > 0 ? result : undefined;
    };
  }

  #expression(source: unknown, type: string | undefined, at: string, place: Place): Expression | undefined {
    const result = compileExpression(place, String(source), type);
    if ('code' in result) {
      this.#report(
        result.code,
        at,
        `${String(source)}: ${result.message}`,
        'Correct the expression; flows/README.md lists what it may use.',
      );
      return undefined;
    }
    for (const path of result.expression.reads) this.#sources.add(path);
    return result.expression;
  }

  #from(object: Record<string, unknown>, at: string): Builder {
    const source = String(object.$from);
    const names = source.split('.');
    let field: Field | undefined;
    let depth = names.length;
    for (; depth > 0 && !field; depth--) field = this.#flow.fields.get(names.slice(0, depth).join('.'));
    if (!field)
      return this.#report(
        'payload-source',
        `${at}/$from`,
        `There is no field "${source}".`,
        'Name a field by its template path, e.g. "applicant.familyName" or "dogs.breed".',
      );
    const found = field;
    const rest = names.slice(depth + 1);
    this.#sources.add(found.path);
    const map = object.map as Record<string, Json> | undefined;
    return ({ counted, entries }) => {
      const entry = entries.findLast(({ template }) => found.path.startsWith(`${template}.`));
      const name = entry ? joinPath(entry.actual, found.path.slice(entry.template.length + 1)) : found.path;
      const stored = counted[name];
      if (stored === undefined || stored === null) return undefined;
      let value: Json | undefined = found.type.toPayload ? found.type.toPayload(stored, found.config) : stored;
      for (const member of rest) {
        value = memberOf(value, member);
        if (value === undefined) return undefined;
      }
      if (object.first === true && Array.isArray(value)) value = value[0];
      if (!map || value === undefined) return value ?? undefined;
      const translate = (code: Json): Json => (Object.hasOwn(map, String(code)) ? map[String(code)]! : code);
      return Array.isArray(value) ? value.map(translate) : translate(value);
    };
  }

  #each(object: Record<string, unknown>, at: string): Builder {
    const template = String(object.$each);
    const known = inside(this.#flow).entries.get(template);
    if (!known)
      return this.#report(
        'payload-source',
        `${at}/$each`,
        `There is no collection "${template}".`,
        'Name a list by its template path, e.g. "dogs".',
      );
    this.#sources.add(template);
    const as = [...known.place.entries.keys()].at(-1)!;
    const item = this.node(object.item, `${at}/item`, known.place);
    const keep = object.keep === true;
    return (where) => {
      const outer = where.entries.findLast((entry) => template.startsWith(`${entry.template}.`));
      const relative = outer ? template.slice(outer.template.length + 1) : template;
      const list = joinPath(outer?.actual, relative);
      if (!Object.hasOwn(where.counted, list)) return undefined;
      const records = this.#records(where, template, outer?.template);
      const values = entryKeys(where.counted, list).map((key, index) => {
        const scope = Object.assign<Scope, Scope>(copyRecord(where.scope), { [as]: records[index] });
        return item({ counted: where.counted, scope, entries: [...where.entries, { template, actual: `${list}.${key}` }] });
      });
      const result = values.filter((value) => value !== undefined);
      return keep ? result : some(result);
    };
  }

  /** The records of a list as expressions see them, from the scope: nested lists through the entry's own variable. */
  #records(where: Where, template: string, outer: string | undefined): unknown[] {
    const as = outer === undefined ? undefined : [...inside(this.#flow).entries.get(outer)!.place.entries.keys()].at(-1)!;
    let value: unknown = as === undefined ? where.scope : where.scope[as];
    for (const name of (outer === undefined ? template : template.slice(outer.length + 1)).split('.'))
      value = (value as Scope | undefined)?.[name];
    return Array.isArray(value) ? value : [];
  }
}

/** A member of a value; of several values (files), the members of all of them. */
function memberOf(value: Json, member: string): Json | undefined {
  if (Array.isArray(value)) return some(value.map((one) => memberOf(one, member)).filter((one) => one !== undefined));
  return value !== null && typeof value === 'object' && Object.hasOwn(value, member) ? value[member] : undefined;
}

function some(values: Json[]): Json | undefined {
  return values.length > 0 ? values : undefined;
}

function attempt(expression: Expression | undefined, scope: Scope): Json | undefined {
  if (!expression) return undefined;
  try {
    return expression.evaluate(scope) as Json;
  } catch {
    // Undecidable here: left out, as everything that is not answered.
    return undefined;
  }
}
