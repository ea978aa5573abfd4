/** One page in front of a scope: which fields are shown, what is missing or wrong, which rules fail, and the scope after it. */
import type { CelType } from '#fields';
import { copyAnswers, emptyAnswers } from './answers.ts';
import { CivilDate } from './civil-date.ts';
import { joinPath } from './compile.ts';
import { decide, type MachineContext } from './machine.ts';
import type { Answers, Field, FieldProblem, Json, Page, PagePath, Rule, Scope, Step, WalkOptions, Warning } from './types.ts';

/** The collection entry a page stands in: expressions name it `as`, templates start with `template`. */
export interface Base {
  readonly template: string;
  readonly as: string;
}

export interface PageContext {
  readonly path: PagePath;
  /** Answer prefix of the page's fields. */
  readonly prefix: string;
  readonly base?: Base;
  readonly scope: Scope;
  readonly answers: Readonly<Answers>;
  readonly options: WalkOptions;
  readonly undecided: MachineContext['undecided'];
}

/** Names that lead from the scope to a template path: inside an entry its variable stands for everything up to it. */
export function scopeNames(template: string, base: Base | undefined): string[] {
  return base ? [base.as, ...template.slice(base.template.length + 1).split('.')] : template.split('.');
}

/**
 * The scope with one value set. Records on the way are copied, everything else is shared; `own` holds copies made before, which are written to
 * as they are: a page with many fields copies its records once.
 */
export function setIn(scope: Scope, names: readonly string[], value: unknown, own = new Set<Scope>()): Scope {
  const writable = (record: Scope): Record<string, unknown> => {
    if (own.has(record)) return record;
    const copy = copyRecord(record);
    own.add(copy);
    return copy;
  };
  const root = writable(scope);
  let object = root;
  for (const name of names.slice(0, -1)) object = object[name] = writable(object[name] as Scope);
  object[names.at(-1)!] = value;
  return root;
}

/** A copy with the same prototype. Spreading keeps an object's hidden class, which assigning to an empty one does not (measured: a quarter of the time). */
export function copyRecord(object: Scope): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(object) as object | null;
  const copy = { ...object };
  return prototype === Object.prototype ? copy : (Object.setPrototypeOf(copy, prototype) as Record<string, unknown>);
}

function celOf(field: Field): CelType {
  return typeof field.type.cel === 'function' ? field.type.cel(field.config) : field.type.cel;
}

/** What expressions see of a stored value. */
function seen(field: Field, value: Json): unknown {
  const raw = field.type.toCel ? field.type.toCel(value) : value;
  return celOf(field) === 'Date' ? CivilDate.parse(raw as string) : raw;
}

