/** Walks -> what pages show, in the words of a service and one language. Plain data for the components; nothing here touches a database or a browser. */
import { errorText, type FieldView } from '#fields';
import { joinPath, type Field, type FieldProblem, type Json, type Page, type Step, type Walk } from '#flow';
import type { Translator } from '#i18n';
import type { CodeEntry } from '#package';
import type { SummaryRow } from '#ui/types.ts';

/** Values that texts may name: the walk's scope, dates as ISO text. */
export type TextValues = Record<string, unknown>;

/** The words of one service in one language. */
export interface Reader {
  readonly lang: string;
  /** The package's own texts. */
  readonly t: Translator;
  readonly lists: ReadonlyMap<string, readonly CodeEntry[]>;
  /** The texts of a field type: its own first, then those that all share. */
  readonly typeText: (type: string) => FieldView['t'];
}

export function optionLabel(read: Reader, field: Field, value: string): string {
  const list = typeof field.config.list === 'string' ? read.lists.get(field.config.list) : undefined;
  if (list) return entryLabel(list, value, read.lang);
  const key = `field.${field.path}.option.${value}`;
  return read.t.has(key) ? read.t.t(key) : value;
}

const listIndexes = new WeakMap<readonly CodeEntry[], Map<string, CodeEntry>>();
function entryLabel(list: readonly CodeEntry[], code: string, lang: string): string {
  let index = listIndexes.get(list);
  if (!index) listIndexes.set(list, (index = new Map(list.map((entry) => [entry.code, entry]))));
  const entry = index.get(code);
  return entry ? (entry[lang] ?? entry[lang.split('-')[0]!] ?? entry.de ?? code) : code;
}

function options(read: Reader, field: Field): FieldView['options'] {
  if (!field.type.choice) return undefined;
  const list = typeof field.config.list === 'string' ? read.lists.get(field.config.list) : undefined;
  const values = list ? list.map((entry) => entry.code) : ((field.config.options as (string | { value: string })[] | undefined) ?? []);
  return values.map((option) => {
    const value = typeof option === 'string' ? option : option.value;
    const hint = `field.${field.path}.optionHint.${value}`;
    return { value, label: optionLabel(read, field, value), ...(read.t.has(hint) && { hint: read.t.t(hint) }) };
  });
}

export function domId(path: string): string {
  return `f-${path.replaceAll('.', '-')}`;
}

export function fieldLabel(read: Reader, field: Field, values: TextValues): string {
  const key = `field.${field.path}.label`;
  return read.t.has(key) ? read.t.t(key, values) : field.id;
}

export interface FieldInput {
  /** What was typed, by answer path; shown again after an error. */
  readonly raw?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly problems: readonly FieldProblem[];
}

/** The views of a page's fields. `answers` are all stored answers: what was typed once is there again. */
export function fieldViews(
  read: Reader,
  step: Step,
  answers: Readonly<Record<string, Json>>,
  values: TextValues,
  input: FieldInput,
): FieldView[] {
  const asked = step.fields.filter((field) => !field.type.silent || field.type.name === 'note');
  const single = asked.length === 1 && !read.t.has(`page.${step.page.id}.title`);
  return asked.map((field) => {
    const path = joinPath(step.prefix, field.id);
    const stored = answers[path];
    const t = read.typeText(field.type.name);
    const label = fieldLabel(read, field, values);
    const hint = `field.${field.path}.hint`;
    const errors = input.problems
      .filter((problem) => problem.path === path)
      .map((problem) => ({ text: problemText(read, field, label, problem), part: problem.part }));
    return {
      name: path,
      id: domId(path),
      type: field.type.name,
      label,
      ...(read.t.has(hint) && { hint: read.t.t(hint, values) }),
      heading: single,
      optional: step.optional.has(path),
      raw:
        (field.type.file ? undefined : input.raw?.[path]) ??
        (stored === undefined || stored === null ? {} : field.type.toRaw(stored, field.config)),
      errors,
      options: options(read, field),
      autocomplete: field.config.autocomplete,
      ...(field.type.sensitive && { sensitive: true }),
      config: field.config,
      lang: read.lang,
      t,
    } satisfies FieldView;
  });
}

export function problemText(read: Reader, field: Field, label: string, problem: FieldProblem): string {
  const own = `field.${field.path}.error.${problem.code}`;
  if (read.t.has(own)) return read.t.t(own, { label, ...problem.params });
  return errorText(problem, label, read.lang, read.typeText(field.type.name));
}

