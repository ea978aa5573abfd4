/** Answers by path: flat in storage, nested for people (journeys, the command line) and never with a prototype. */
import type { Answers, Flow, Json, Page } from './types.ts';
import { joinPath } from './compile.ts';

export function emptyAnswers(): Answers {
  return Object.create(null) as Answers;
}

/** A copy without a prototype; keys that mean something to JavaScript objects are dropped. */
export function copyAnswers(from: Readonly<Record<string, Json>>): Answers {
  const answers = emptyAnswers();
  for (const key of Object.keys(from)) if (key !== '__proto__') answers[key] = from[key]!;
  return answers;
}

const own = (object: unknown, key: string): Json | undefined =>
  object !== null && typeof object === 'object' && !Array.isArray(object) && Object.hasOwn(object, key)
    ? (object as Record<string, Json>)[key]
    : undefined;

function at(nested: Json, path: string): Json | undefined {
  let value: Json | undefined = nested;
  for (const name of path === '' ? [] : path.split('.')) value = own(value, name);
  return value;
}

/** Nested answers (`{applicant: {…}, dogs: [{…}]}`) -> flat ones. `unknown` names what the flow has no place for. */
export function flattenAnswers(flow: Flow, nested: Record<string, Json>): { answers: Answers; unknown: string[] } {
  const answers = emptyAnswers();
  const known = new Set<string>();
  const take = (pages: readonly Page[], source: Json, template: string, actual: string): void => {
    for (const page of pages) {
      for (const field of page.fields) {
        const relative = template ? field.path.slice(template.length + 1) : field.path;
        const value = at(source, relative);
        known.add(field.path);
        if (value !== undefined && !field.type.silent) answers[joinPath(actual, relative)] = value;
      }
      if (!page.collection) continue;
      const relative = template ? page.collection.path.slice(template.length + 1) : page.collection.path;
      known.add(page.collection.path);
      const list = at(source, relative);
      if (!Array.isArray(list)) continue;
      const path = joinPath(actual, relative);
      answers[path] = list.map((_, index) => String(index + 1));
      for (const [index, entry] of list.entries()) take(page.collection.pages, entry, page.collection.path, `${path}.${index + 1}`);
    }
  };
  for (const section of flow.sections) take(section.pages, nested, '', '');
  const unknown: string[] = [];
  const look = (value: Json, path: string): void => {
    if (known.has(path) && !(Array.isArray(value) && value.some((v) => v !== null && typeof v === 'object'))) return;
    if (Array.isArray(value)) for (const item of value) look(item, path);
    else if (value !== null && typeof value === 'object' && !known.has(path))
      for (const [key, inner] of Object.entries(value)) look(inner, joinPath(path, key));
    else if (!known.has(path)) unknown.push(path);
  };
  look(nested, '');
  return { answers, unknown: [...new Set(unknown)] };
}

/** Flat answers -> nested ones, in the order of the outline. Markers (`~`) are left out. */
export function nestAnswers(flow: Flow, answers: Readonly<Answers>): Record<string, Json> {
  const put = (target: Record<string, Json>, path: string, value: Json): void => {
    const names = path.split('.');
    const last = names.pop()!;
    let object = target;
    for (const name of names) {
      object[name] ??= {};
      object = object[name] as Record<string, Json>;
    }
    object[last] = value;
  };
  const collect = (pages: readonly Page[], template: string, actual: string): Record<string, Json> => {
    const target: Record<string, Json> = {};
    for (const page of pages) {
      for (const field of page.fields) {
        const relative = template ? field.path.slice(template.length + 1) : field.path;
        const path = joinPath(actual, relative);
        if (Object.hasOwn(answers, path)) put(target, relative, answers[path]!);
      }
      if (!page.collection) continue;
      const relative = template ? page.collection.path.slice(template.length + 1) : page.collection.path;
      const path = joinPath(actual, relative);
      if (!Object.hasOwn(answers, path)) continue;
      const entries = entryKeys(answers, path).map((key) => collect(page.collection!.pages, page.collection!.path, `${path}.${key}`));
      put(target, relative, entries);
    }
    return target;
  };
  const result: Record<string, Json> = {};
  for (const section of flow.sections) Object.assign(result, merge(result, collect(section.pages, '', '')));
  return result;
}

function merge(a: Record<string, Json>, b: Record<string, Json>): Record<string, Json> {
  for (const [key, value] of Object.entries(b)) {
    const before = a[key];
    const both = [before, value].every((v) => v !== null && typeof v === 'object' && !Array.isArray(v));
    a[key] = both ? merge(before as Record<string, Json>, value as Record<string, Json>) : value;
  }
  return a;
}

const KEY = /^[1-9]\d{0,3}$/;

/** Keys of the entries of a list; hostile or repeated ones are passed over. */
export function entryKeys(answers: Readonly<Answers>, path: string): string[] {
  const list = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (!Array.isArray(list)) return [];
  return [...new Set(list.filter((key): key is string => typeof key === 'string' && KEY.test(key)))];
}

/** Adds an entry; gives the answers and its key. Keys are counted up, so that an entry's address is stable while others come and go. */
export function addEntry(answers: Readonly<Answers>, path: string): { answers: Answers; key: string } {
  const keys = entryKeys(answers, path);
  const key = String(Math.max(0, ...keys.map(Number)) + 1);
  const next = copyAnswers(answers);
  next[path] = [...keys, key];
  return { answers: next, key };
}

/** Removes an entry with everything in it. */
export function removeEntry(answers: Readonly<Answers>, path: string, key: string): Answers {
  const next = copyAnswers(answers);
  next[path] = entryKeys(answers, path).filter((other) => other !== key);
  for (const name of Object.keys(next)) if (name.startsWith(`${path}.${key}.`)) delete next[name];
  return next;
}