export function evaluatePage(page: Page, context: PageContext): { step: Step; scope: Scope; counted: Answers; reads: string[] } {
  const { answers, options, prefix, path, base } = context;
  const reads: string[] = [];
  const counted = emptyAnswers();
  const fields: Field[] = [];
  const optional = new Set<string>();
  const errors: FieldProblem[] = [];
  const own = new Set<Scope>();
  let unanswered = false;
  let { scope } = context;
  for (const field of page.fields) {
    if (field.when && !decide(field.when, scope, field.path, context.undecided)) continue;
    fields.push(field);
    const name = joinPath(prefix, field.id);
    const store = (value: Json) => {
      counted[name] = value;
      if (value === null) return;
      const names = scopeNames(field.path, base);
      const visible = seen(field, value);
      const composite = visible !== null && typeof visible === 'object' && !Array.isArray(visible) && !(visible instanceof CivilDate);
      // A composite value keeps the record type that expressions were checked against.
      const written = composite ? Object.assign(copyRecord(getIn(scope, names) as Scope), dated(field, visible as Scope)) : visible;
      scope = setIn(scope, names, written, own);
    };
    if (field.type.silent) {
      const value = silentValue(field, scope, context);
      if (value !== undefined) store(value);
      continue;
    }
    const required = typeof field.required === 'boolean' ? field.required : decide(field.required, scope, field.path, context.undecided);
    if (!required) optional.add(name);
    reads.push(name);
    const value = Object.hasOwn(answers, name) ? answers[name]! : undefined;
    if (value === undefined && (required || !options.lenient)) unanswered = true;
    else if (value === undefined || value === null) {
      if (required) errors.push({ path: name, code: 'required' });
      else store(null);
    } else {
      const list = typeof field.config.list === 'string' ? options.lists?.get(field.config.list) : undefined;
      const found = field.type.check(value, field.config, { today: options.today, options: list });
      if (found.length > 0) errors.push(...found.map((error) => ({ ...error, path: name })));
      else store(value);
    }
  }
  if (page.kind === 'info' && !options.lenient) {
    const mark = joinPath(prefix, `~${page.id}`);
    reads.push(mark);
    if (answers[mark] !== true) unanswered = true;
  }
  let warnings: Warning[] = [];
  if (!unanswered && errors.length === 0) {
    const rules = [...fields.flatMap((field) => field.rules), ...page.rules];
    warnings = checkRules(rules, { ...context, scope });
    reads.push(...rules.filter((rule) => rule.level === 'should').map((rule) => joinPath(prefix, `~${rule.id}`)));
  }
  const blocked = warnings.some((warning) => warning.level === 'must' || (!warning.confirmed && !options.lenient));
  const state: Step['state'] = errors.length > 0 || blocked ? 'invalid' : unanswered ? 'unanswered' : 'done';
  const step: Step = { path, page, prefix, section: page.section, fields, optional, state, errors, warnings };
  return { step, scope, counted, reads };
}

function getIn(scope: Scope, names: readonly string[]): unknown {
  let value: unknown = scope;
  for (const name of names) value = (value as Scope)[name];
  return value;
}

/** Members of a composite that are dates are wrapped too; absent members keep their default. */
function dated(field: Field, value: Scope): Scope {
  const cel = celOf(field);
  const members: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(cel as object)) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (member === undefined || member === null) continue;
    members[name] = type === 'Date' ? CivilDate.parse(member as string) : member;
  }
  return members;
}

function silentValue(field: Field, scope: Scope, context: PageContext): Json | undefined {
  if (!field.compute) return field.config.value === undefined ? undefined : (field.config.value as Json);
  try {
    return field.compute.evaluate(scope) as Json;
  } catch (error) {
    context.undecided(field.path, (error as Error).message);
    return undefined;
  }
}

/** Rules that fail here. Undecidable ones count as kept: what cannot be judged must not stop anybody. */
export function checkRules(rules: readonly Rule[], context: PageContext): Warning[] {
  const failed: Warning[] = [];
  for (const rule of rules) {
    if (rule.when && !decide(rule.when, context.scope, rule.id, context.undecided)) continue;
    try {
      if (rule.assert.evaluate(context.scope) === true) continue;
    } catch (error) {
      context.undecided(rule.id, (error as Error).message);
      continue;
    }
    const confirmPath = joinPath(context.prefix, `~${rule.id}`);
    failed.push({
      rule: rule.id,
      level: rule.level,
      confirmPath,
      confirmed: context.answers[confirmPath] === true,
      fields: rule.fields.map((path) => joinPath(context.prefix, path.split('.').at(-1))),
      page: context.path,
    });
  }
  return failed;
}

/** What saving a page changes: the values of its fields; confirmations of its rules fall away unless they are given again. */
export function pageChanges(
  answers: Readonly<Answers>,
  step: Step,
  values: Readonly<Record<string, Json>>,
  confirmed: ReadonlySet<string>,
): Answers {
  const next = copyAnswers(answers);
  for (const name of Object.keys(values)) next[name] = values[name]!;
  const rules = [...step.fields.flatMap((field) => field.rules), ...step.page.rules];
  for (const rule of rules) {
    const mark = joinPath(step.prefix, `~${rule.id}`);
    if (confirmed.has(rule.id)) next[mark] = true;
    else delete next[mark];
  }
  if (step.page.kind === 'info') next[joinPath(step.prefix, `~${step.page.id}`)] = true;
  return next;
}
