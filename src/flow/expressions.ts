/**
 * Expressions (CEL) over answers. One environment per place where an expression may stand: the flow itself, or an entry of a collection,
 * which sees its parents too. Everything is typed before the first citizen comes; what is missing at run time is an error (`Undecided`), never a guess.
 */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { addDays, CivilDate, daysBetween, monthsBetween, yearsBetween } from './civil-date.ts';
import { Undecided, type Expression, type ParameterTypes, type Scope } from './types.ts';

/** Shape of a record in expressions: member -> CEL type name, nested record, or list of records. */
export interface RecordShape {
  /** Template path of the record: `''`, `applicant`, `dogs`. */
  readonly path: string;
  readonly members: Map<string, string | RecordShape | { readonly list: RecordShape }>;
  /** Made by `declare`: instances carry the defaults of what is not answered yet. */
  make?: () => Record<string, unknown>;
}

export function recordShape(path: string): RecordShape {
  return { path, members: new Map() };
}

const LIMITS = { maxAstNodes: 400, maxDepth: 40, maxListElements: 200, maxMapEntries: 0, maxCallArguments: 8 };

/** Names that an id must not have: CEL's reserved words, our own variables, and names that mean something to JavaScript objects. */
export const RESERVED = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while today param end constructor prototype __proto__ hasOwnProperty toString valueOf'.split(
    ' ',
  ),
);

function cents(value: number): number {
  return Math.round((value + Number.EPSILON * Math.sign(value)) * 100) / 100;
}

function baseEnvironment(): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS });
  environment.registerType('Date', { ctor: CivilDate, fields: {} });
  const compare: Record<string, (a: string, b: string) => boolean> = {
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
    '==': (a, b) => a === b,
  };
  for (const [operator, test] of Object.entries(compare)) {
    environment.registerOperator(`Date ${operator} Date`, (a: CivilDate, b: CivilDate) => test(a.iso, b.iso));
  }
  // Numbers are doubles; `rooms == 3` and `fee * 2` must not need a decimal point.
  const arithmetic: Record<string, (a: number, b: number) => number | boolean> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  environment.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  for (const [operator, apply] of Object.entries(arithmetic)) {
    environment.registerOperator(`double ${operator} int`, (a: number, b: bigint) => apply(a, Number(b)));
    environment.registerOperator(`int ${operator} double`, (a: bigint, b: number) => apply(Number(a), b));
  }
  environment.registerFunction('date(string): Date', (iso: string) => CivilDate.parse(iso));
  environment.registerFunction('years(Date, Date): double', yearsBetween);
  environment.registerFunction('months(Date, Date): double', monthsBetween);
  environment.registerFunction('days(Date, Date): double', daysBetween);
  environment.registerFunction('addDays(Date, double): Date', addDays);
  environment.registerFunction('addDays(Date, int): Date', (d: CivilDate, n: bigint) => addDays(d, Number(n)));
  environment.registerFunction('sum(list<double>): double', (list: number[]) => cents(list.reduce((a, b) => a + b, 0)));
  environment.registerFunction('round(double): double', cents);
  for (const [name, pick] of [
    ['min', Math.min],
    ['max', Math.max],
  ] as const) {
    environment.registerFunction(`${name}(double, double): double`, (a: number, b: number) => pick(a, b));
    environment.registerFunction(`${name}(double, int): double`, (a: number, b: bigint) => pick(a, Number(b)));
    environment.registerFunction(`${name}(int, double): double`, (a: bigint, b: number) => pick(Number(a), b));
  }
  const bool = environment.check('true').type;
  environment.registerFunction('answered(ast): bool', ({ args }: { args: ASTNode[] }) => ({
    typeCheck(
      checker: { check(node: unknown, context: unknown): unknown; getType?(name: string): unknown },
      _macro: unknown,
      context: unknown,
    ) {
      checker.check(args[0], context);
      return checker.getType ? checker.getType('bool') : bool;
    },
    evaluate(evaluator: { run(node: unknown, context: unknown): unknown }, _macro: unknown, context: unknown) {
      try {
        const value = evaluator.run(args[0], context);
        return value !== '' && value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
      } catch {
        return false;
      }
    },
  }));
  return environment;
}

