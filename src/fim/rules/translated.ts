/**
 * Machine-readable rules, as the FIM portal offers them for the elements that bear rules (`/api/v1/translated-rules/…`), or many of them in one file,
 * by schema. The file comes from outside: what does not fit is named and left out.
 */
import type { Condition, Effect, Reference, Statement, Unread } from './model.ts';

export interface Translated {
  /** Schema it was collected for; missing: for any. */
  readonly schema?: string;
  /** Path of ids of the element that bears the rule, itself last; empty where only the element is known. */
  readonly context: readonly string[];
  readonly bearer: string;
  readonly statement: Statement;
}

export interface TranslatedRules {
  readonly rules: readonly Translated[];
  readonly unread: readonly (Unread & { readonly schema?: string })[];
}

const DEEPEST = 50;
const MOST_RULES = 50_000;
const LONGEST = 4_000;

class Misfit extends Error {}

type Bag = Readonly<Record<string, unknown>>;

/**
 * Reads such a file. Two shapes: a list of `{effect, target?, message, condition}` of one element (`bearer` says which), or of
 * `{actions, target_id, text, condition, rule_id, context}` by the schema's id. Never throws.
 */
export function readTranslated(json: unknown, bearer = ''): TranslatedRules {
  const rules: Translated[] = [];
  const unread: (Unread & { schema?: string })[] = [];
  const take = (entry: unknown, schema: string | undefined) => {
    try {
      if (rules.length + unread.length >= MOST_RULES) throw new Misfit(`more than ${MOST_RULES} rules`);
      rules.push(...readEntry(entry, schema, bearer));
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      if (unread.length < 1_000)
        unread.push({ text: JSON.stringify(entry)?.slice(0, 300) ?? '', why: error.message, ...(schema !== undefined && { schema }) });
    }
  };
  if (Array.isArray(json)) for (const entry of json) take(entry, undefined);
  else if (isBag(json)) {
    for (const [schema, entries] of Object.entries(json)) {
      if (Array.isArray(entries)) for (const entry of entries) take(entry, schema);
      else unread.push({ text: schema.slice(0, 100), why: 'this is no list of rules' });
    }
  } else unread.push({ text: '', why: 'the file holds no rules: a list, or lists by the ids of schemas, are expected' });
  return withoutContradictions({ rules, unread });
}

