/**
 * Conditions of rules, tied to the schema's tree and written as CEL. What is not there, not clear or not expressible gives a reason and no expression:
 * a condition is never guessed.
 */
import type { Code, FimField } from './schema.ts';
import type { Condition, Reference } from './rules/index.ts';
import { below, silent, type Node, type Tree } from './tree.ts';

/** Why something could not be tied or written. In English, for an editor. */
export class Unclear extends Error {}

/** The Land that the application belongs to, as a parameter of the municipality. */
export const LAND = 'land';

/**
 * The node that a rule means: below the element that bears the rule first, then further and further out (a rule's place tells elements apart that
 * occur several times). @throws Unclear where there is none, or more than one at the same distance.
 */
export function resolve(tree: Tree, bearer: Node | undefined, reference: Reference): Node {
  for (let from = bearer; ; from = from.parent) {
    const pool = from ? [...below(from)] : [...tree.nodes.values()];
    const found = pool.filter((node) => fits(node.position.path, reference));
    if (found.length === 1) return found[0]!;
    if (found.length > 1) return nearest(found, from, reference);
    if (!from) throw new Unclear(`${reference.join('.')} is not in the schema`);
    // The element itself may be meant by a rule that it bears.
    if (from.parent === undefined) {
      const all = [...tree.nodes.values()].filter((node) => fits(node.position.path, reference));
      if (all.length === 1) return all[0]!;
      throw new Unclear(
        all.length === 0 ? `${reference.join('.')} is not in the schema` : `${reference.join('.')} stands in ${all.length} places`,
      );
    }
  }
}

/** Do the ids stand in the path in that order, the last one at its end? */
function fits(path: readonly string[], reference: Reference): boolean {
  if (path.at(-1) !== reference.at(-1)) return false;
  let at = path.length - 1;
  for (let i = reference.length - 2; i >= 0; i--) {
    at = path.lastIndexOf(reference[i]!, at - 1);
    if (at < 0) return false;
  }
  return true;
}

function nearest(found: readonly Node[], from: Node | undefined, reference: Reference): Node {
  const depth = from?.position.path.length ?? 0;
  // What stands directly in the bearing element, as the path says it.
  const direct = found.filter(({ position: { path } }) => path.length === depth + reference.length);
  if (direct.length === 1) return direct[0]!;
  throw new Unclear(`${reference.join('.')} stands in ${found.length} places`);
}

/** A condition with its elements found. @throws Unclear */
export function tie(condition: Condition, find: (reference: Reference) => Node): Condition<Node> {
  switch (condition.op) {
    case 'always':
    case 'land':
      return condition;
    case 'equals':
      return { ...condition, field: find(condition.field) };
    case 'compare':
      return { ...condition, field: find(condition.field) };
    case 'filled':
      return { op: 'filled', element: find(condition.element) };
    case 'date':
      return { op: 'date', day: find(condition.day), month: find(condition.month), year: find(condition.year) };
    case 'not':
      return { op: 'not', of: tie(condition.of, find) };
    default:
      return { op: condition.op, of: condition.of.map((one) => tie(one, find)) };
  }
}

export interface Writing {
  /** The lists in whose entries the expression stands, outermost first. */
  readonly place: readonly Node[];
  /** The codes that a field allows, if they are known. */
  readonly codes: (field: FimField) => readonly Code[] | undefined;
  /** The value of a field that is never asked. */
  readonly constant: (node: Node) => string | undefined;
}

/** The condition as CEL, deciding for every state of the answers. @throws Unclear */
export function cel(condition: Condition<Node>, writing: Writing): string {
  switch (condition.op) {
    case 'always':
      return 'true';
    case 'land':
      return among(`param.${LAND}`, condition.laender);
    case 'equals':
      return equals(condition.field, condition.values, writing);
    case 'compare': {
      const { expression, type } = access(condition.field, writing);
      if (type !== 'number') throw new Unclear(`${condition.field.element.id} is no number and cannot be compared`);
      return `(answered(${expression}) && ${expression} ${condition.than} ${condition.value})`;
    }
    case 'filled':
      return filled(condition.element, writing);
    case 'date':
      throw new Unclear('three fields are held against the calendar that are not one date');
    case 'not':
      return negated(cel(condition.of, writing));
    case 'and':
      return join(condition.of, ' && ', writing);
    case 'or':
      return join(condition.of, ' || ', writing);
    default: {
      const [first, second, ...more] = condition.of.map((one) => wrapped(cel(one, writing)));
      if (first === undefined || second === undefined || more.length > 0) throw new Unclear('one of more than two is to hold');
      return `(${first} != ${second})`;
    }
  }
}