/** A place where expressions may stand: what is visible there, and how to compile for it. */
export interface Place {
  readonly environment: Environment;
  /** Variables that are not members of the root record: the entries by their `as` names. */
  readonly entries: ReadonlyMap<string, RecordShape>;
  readonly root: RecordShape;
}

/** The root place of a flow: declares a type per record of the outline, `today` and `param`. */
export function rootPlace(root: RecordShape, parameters: ParameterTypes): Place {
  const environment = baseEnvironment();
  declare(environment, root);
  class Param {}
  environment.registerType('Param', { ctor: Param, fields: { ...parameters } });
  for (const [name, member] of root.members) environment.registerVariable(name, typeName(member));
  environment.registerVariable('today', 'Date');
  environment.registerVariable('param', 'Param');
  paramClasses.set(root, Param);
  return { environment, entries: new Map(), root };
}

const paramClasses = new WeakMap<RecordShape, new () => object>();

/** First scope of a walk: nothing answered. */
export function initialScope(root: RecordShape, today: string, params: Readonly<Record<string, unknown>>): Scope {
  const scope = root.make!();
  scope.today = CivilDate.parse(today);
  const Param = paramClasses.get(root)!;
  scope.param = Object.assign(new Param(), params);
  return scope;
}

/** The place inside an entry of a collection. */
export function entryPlace(parent: Place, as: string, shape: RecordShape): Place {
  return {
    environment: parent.environment.clone().registerVariable(as, recordTypeName(shape)),
    entries: new Map([...parent.entries, [as, shape]]),
    root: parent.root,
  };
}

function recordTypeName(shape: RecordShape): string {
  return `R_${shape.path.replaceAll('.', '__') || 'root'}`;
}

function typeName(member: string | RecordShape | { readonly list: RecordShape }): string {
  if (typeof member === 'string') return member;
  return 'list' in member ? `list<${recordTypeName(member.list)}>` : recordTypeName(member);
}

function declare(environment: Environment, shape: RecordShape): void {
  const fields: Record<string, string> = {};
  for (const [name, member] of shape.members) {
    if (typeof member !== 'string') declare(environment, 'list' in member ? member.list : member);
    fields[name] = typeName(member);
  }
  class Answered {
    constructor() {
      // What is missing: no text and no entries. Numbers, dates and yes/no stay absent, so that reading them is an error.
      for (const [name, member] of shape.members) {
        const target = this as Record<string, unknown>;
        if (member === 'string') target[name] = '';
        else if (typeof member === 'string') {
          if (member.startsWith('list')) target[name] = [];
        } else target[name] = 'list' in member ? [] : member.make!();
      }
    }
  }
  shape.make = () => new Answered() as Record<string, unknown>;
  if (shape.path !== '') environment.registerType(recordTypeName(shape), { ctor: Answered, fields });
}

export type Compiled = { expression: Expression } | { code: 'expression-syntax' | 'expression-type' | 'reads-unknown'; message: string };

