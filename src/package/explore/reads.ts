/**
 * What a flow's expressions need from the answers, and for how long. The explorer branches only over answers that some expression reads, and
 * forgets them when the last one that does has been passed: two ways that agree on what is still needed go on alike.
 */
import { parse } from '@marcbachmann/cel-js';
import type { Expression, Flow, Page } from '#flow';

/** Constants that occur in the expressions over a field: the values around which decisions change. */
export interface Literals {
  readonly numbers: Set<number>;
  readonly strings: Set<string>;
  /** Other paths that the same expressions read: values to compare with. */
  readonly beside: Set<string>;
}

interface Use {
  /** Last place in walking order that needs it. */
  readonly position: number;
  /** How many collections around path and expression are the same entry. */
  readonly shared: number;
}

export interface Reads {
  /** Paths whose value decides something. */
  readonly decisive: ReadonlySet<string>;
  /** Paths that only a computed value reads: whether they are answered matters, their value does not. */
  readonly valued: ReadonlySet<string>;
  readonly literals: ReadonlyMap<string, Literals>;
  /** The conditions and rules that a path decides, through computed values too. */
  readonly decides: ReadonlyMap<string, ReadonlySet<Expression>>;
  /** Is the answer at a path (entry keys around it: `entries`) still needed at a place? */
  readonly live: (template: string, entries: readonly string[], page: Page, prefix: string) => boolean;
}

const END = Number.MAX_SAFE_INTEGER;

export function readsOf(flow: Flow): Reads {
  const order = positions(flow);
  const lists = new Set([...flow.pages.values()].flatMap((page) => (page.collection ? [page.collection.path] : [])));
  const around = (template: string): string[] => {
    const names = template.split('.');
    return names.map((_, i) => names.slice(0, i).join('.')).filter((prefix) => lists.has(prefix));
  };
  const computed = new Map(flow.expressions.filter(({ kind }) => kind === 'computed').map((entry) => [entry.owner, entry]));

  const decides = decidesOf(flow, computed);
  const decisive = new Set(decides.keys());
  const valued = new Set([...computed.values()].flatMap(({ expression }) => expression.reads).filter((path) => !decisive.has(path)));

  const uses = new Map<string, Use[]>();
  for (const { place, expression } of flow.expressions) {
    const { position, within } = order.of(place);
    for (const path of expression.reads) {
      const chain = around(path);
      let shared = 0;
      while (shared < chain.length && chain[shared] === within[shared]) shared++;
      const known = uses.get(path) ?? [];
      const before = known.findIndex((use) => use.shared === shared);
      if (before < 0) known.push({ position, shared });
      else if (known[before]!.position < position) known[before] = { position, shared };
      uses.set(path, known);
    }
  }
  return {
    decisive,
    valued,
    literals: literalsOf(flow, computed),
    decides,
    live(template, entries, page, prefix) {
      const here = order.start(page);
      return (uses.get(template) ?? []).some(
        ({ position, shared }) => position >= here && (shared === 0 || `${prefix}.`.startsWith(`${entries[shared - 1]}.`)),
      );
    },
  };
}

/** Numbers the places of a flow in walking order. */
function positions(flow: Flow) {
  const pages = new Map<string, { start: number; end: number; within: readonly string[] }>();
  const starts = new Map<string, number>();
  const sections = new Map<string, number>();
  let counter = 0;
  const visit = (page: Page, place: string, within: readonly string[]): void => {
    const start = counter++;
    const collection = page.collection;
    for (const [i, inner] of (collection?.pages ?? []).entries()) visit(inner, `${place}/pages/${i}`, [...within, collection!.path]);
    pages.set(place, { start, end: collection ? counter++ : start, within });
    starts.set(page.id, start);
  };
  for (const [s, section] of flow.sections.entries()) {
    for (const [p, page] of section.pages.entries()) visit(page, `/sections/${s}/pages/${p}`, []);
    sections.set(`/sections/${s}/when`, section.rules.length > 0 ? END : counter);
  }
  return {
    start: (page: Page): number => starts.get(page.id) ?? 0,
    of(place: string): { position: number; within: readonly string[] } {
      const page = pages.get(/^.*\/pages\/\d+(?=\/)/.exec(place)?.[0] ?? '');
      if (!page) return { position: sections.get(place) ?? END, within: [] };
      // The rules of a list are checked behind its entries.
      const own = place.slice(place.lastIndexOf('/pages/')).replace(/^\/pages\/\d+/, '');
      return { position: own.startsWith('/rules') ? page.end : page.start, within: page.within };
    },
  };
}

type Computed = ReadonlyMap<string, Flow['expressions'][number]>;

/** What an expression reads, and what the computed values among it are computed from. */
function readThrough(expression: Expression, computed: Computed): Set<string> {
  const paths = new Set(expression.reads);
  for (const path of paths) for (const inner of computed.get(path)?.expression.reads ?? []) paths.add(inner);
  return paths;
}

function decidesOf(flow: Flow, computed: Computed): Map<string, Set<Expression>> {
  const result = new Map<string, Set<Expression>>();
  for (const { kind, expression } of flow.expressions) {
    if (kind === 'computed') continue;
    for (const path of readThrough(expression, computed)) result.set(path, (result.get(path) ?? new Set()).add(expression));
  }
  return result;
}

function literalsOf(flow: Flow, computed: Computed): Map<string, Literals> {
  const result = new Map<string, Literals>();
  for (const { expression } of flow.expressions) {
    const numbers = new Set<number>();
    const strings = new Map<string, Set<string> | undefined>();
    collect(parse(expression.source).ast, numbers, strings);
    // A threshold on a computed value is reached through what it is computed from.
    const paths = readThrough(expression, computed);
    for (const path of paths) {
      let known = result.get(path);
      if (!known) result.set(path, (known = { numbers: new Set(), strings: new Set(), beside: new Set() }));
      for (const number of numbers) known.numbers.add(number);
      const name = path.split('.').at(-1)!;
      for (const [text, of] of strings) if (!of || of.has(name) || !expression.reads.includes(path)) known.strings.add(text);
      for (const other of paths) if (other !== path) known.beside.add(other);
    }
  }
  return result;
}

/** Literals of an expression; a text that is compared with one answer alone belongs to the names that lead to it. */
function collect(node: unknown, numbers: Set<number>, strings: Map<string, Set<string> | undefined>, of?: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) collect(item, numbers, strings, of);
  if (node === null || typeof node !== 'object' || !('op' in node)) return;
  const { op, args } = node as { op: string; args: unknown };
  if (op === 'value') {
    if (typeof args === 'number' || typeof args === 'bigint') numbers.add(Number(args));
    else if (typeof args === 'string') {
      const known = strings.get(args);
      strings.set(args, !of || (strings.has(args) && !known) ? undefined : new Set([...(known ?? []), ...of]));
    }
    return;
  }
  const [left, right] = Array.isArray(args) ? (args as unknown[]) : [];
  const compared = op === '==' || op === '!=' || op === 'in' ? (namesOf(left) ?? namesOf(right)) : undefined;
  collect(args, numbers, strings, compared ?? of);
}

/** The names of a plain path: `dogs.breed`. */
function namesOf(node: unknown): Set<string> | undefined {
  const { op, args } = (node ?? {}) as { op?: string; args?: unknown };
  if (op === 'id') return new Set([String(args)]);
  if (op !== '.') return undefined;
  const [object, name] = args as [unknown, string];
  return namesOf(object)?.add(name);
}
