/** What was typed into a page, and the answers that it means: the same for every form that shows a page of a flow. */
import type { RawInput } from '#fields';
import { joinPath } from './compile.ts';
import type { Answers, Field, FieldProblem, Json, Step, WalkOptions } from './types.ts';

/** Control name -> values, as posted. */
export type Controls = ReadonlyMap<string, readonly string[]>;

/** What was typed into a page, by answer path and part. */
export type Raw = Record<string, RawInput>;

/** Reads a step's controls: `path` and `path.part`. Names come from the flow, never from the request. */
export function readRaw(step: Step, controls: Controls): Raw {
  const raw: Raw = Object.create(null) as Raw;
  for (const field of step.page.fields) {
    if (field.type.silent) continue;
    const path = joinPath(step.prefix, field.id);
    const parts: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
    for (const [name, values] of controls) {
      if (name === path) parts[''] = values;
      else if (name.startsWith(`${path}.`)) parts[name.slice(path.length + 1)] = values;
    }
    raw[path] = parts;
  }
  return raw;
}

/** The controls with which a form shows what is stored of a step: what `readRaw` reads. */
export function shownControls(step: Step, answers: Readonly<Answers>): [name: string, values: readonly string[]][] {
  return step.fields.flatMap((field) => {
    const path = joinPath(step.prefix, field.id);
    const stored = Object.hasOwn(answers, path) ? answers[path]! : null;
    if (field.type.silent || stored === null) return [];
    return Object.entries(field.type.toRaw(stored, field.config)).map(([part, values]): [string, string[]] => [
      joinPath(path, part),
      values,
    ]);
  });
}

/** The values of a step's fields, shown or not, and what is wrong with the others. `answers`: what is stored, for files. */
export function parsePage(
  step: Step,
  raw: Raw,
  answers: Readonly<Answers>,
  { today, lists }: Pick<WalkOptions, 'today' | 'lists'>,
): { values: Record<string, Json>; problems: FieldProblem[] } {
  const values: Record<string, Json> = {};
  const problems: FieldProblem[] = [];
  for (const field of step.page.fields) {
    if (field.type.silent) continue;
    const path = joinPath(step.prefix, field.id);
    const options = typeof field.config.list === 'string' ? lists?.get(field.config.list) : undefined;
    const typed = { ...raw[path], ...(field.type.file && { files: storedFiles(answers, field, path) }) };
    const parsed = field.type.parse(typed, field.config, { today, options });
    if (parsed.errors) problems.push(...parsed.errors.map((error) => ({ ...error, path })));
    else values[path] = parsed.value;
  }
  return { values, problems };
}

/** References of uploaded files come from the draft and never from the request: a reference that a browser could name would open other people's files. */
function storedFiles(answers: Readonly<Answers>, field: Field, path: string): readonly string[] {
  const value = Object.hasOwn(answers, path) ? answers[path]! : null;
  return Array.isArray(value) ? (field.type.toRaw(value, field.config).files ?? []) : [];
}
