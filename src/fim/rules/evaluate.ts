/** Conditions tried out: what they say for given answers, and for all answers that could tell them apart. */
import type { Condition, Statement } from './model.ts';

/** More combinations are not tried. */
const MOST = 50_000;
const OTHER = 'another value';

/** Values by key; missing: not answered. The key of the Land is `LAND`. */
export type Assignment = ReadonlyMap<unknown, string | undefined>;
const LAND = Symbol('land');

/** Whether a condition holds. `key`: what an element is known by. A day of the calendar is not worked out: undefined, unless a part is missing. */
export function holds<R>(condition: Condition<R>, values: Assignment, key: (element: R) => unknown): boolean | undefined {
  switch (condition.op) {
    case 'always':
      return true;
    case 'land':
      return condition.laender.includes(values.get(LAND) ?? '');
    case 'equals': {
      const value = values.get(key(condition.field));
      return value !== undefined && condition.values.includes(value);
    }
    case 'compare': {
      const value = values.get(key(condition.field));
      if (value === undefined) return false;
      const [a, b] = [Number(value), condition.value];
      return { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }[condition.than];
    }
    case 'filled':
      return values.get(key(condition.element)) !== undefined;
    case 'date':
      return [condition.day, condition.month, condition.year].some((part) => values.get(key(part)) === undefined) ? true : undefined;
    case 'not': {
      const inner = holds(condition.of, values, key);
      return inner === undefined ? undefined : !inner;
    }
    default: {
      const all = condition.of.map((one) => holds(one, values, key));
      const yes = all.filter(Boolean).length;
      if (condition.op === 'or' && yes > 0) return true;
      if (condition.op === 'and' && all.includes(false)) return false;
      if (all.includes(undefined)) return undefined;
      return condition.op === 'and' ? true : condition.op === 'or' ? false : yes === 1;
    }
  }
}

/** The values that an element can have where they are known; undefined in it: none. */
export type Domain<R> = (element: R) => readonly (string | undefined)[] | undefined;

/**
 * All answers that could tell conditions apart: each value that one of them speaks of, another one, and none, or what `domain` says. Undefined: too
 * many.
 */
export function assignments<R>(
  conditions: readonly Condition<R>[],
  key: (element: R) => unknown,
  domain?: Domain<R>,
): Assignment[] | undefined {
  const domains = new Map<unknown, Set<string | undefined>>();
  const add = (name: unknown, values: readonly (string | undefined)[]) =>
    domains.set(name, new Set([...(domains.get(name) ?? []), ...values]));
  const note = (condition: Condition<R>): void => {
    if (condition.op === 'land') add(LAND, [...condition.laender, OTHER]);
    else if (condition.op === 'equals') {
      const yesno = condition.values.every((value) => value === 'true' || value === 'false');
      add(
        key(condition.field),
        domain?.(condition.field) ?? (yesno ? ['true', 'false', undefined] : [...condition.values, OTHER, undefined]),
      );
    } else if (condition.op === 'compare')
      add(key(condition.field), [String(condition.value - 1), String(condition.value), String(condition.value + 1), undefined]);
    else if (condition.op === 'filled') add(key(condition.element), [OTHER, undefined]);
    else if (condition.op === 'date')
      for (const part of [condition.day, condition.month, condition.year]) add(key(part), [OTHER, undefined]);
    else if (condition.op === 'not') note(condition.of);
    else if ('of' in condition) condition.of.forEach(note);
  };
  conditions.forEach(note);
  let all: Map<unknown, string | undefined>[] = [new Map<unknown, string | undefined>()];
  for (const [name, values] of domains) {
    if (all.length * values.size > MOST) return undefined;
    all = all.flatMap((one) => [...values].map((value) => new Map([...one, [name, value]])));
  }
  return all;
}

/** Does a condition hold whatever is answered? False also where that is not known. */
export function always<R>(condition: Condition<R>, domain?: Domain<R>): boolean {
  const key = (element: R): unknown => element;
  return assignments([condition], key, domain)?.every((values) => holds(condition, values, key) === true) ?? false;
}

export interface Difference {
  readonly effect: Statement['effect']['do'];
  readonly target: string;
  /** Answers under which both differ, and what each says. */
  readonly answers: Readonly<Record<string, string>>;
  readonly text: boolean;
  readonly official: boolean;
}

/** Which statements say something comparable: the same duty of the same element, or a check of the same elements. `id`: names an element. */
export function subjectOf<R>({ effect, when }: Statement<R>, id: (element: R) => string): string {
  if (effect.do !== 'valid') return `${effect.do} ${id(effect.target)}`;
  return `valid ${[...new Set(elementsOf(when).map(id))].sort().join(' ')}`;
}

/** The elements that a condition reads. */
export function elementsOf<R>(condition: Condition<R>): R[] {
  switch (condition.op) {
    case 'always':
    case 'land':
      return [];
    case 'equals':
    case 'compare':
      return [condition.field];
    case 'filled':
      return [condition.element];
    case 'date':
      return [condition.day, condition.month, condition.year];
    case 'not':
      return elementsOf(condition.of);
    default:
      return condition.of.flatMap(elementsOf);
  }
}

/** Holds two readings of one element's rules against each other, for every answer that could tell them apart. */
export function compareReadings<R>(
  text: readonly Statement<R>[],
  official: readonly Statement<R>[],
  id: (element: R) => string,
  domain?: Domain<R>,
): { compared: number; differences: Difference[] } {
  const differences: Difference[] = [];
  let compared = 0;
  const subject = (statement: Statement<R>) => subjectOf(statement, id);
  const any = (statements: readonly Statement<R>[]): Condition<R> => ({ op: 'or', of: statements.map(({ when }) => when) });
  const there = Map.groupBy(official, subject);
  for (const [about, mine] of Map.groupBy(text, subject)) {
    const theirs = there.get(about);
    if (!theirs) continue;
    compared += 1;
    const [a, b] = [any(mine), any(theirs)];
    for (const values of assignments([a, b], id, domain) ?? []) {
      const [one, other] = [holds(a, values, id), holds(b, values, id)];
      if (one === undefined || other === undefined || one === other) continue;
      const answers = Object.fromEntries([...values].flatMap(([name, value]) => (value === undefined ? [] : [[String(name), value]])));
      const [effect = '', ...target] = about.split(' ');
      differences.push({ effect: effect as Difference['effect'], target: target.join(' '), answers, text: one, official: other });
      break;
    }
  }
  return { compared, differences };
}