/** Compiles an expression for a place; `expected` is its CEL type (`bool`, `double`, …), undefined for any. */
export function compileExpression(place: Place, source: string, expected?: string): Compiled {
  let parsed;
  try {
    parsed = place.environment.parse(source);
  } catch (error) {
    return { code: 'expression-syntax', message: firstLine(error) };
  }
  const costly = costOf(parsed.ast, 0);
  if (costly !== undefined) return { code: 'expression-type', message: costly };
  const checked = place.environment.check(source);
  if (!checked.valid) {
    const message = firstLine(checked.error);
    return { code: /unknown variable|no such key/i.test(message) ? 'reads-unknown' : 'expression-type', message };
  }
  const type = String(checked.type);
  if (expected !== undefined && type !== expected && !(expected === 'double' && type === 'int')) {
    return { code: 'expression-type', message: `gives ${type}, ${expected} is needed` };
  }
  const reads = [...readsOf(parsed.ast, place)];
  const expression: Expression = {
    source,
    type,
    reads,
    evaluate(scope) {
      let value: unknown;
      try {
        value = parsed(scope);
      } catch (error) {
        throw new Undecided(firstLine(error));
      }
      if (typeof value === 'bigint') return Number(value);
      if (value instanceof CivilDate) return value.iso;
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Undecided('the result is not a number');
      return value;
    },
  };
  return { expression };
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

const COMPREHENSIONS = new Set(['exists', 'all', 'map', 'filter', 'exists_one']);

/** Functions whose cost an author does not see, with what to use instead. */
const COSTLY = new Map([
  ['matches', 'patterns belong to fields ("pattern"), where they run in linear time'],
  ['split', 'a text cannot be made a list: ask for the parts in fields of their own'],
]);
/** Loops within each other. With lists of at most 200 entries two are done in milliseconds, four would take hours. */
const MOST_LOOPS = 2;

/** Why an expression could keep the portal busy, if it could. */
function costOf(node: ASTNode, loops: number): string | undefined {
  const { op, args } = node as { op: string; args: unknown };
  const name = op === 'rcall' ? (args as [string, ASTNode, ASTNode[]])[0] : '';
  const instead = COSTLY.get(name);
  if (instead !== undefined) return `${name}() is not available: ${instead}`;
  const looping = COMPREHENSIONS.has(name);
  if (looping && loops >= MOST_LOOPS) return `more than ${MOST_LOOPS} loops within each other`;
  const inner = looping ? (args as [string, ASTNode, ASTNode[]])[2] : [];
  for (const child of flatten(args)) {
    const found = costOf(child, inner.includes(child) ? loops + 1 : loops);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Template paths an expression reads, by following member chains from the variables down the record shapes. */
function readsOf(ast: ASTNode, place: Place): Set<string> {
  const reads = new Set<string>();
  type Bound = ReadonlyMap<string, RecordShape>;
  /** The shape a node stands for, if it is a record or list of records; notes the path on the way. */
  function visit(node: ASTNode, bound: Bound): RecordShape | undefined {
    const { op, args } = node as { op: string; args: unknown };
    if (op === 'id') return follow(args as string, bound);
    if (op === '.') {
      const [object, name] = args as [ASTNode, string];
      if (object.op === 'id' && object.args === 'param' && !bound.has('param')) {
        reads.add(`param.${name}`);
        return undefined;
      }
      const shape = visit(object, bound);
      return shape && member(shape, name);
    }
    if (op === 'rcall') {
      const [name, receiver, callArgs] = args as [string, ASTNode, ASTNode[]];
      const shape = visit(receiver, bound);
      if (COMPREHENSIONS.has(name) && callArgs[0]?.op === 'id') {
        const inner = new Map(bound);
        if (shape) inner.set(callArgs[0].args, shape);
        else inner.set(callArgs[0].args, NOTHING);
        for (const argument of callArgs.slice(1)) visit(argument, inner);
        return name === 'filter' ? shape : undefined;
      }
      for (const argument of callArgs) visit(argument, bound);
      return undefined;
    }
    if (op === 'call') {
      for (const argument of (args as [string, ASTNode[]])[1]) visit(argument, bound);
      return undefined;
    }
    let last: RecordShape | undefined;
    for (const child of flatten(args)) last = visit(child, bound) ?? last;
    return op === '[]' || op === '?:' ? last : undefined;
  }
  function follow(name: string, bound: Bound): RecordShape | undefined {
    const local = bound.get(name) ?? place.entries.get(name);
    if (local) return local === NOTHING ? undefined : local;
    return place.root.members.has(name) ? member(place.root, name) : undefined;
  }
  function member(shape: RecordShape, name: string): RecordShape | undefined {
    const path = shape.path ? `${shape.path}.${name}` : name;
    const found = shape.members.get(name);
    if (found === undefined) return undefined;
    if (typeof found === 'string') {
      if (!composites.has(shape)) reads.add(path);
      return undefined;
    }
    if ('list' in found) {
      reads.add(path);
      return found.list;
    }
    if (composites.has(found)) reads.add(path);
    return found;
  }
  visit(ast, new Map());
  return reads;
}

const NOTHING = recordShape('');

/** Records that are the value of one field (an address): reading a member reads the field. */
const composites = new WeakSet<RecordShape>();
export function markComposite(shape: RecordShape): RecordShape {
  composites.add(shape);
  return shape;
}

function flatten(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  return value !== null && typeof value === 'object' && 'op' in value ? [value as ASTNode] : [];
}