function isBag(value: unknown): value is Bag {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function text(bag: Bag, name: string): string | undefined {
  const value = Object.hasOwn(bag, name) ? bag[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > LONGEST) throw new Misfit(`"${name}" is no text`);
  return value;
}

const EFFECTS: ReadonlyMap<string, 'require' | 'forbid' | 'valid'> = new Map([
  ['require', 'require'],
  ['required', 'require'],
  ['forbid', 'forbid'],
  ['forbidden', 'forbid'],
  ['valid', 'valid'],
  ['validation', 'valid'],
]);

function readEntry(entry: unknown, schema: string | undefined, known: string): Translated[] {
  if (!isBag(entry)) throw new Misfit('this is no rule');
  const actions = Array.isArray(entry.actions) ? entry.actions : [entry.effect];
  const target = text(entry, 'target_id') ?? text(entry, 'target');
  const bearer = text(entry, 'rule_id') ?? known;
  if (bearer === '') throw new Misfit('it is not said which element bears the rule');
  const context = Array.isArray(entry.context) ? entry.context : [];
  if (!context.every((id): id is string => typeof id === 'string')) throw new Misfit('"context" is no list of ids');
  if (!Object.hasOwn(entry, 'condition')) throw new Misfit('the rule has no condition');
  const when = readCondition(entry.condition, 0);
  const message = text(entry, 'message') ?? text(entry, 'text');
  return actions.map((action) => {
    const kind = EFFECTS.get(String(action));
    if (!kind) throw new Misfit(`the effect "${String(action).slice(0, 40)}" is not known`);
    if (kind !== 'valid' && target === undefined) throw new Misfit('it is not said what is to be filled');
    const effect: Effect = kind === 'valid' ? { do: 'valid' } : { do: kind, target: reference(target!) };
    return {
      ...(schema !== undefined && { schema }),
      context,
      bearer,
      statement: { when, effect, ...(message && { message }), text: message ?? '' },
    };
  });
}

function reference(written: string): Reference {
  const ids = written.split('.').filter((id, index) => !(index === 0 && id === 'self'));
  if (ids.length === 0 || ids.some((id) => id === '')) throw new Misfit(`"${written.slice(0, 60)}" names no element`);
  return ids;
}

function identifier(value: unknown): Reference {
  if (!isBag(value) || typeof value.identifier !== 'string') throw new Misfit('an element is expected');
  return reference(value.identifier);
}

function readCondition(value: unknown, depth: number): Condition {
  if (depth > DEEPEST) throw new Misfit('the condition is nested too deep');
  if (value === true) return { op: 'always' };
  if (!isBag(value)) throw new Misfit('this is no condition');
  const keys = Object.keys(value);
  const [op = ''] = keys;
  if (keys.length !== 1) throw new Misfit('a condition says one thing');
  const inner = value[op];
  const several = (least: number, most: number): unknown[] => {
    if (!Array.isArray(inner) || inner.length < least || inner.length > most) throw new Misfit(`"${op}" is incomplete`);
    return inner;
  };
  switch (op) {
    // The answer to a yes/no question is yes.
    case 'identifier':
      return { op: 'equals', field: identifier(value), values: ['true'] };
    case 'equal':
    case 'not_equal': {
      const [a, b] = several(2, 2);
      const equals: Condition = { op: 'equals', field: identifier(a), values: [literal(b)] };
      return op === 'equal' ? equals : { op: 'not', of: equals };
    }
    case 'less_than': {
      const [a, b] = several(2, 2);
      if (typeof a === 'number') return { op: 'compare', field: identifier(b), than: '>', value: a };
      if (typeof b !== 'number' || !Number.isFinite(b)) throw new Misfit('a number is expected');
      return { op: 'compare', field: identifier(a), than: '<', value: b };
    }
    case 'is_empty':
      return { op: 'not', of: { op: 'filled', element: identifier(inner) } };
    case 'is_valid_date': {
      const [day, month, year] = several(3, 3).map(identifier);
      return { op: 'date', day: day!, month: month!, year: year! };
    }
    case 'not': {
      const of = readCondition(inner, depth + 1);
      return of.op === 'not' ? of.of : { op: 'not', of };
    }
    case 'and':
    case 'or':
    case 'xor':
      return { op, of: several(1, 500).map((one) => readCondition(one, depth + 1)) };
    default:
      throw new Misfit(`"${op.slice(0, 40)}" is not known`);
  }
}

function literal(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  throw new Misfit('a value is expected');
}

/** Something that must and must not be filled under one condition: one of both is a mistake, and which is not known. Neither is used. */
function withoutContradictions({ rules, unread }: TranslatedRules): TranslatedRules {
  const key = ({ schema, context, bearer, statement: { when, effect } }: Translated) =>
    JSON.stringify([schema, context, bearer, when, 'target' in effect ? effect.target : undefined]);
  const effects = new Map<string, Set<string>>();
  for (const one of rules) effects.set(key(one), (effects.get(key(one)) ?? new Set()).add(one.statement.effect.do));
  const clash = (one: Translated) => {
    const found = effects.get(key(one))!;
    return one.statement.effect.do !== 'valid' && found.has('require') && found.has('forbid');
  };
  return {
    rules: rules.filter((one) => !clash(one)),
    unread: [
      ...unread,
      ...rules.filter(clash).map(({ schema, statement }) => ({
        ...(schema !== undefined && { schema }),
        text: statement.text,
        why: 'the machine-readable rule says both that it must and that it must not be filled',
      })),
    ],
  };
}
