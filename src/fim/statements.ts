/**
 * The rules of a schema, read and tied to its tree. A machine-readable rule goes before the reading of the same words; what neither gives stays
 * verbatim as an open point.
 */
import { compareReadings, readRuleText, subjectOf, type Difference, type Statement, type Translated } from './rules/index.ts';
import { resolve, tie, Unclear } from './conditions.ts';
import type { Code, FimField, FimRule, FimSchema } from './schema.ts';
import type { Node, Tree } from './tree.ts';

/** A statement whose elements are found. */
export interface Tied {
  readonly statement: Statement<Node>;
  readonly rule: FimRule;
  /** The element that bears the rule; undefined: the schema. */
  readonly bearer?: Node;
}

/** What must be decided by a person before the flow may go live. */
export interface OpenPoint {
  readonly kind: 'rule' | 'code-list' | 'field' | 'text' | 'limit';
  /** Path of ids; empty for the schema itself. */
  readonly path: readonly string[];
  /** Id of the FIM rule, where it is one. */
  readonly rule?: string;
  /** The rule's words as they stand in the schema, or what is missing. */
  readonly text: string;
  /** Why it could not be carried over. In English, for an editor. */
  readonly why: string;
}

export interface Read {
  readonly tied: readonly Tied[];
  readonly open: readonly OpenPoint[];
  /** How many readings of the words were held against the machine-readable rules, and where they differ. */
  readonly compared: number;
  readonly differences: readonly (Difference & { readonly path: readonly string[] })[];
  /** Rules as attached in the schema, and what they were read by; what turned out to be open later is among them. */
  readonly rules: readonly {
    readonly path: readonly string[];
    readonly rule?: string;
    readonly text: string;
    readonly by: 'translation' | 'text';
  }[];
}

/** Reads all rules of a schema. `translated`: machine-readable rules of this schema. */
export function readRules(
  schema: FimSchema,
  tree: Tree,
  translated: readonly Translated[],
  codes: (field: FimField) => readonly Code[] | undefined,
): Read {
  const tied: Tied[] = [];
  const open: OpenPoint[] = [];
  const differences: (Difference & { path: readonly string[] })[] = [];
  const rules: { path: readonly string[]; rule?: string; text: string; by: 'translation' | 'text' }[] = [];
  let compared = 0;
  const bearers: (Node | undefined)[] = [undefined, ...tree.nodes.values()];
  for (const bearer of bearers) {
    const own = bearer ? bearer.element.rules : schema.rules;
    if (own.length === 0) continue;
    const path = bearer?.position.path ?? [];
    const official = translated.filter((one) => concerns(one, bearer, schema)).map(({ statement }) => statement);
    const readings = own.map((rule) => ({ rule, ...readRuleText(rule.text) }));
    const tiedOf = (statements: readonly Statement[]) =>
      statements.flatMap((statement) => attempt(() => tieStatement(tree, bearer, statement)) ?? []);
    const comparison = compareReadings(
      tiedOf(readings.flatMap(({ statements }) => statements)),
      tiedOf(official),
      ({ position }) => position.path.join('.'),
      (field) => valuesOf(field, codes),
    );
    compared += comparison.compared;
    differences.push(...comparison.differences.map((difference) => ({ ...difference, path })));
    for (const { rule, statements, unread } of readings) {
      const mine: Tied[] = [];
      const problems: OpenPoint[] = [];
      const left = (text: string, why: string) => void problems.push({ kind: 'rule', path, rule: rule.id, text, why });
      // Of one clause both readings exist: the official one counts.
      const replaced = statements.filter((statement) =>
        official.some((other) => subjectOf(statement, lastId) === subjectOf(other, lastId)),
      );
      let byTranslation = 0;
      const take = (statement: Statement, official: boolean) => {
        try {
          mine.push({ statement: tieStatement(tree, bearer, statement), rule, bearer });
          if (official) byTranslation += 1;
        } catch (error) {
          if (!(error instanceof Unclear)) throw error;
          left(statement.text || rule.text, error.message);
        }
      };
      for (const statement of official.filter((one) => speaksOf(rule, one))) take({ ...statement, text: rule.text }, true);
      for (const statement of statements) if (!replaced.includes(statement)) take(statement, false);
      for (const { text, why } of unread)
        if (
          !coveredBy(
            text,
            official.filter((one) => speaksOf(rule, one)),
          )
        )
          left(text, why);
      tied.push(...mine);
      open.push(...problems);
      rules.push({ path, rule: rule.id, text: rule.text, by: byTranslation > 0 ? 'translation' : 'text' });
    }
  }
  return { tied, open, compared, differences, rules };
}

const lastId = (reference: readonly string[]): string => reference.at(-1)!;

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Unclear) return undefined;
    throw error;
  }
}

/** What a field can be: its codes, yes and no; none, too, where it may be left out. */
function valuesOf(
  { element, position }: Node,
  codes: (field: FimField) => readonly Code[] | undefined,
): (string | undefined)[] | undefined {
  if (element.kind !== 'field') return undefined;
  const values =
    element.data === 'bool' ? ['true', 'false'] : element.input === 'select' ? codes(element)?.map(({ code }) => code) : undefined;
  if (!values || values.length > 100) return undefined;
  return position.min > 0 ? values : [...values, undefined];
}

function concerns(translated: Translated, bearer: Node | undefined, schema: FimSchema): boolean {
  const path = bearer?.position.path ?? [];
  if ((path.at(-1) ?? schema.id) !== translated.bearer) return false;
  return (
    translated.context.length === 0 || (translated.context.length === path.length && translated.context.every((id, i) => id === path[i]))
  );
}

/** Ids that a statement names. */
function idsOf({ when, effect }: Statement): Set<string> {
  const ids = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (/^[SGF]\d{2}[\w-]*$/.test(value)) ids.add(value);
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(when);
  visit(effect);
  return ids;
}

/** A machine-readable rule belongs to the element, not to one of its rules: to which of them, the ids in the words tell. */
function speaksOf(rule: FimRule, statement: Statement): boolean {
  return [...idsOf(statement)].every((id) => rule.text.includes(id));
}

/** Words that the grammar does not read are read if the official statements speak of everything in them. */
function coveredBy(text: string, official: readonly Statement[]): boolean {
  const named = new Set(text.match(/\b[GF]\d{2}[\w-]{6,}/g) ?? []);
  if (named.size === 0 || official.length === 0) return false;
  const spoken = new Set(official.flatMap((statement) => [...idsOf(statement)]));
  return [...named].every((id) => spoken.has(id));
}

function tieStatement(tree: Tree, bearer: Node | undefined, statement: Statement): Statement<Node> {
  const find = (reference: readonly string[]) => resolve(tree, bearer, reference);
  const { effect } = statement;
  return {
    ...statement,
    when: tie(statement.when, find),
    effect: 'target' in effect ? { ...effect, target: find(effect.target) } : effect,
  };
}