export function sectionTitle(read: Reader, id: string): string {
  const key = `section.${id}.title`;
  return read.t.has(key) ? read.t.t(key) : id;
}

export function pageTitle(read: Reader, page: Page, values: TextValues): string {
  const key = `page.${page.id}.title`;
  if (read.t.has(key)) return read.t.t(key, values);
  const field = page.fields.find((one) => !one.type.silent);
  return field ? fieldLabel(read, field, values) : page.id;
}

/**
 * Scope for texts. In an entry it holds the entry's own variable only while it is walked, so texts of entries name answers of the entry by path.
 * `missing`: what stands for an answer of the entry that is not there yet.
 */
export function valuesOf(walk: Walk, step: Step, answers: Readonly<Record<string, Json>>, missing?: string): TextValues {
  const parts = step.path.split('/');
  if (parts.length < 3) return walk.scope;
  const values: TextValues = { ...walk.scope };
  for (let depth = 0; depth + 2 < parts.length; depth += 2) {
    const collection = walk.flow.pages.get(parts[depth]!)?.collection;
    if (!collection) continue;
    const entry: Record<string, unknown> = {};
    const owner = walk.byPath.get(parts.slice(0, depth + 3).join('/'));
    const prefix = owner?.page.collection ? owner.prefix : step.prefix;
    for (const page of collection.pages) {
      for (const field of page.fields) {
        const value = answers[joinPath(prefix, field.path.slice(collection.path.length + 1))];
        const known = value ?? missing;
        if (known !== undefined) entry[field.id] = known;
      }
    }
    values[collection.as] = entry;
  }
  return values;
}

export interface ReviewSection {
  title: string;
  rows: SummaryRow[];
  entries: { title: string; rows: SummaryRow[] }[];
}

/** Everything that counts, by section, with the way to change it and how it came in. Used by the review, the PDF and the read-back. */
export function reviewSections(
  read: Reader,
  walk: Walk,
  href: (step: Step) => string | undefined,
  origin: (path: string) => string | undefined = () => undefined,
): ReviewSection[] {
  return walk.flow.sections.flatMap((section) => {
    const out: ReviewSection = {
      title: sectionTitle(read, section.id),
      rows: [],
      entries: [],
    };
    let entry: { key: string; rows: SummaryRow[] } | undefined;
    for (const step of walk.steps) {
      if (step.section !== section.id || step.page.kind === 'check') continue;
      const rows = stepRows(read, step, walk, href(step), origin);
      const parts = step.path.split('/');
      if (parts.length < 3) {
        entry = undefined;
        out.rows.push(...rows);
        continue;
      }
      const key = parts.slice(0, -1).join('/');
      if (rows.length === 0) continue;
      if (entry?.key !== key) {
        entry = { key, rows: [] };
        out.entries.push({ title: entryTitle(read, walk, parts), rows: entry.rows });
      }
      entry.rows.push(...rows);
    }
    return out.rows.length + out.entries.length > 0 ? [out] : [];
  });
}

export function entryTitle(read: Reader, walk: Walk, parts: string[]): string {
  const list = walk.flow.pages.get(parts.at(-3)!)?.collection?.path ?? '';
  const keys = walk.byPath.get(parts.slice(0, -2).join('/'))?.entries?.map((one) => one.key) ?? [];
  const n = keys.indexOf(parts.at(-2)!) + 1 || Number(parts.at(-2));
  const key = `list.${list}.entry`;
  return read.t.has(key) ? read.t.t(key, { n }) : String(n);
}

/** What was answered on one page, as lines of a description list. */
export function stepRows(
  read: Reader,
  step: Step,
  walk: Walk,
  href: string | undefined,
  origin: (path: string) => string | undefined = () => undefined,
): SummaryRow[] {
  const values = valuesOf(walk, step, walk.counted);
  return step.fields.flatMap((field) => {
    const path = joinPath(step.prefix, field.id);
    if (field.type.name === 'note' || field.type.name === 'hidden') return [];
    if (field.type.silent && !read.t.has(`field.${field.path}.label`)) return [];
    const value = walk.counted[path];
    if (value === undefined) return [];
    return [
      {
        label: fieldLabel(read, field, values),
        lines: formatValue(read, field, value),
        change: field.type.silent ? undefined : href,
        origin: origin(path),
        path,
      },
    ];
  });
}

export function formatValue(read: Reader, field: Field, value: Json): string[] {
  if (value === null) return [];
  return field.type.format(value, field.config, {
    lang: read.lang,
    option: (code) => optionLabel(read, field, code),
    t: read.typeText(field.type.name),
  });
}