function join(conditions: readonly Condition<Node>[], operator: string, writing: Writing): string {
  conditions = merged(conditions, operator === ' || ');
  const [absorbing, neutral]: [string, string] = operator === ' && ' ? ['false', 'true'] : ['true', 'false'];
  const parts = [...new Set(conditions.map((one) => cel(one, writing)))].filter((part) => part !== neutral);
  if (parts.length === 0) return neutral;
  if (parts.includes(absorbing)) return absorbing;
  return parts.length === 1 ? parts[0]! : `(${parts.join(operator)})`;
}

/** Several values of one field are one comparison: shorter for whoever reads it, and within what an expression may be. */
function merged(conditions: readonly Condition<Node>[], or: boolean): Condition<Node>[] {
  const values = new Map<Node, Set<string>>();
  const order: (Node | Condition<Node>)[] = [];
  for (const one of conditions.flatMap((inner) => (inner.op === (or ? 'or' : 'and') ? inner.of : [inner]))) {
    const equals = or ? one : one.op === 'not' ? one.of : undefined;
    if (equals?.op !== 'equals' || equals.values.some((value) => value === 'true' || value === 'false')) {
      order.push(one);
      continue;
    }
    if (!values.has(equals.field)) order.push(equals.field);
    values.set(equals.field, new Set([...(values.get(equals.field) ?? []), ...equals.values]));
  }
  return order.map((one) => {
    if (!('element' in one) || 'op' in one) return one;
    const equals: Condition<Node> = { op: 'equals', field: one, values: [...values.get(one)!] };
    return or ? equals : { op: 'not', of: equals };
  });
}

/** The opposite; constants of fields that are never asked are worked out. */
export function negated(expression: string): string {
  if (expression === 'true' || expression === 'false') return expression === 'true' ? 'false' : 'true';
  return `!${wrapped(expression)}`;
}

/** All of them, the constants worked out; undefined where nothing is asked for. */
export function and(...parts: readonly (string | undefined)[]): string | undefined {
  const real = [...new Set(parts.filter((part) => part !== undefined && part !== 'true'))] as string[];
  if (real.includes('false')) return 'false';
  if (real.length < 2) return real[0];
  return real.map((part) => (/ \|\| /.test(part) ? wrapped(part) : part)).join(' && ');
}

const wrapped = (expression: string): string =>
  /^[\w.]+\(.*\)$|^\(.*\)$|^[\w.]+$/.test(expression) && balanced(expression) ? expression : `(${expression})`;

/** Does the first parenthesis close at the very end? */
function balanced(expression: string): boolean {
  let open = 0;
  for (const [at, sign] of [...expression].entries()) {
    if (sign === '(') open++;
    if (sign === ')') open--;
    if (sign === ')' && open === 0) return at === expression.length - 1;
  }
  return true;
}

export const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '')}'`;

function among(expression: string, values: readonly string[]): string {
  const [first, ...more] = values;
  return more.length === 0 ? `${expression} == ${quoted(first ?? '')}` : `${expression} in [${values.map(quoted).join(', ')}]`;
}

type Seen = 'text' | 'number' | 'yesno' | 'date' | 'codes' | 'file' | 'address';

/** How expressions at a place read a field. @throws Unclear where it lies in a list that the place is not in. */
function access(node: Node, { place }: Pick<Writing, 'place'>): { expression: string; type: Seen } {
  const base = baseOf(node.within ?? node, { place });
  if (node.within) {
    const member = node.within.block!.members.get(node.element.id)!;
    return { expression: `${base}.${member}`, type: node.within.block!.type === 'address' ? 'text' : 'number' };
  }
  return { expression: base, type: seenAs(node) };
}

function baseOf(target: Node, { place }: Pick<Writing, 'place'>): string {
  if (target.list || !target.lists.every((list, i) => place[i] === list))
    throw new Unclear(`${target.element.id} is given several times: which one is meant is not said`);
  return nameOf(target);
}

