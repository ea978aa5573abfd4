/** Values worth trying for a field: what its type offers, and what the expressions that read it compare with, one step to either side. */
import { parseDate } from '@internationalized/date';
import type { Field, Json } from '#flow';
import type { Literals } from './reads.ts';

export interface Surroundings {
  readonly today: string;
  /** Allowed codes, where the field takes them from a list. */
  readonly options?: ReadonlySet<string>;
  /** What the expressions over this field compare with; undefined when none reads it. */
  readonly literals?: Literals;
  /** The field decides something; else one value is enough. */
  readonly decisive: boolean;
  readonly optional: boolean;
  /** Values of parameters and earlier answers that the same expressions read. */
  readonly beside: readonly Json[];
  /** In a second or later entry of a list: what one entry can decide alone was tried in the first. */
  readonly repeated: boolean;
  /** All values that expressions name, not only the first of them: for journeys, which take one at a time. */
  readonly all?: boolean;
}

const MOST_OPTIONS = 8;
const MOST_VALUES = 12;
const MOST_NAMED = 200;
const MOST_REPEATED = 3;
const LONGEST_TEXT = 200;
const MOST_COMBINATIONS = 40;

/** Valid values in order of interest; `null` (left empty) at the end where that is allowed. Empty when the type offers none. */
export function candidates(field: Field, around: Surroundings): Json[] {
  const context = { today: around.today, options: around.options };
  const samples = field.type.samples(field.config, context);
  const valid = (values: Json[]) => values.filter((value) => field.type.check(value, field.config, context).length === 0);
  const empty: Json[] = around.optional && around.literals ? [null] : [];
  if (!around.decisive || !around.literals) return [...valid(samples).slice(0, 1), ...empty].slice(0, 2);
  const wishes = field.type.choice
    ? choices(field, samples, around.literals, around.all ? MOST_NAMED : MOST_OPTIONS)
    : [...samples, ...near(field, samples[0], around)];
  const unique = new Map(valid(wishes).map((value) => [JSON.stringify(value), value]));
  return [...[...unique.values()].slice(0, around.all ? MOST_NAMED : around.repeated ? MOST_REPEATED : MOST_VALUES), ...empty];
}

/** Options that expressions name, and two that none names: the others behave like those. */
function choices(field: Field, samples: readonly Json[], { strings }: Literals, most: number): Json[] {
  const several = field.type.cel === 'list<string>';
  const codes = [...new Set(samples.flat().filter((value): value is string => typeof value === 'string'))];
  const named = codes.filter((code) => strings.has(code)).slice(0, most);
  const others = codes.filter((code) => !strings.has(code)).slice(0, 2);
  if (!several) return [...named, ...others];
  const single = [...named, ...others].map((code) => [code]);
  return [...samples, ...single, named, [...named, ...others.slice(0, 1)]];
}

function near(field: Field, sample: Json | undefined, around: Surroundings): Json[] {
  const { numbers, strings } = around.literals!;
  const cel = typeof field.type.cel === 'function' ? field.type.cel(field.config) : field.type.cel;
  if (cel === 'double') {
    const known = [...numbers, ...around.beside.filter((value) => typeof value === 'number')];
    return [...known.flatMap((n) => [n, n + 1, n - 1]), 0, 1, 1_000_000];
  }
  if (cel === 'Date') return [...weekdays(numbers, sample), ...dates(numbers, strings, around)];
  // Expressions over a text with a number in them ask for its length.
  const lengths = [...numbers].filter((n) => n > 0 && n < LONGEST_TEXT).flatMap((n) => [n, n + 1]);
  if (cel === 'string') return [...strings, ...lengths.map((length) => 'a'.repeat(length)), ...lengths.map((length) => '1'.repeat(length))];
  if (typeof cel === 'object' && sample !== null && typeof sample === 'object' && !Array.isArray(sample)) {
    return Object.keys(cel).flatMap((member) => {
      const values: Json[] =
        cel[member] === 'string' ? [...strings] : cel[member] === 'double' ? [...numbers].flatMap((n) => [n, n + 1, n - 1]) : [];
      return values.map((value) => ({ ...sample, [member]: value }));
    });
  }
  return [];
}

/** Days on which something changes: named days, birthdays and spans counted from today, neighbours of other dates. */
function dates(numbers: ReadonlySet<number>, strings: ReadonlySet<string>, { today, beside }: Surroundings): Json[] {
  const start = parseDate(today);
  const named = [...strings, ...beside]
    .filter((text): text is string => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text))
    .map((text) => parseDate(text));
  const spans = [...numbers].filter((n) => Number.isInteger(n) && Math.abs(n) <= 1500);
  const counted = spans.flatMap((n) => [
    ...(Math.abs(n) <= 130 ? [start.subtract({ years: n })] : []),
    ...(n !== 0 ? [start.subtract({ months: n }), start.add({ days: n })] : []),
  ]);
  return [...named, start, ...counted]
    .flatMap((date) => [date, date.subtract({ days: 1 }), date.add({ days: 1 })])
    .map((date) => date.toString());
}

/** Where an expression counts in sevens, days of the week decide: the days behind the sample. */
function weekdays(numbers: ReadonlySet<number>, sample: Json | undefined): Json[] {
  if (!numbers.has(7) || typeof sample !== 'string') return [];
  return [1, 2, 3, 4, 5, 6].map((days) => parseDate(sample).add({ days }).toString());
}

/** Numbers of entries worth trying in a collection. */
export function entryCounts(min: number, max: number, literals: Literals | undefined): number[] {
  const named = [...(literals?.numbers ?? [])].filter((n) => Number.isInteger(n) && n > 0 && n <= 5).flatMap((n) => [n, n + 1]);
  const counts = new Set([Math.max(min, 1), min, min + 1, min + 2, ...named]);
  return [...counts].filter((count) => count >= min && count <= max && (count <= 6 || count === min)).slice(0, 6);
}

/** All combinations of values; where they are too many, each field varied alone around the first values. */
export function combinations(choices: readonly [path: string, values: Json[]][]): Record<string, Json>[] {
  if (choices.some(([, values]) => values.length === 0)) return [];
  const total = choices.reduce((product, [, values]) => product * values.length, 1);
  if (total <= MOST_COMBINATIONS) {
    return choices.reduce<Record<string, Json>[]>(
      (made, [path, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))),
      [{}],
    );
  }
  const first = Object.fromEntries(choices.map(([path, values]) => [path, values[0]!]));
  const alone = choices.flatMap(([path, values]) => values.slice(1).map((value) => ({ ...first, [path]: value })));
  const longest = Math.max(...choices.map(([, values]) => values.length));
  const together = Array.from({ length: longest - 1 }, (_, i) =>
    Object.fromEntries(choices.map(([path, values]) => [path, values[Math.min(i + 1, values.length - 1)]!])),
  );
  return [first, ...alone, ...together];
}