/** How a place that sees it names a node. */
function nameOf(target: Node): string {
  return [...(target.lists.length > 0 ? [target.lists.at(-1)!.as] : []), ...target.names].join('.');
}

function seenAs({ element, position }: Node): Seen {
  if (element.kind === 'group') throw new Unclear(`${element.id} is a group and has no value`);
  if (element.data === 'file') return 'file';
  if (element.input === 'select') return position.max > 1 ? 'codes' : 'text';
  if (element.data === 'bool') return 'yesno';
  if (element.data === 'date') return 'date';
  return element.data.startsWith('num') ? 'number' : 'text';
}

function equals(node: Node, values: readonly string[], writing: Writing): string {
  const { element } = node;
  if (element.kind === 'group') throw new Unclear(`${element.id} is a group and has no value`);
  const fixed = writing.constant(node);
  if (fixed !== undefined) return String(values.includes(fixed));
  if (silent(element)) throw new Unclear(`${element.id} is never asked and has no value`);
  const { expression, type } = access(node, writing);
  if (type === 'yesno') {
    const wanted = values.map((value) => (value === 'true' ? expression : value === 'false' ? `!${expression}` : undefined));
    if (wanted.length !== 1 || wanted[0] === undefined)
      throw new Unclear(`${element.id} is answered with yes or no, not with ${values.join(', ')}`);
    return `(answered(${expression}) && ${wanted[0]})`;
  }
  if (type === 'number') {
    const numbers = values.map(Number);
    if (numbers.some((value) => !Number.isFinite(value))) throw new Unclear(`${element.id} is a number, ${values.join(', ')} is none`);
    return `(answered(${expression}) && (${numbers.map((value) => `${expression} == ${value}`).join(' || ')}))`;
  }
  if (type !== 'text' && type !== 'codes') throw new Unclear(`${element.id} cannot be compared with ${values.join(', ')}`);
  const codes = writing.codes(element);
  values = codes ? values.map((value) => codeOf(value, codes)) : values;
  const unknown = codes && values.find((value) => !codes.some(({ code }) => code === value));
  if (unknown !== undefined) throw new Unclear(`"${unknown}" is no code of ${element.id}`);
  if (element.input !== 'select' && values.some((value) => value === 'true' || value === 'false'))
    throw new Unclear(`${element.id} is no yes/no question`);
  if (type === 'text') return among(expression, values);
  return values.length === 1
    ? `${quoted(values[0]!)} in ${expression}`
    : `(${values.map((value) => `${quoted(value)} in ${expression}`).join(' || ')})`;
}

/** A rule may write the label instead of the code: if it is the label of one code alone, that is meant. */
function codeOf(value: string, codes: readonly Code[]): string {
  if (codes.some(({ code }) => code === value)) return value;
  const named = codes.filter(({ label }) => label === value);
  return named.length === 1 ? named[0]!.code : value;
}

/** More fields in one expression would be no condition that anybody could check. */
const MOST_FIELDS = 30;

/** Whether something was given: for a group, any of its fields. @throws Unclear */
export function filled(node: Node, writing: Writing): string {
  const parts = new Set<string>();
  const visit = (one: Node): void => {
    if (one.list) {
      if (!one.lists.every((list, i) => writing.place[i] === list))
        throw new Unclear(`${one.element.id} is given several times: which one is meant is not said`);
      // Inside its own entry a list is not finished: whether it has entries is known behind it alone.
      if (writing.place.includes(one)) throw new Unclear(`${one.element.id} holds the place that asks for it`);
      parts.add(`size(${nameOf(one)}) > 0`);
    } else if (one.block) {
      const base = baseOf(one, writing);
      parts.add(one.block.type === 'address' ? `${base}.street != ''` : `answered(${base}.year)`);
    } else if (one.element.kind === 'group') one.children.forEach(visit);
    else if (!silent(one.element)) {
      const { expression, type } = access(one, writing);
      parts.add(type === 'text' ? `${expression} != ''` : `answered(${type === 'file' ? `${expression}.count` : expression})`);
    }
  };
  visit(node);
  if (parts.size === 0) throw new Unclear(`${node.element.id} holds nothing that is asked`);
  if (parts.size > MOST_FIELDS)
    throw new Unclear(`${node.element.id} holds ${parts.size} fields: whether it is filled is no simple question`);
  return parts.size === 1 ? [...parts][0]! : `(${[...parts].join(' || ')})`;
}
