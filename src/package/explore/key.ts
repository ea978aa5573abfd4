/** When two states of an exploration are the same: they stand at the same page and agree on every answer that an expression still needs. */
import { entryKeys, joinPath, type Answers, type Flow, type Json, type Walk } from '#flow';
import type { Reads } from './reads.ts';

const located = new Map<string, { template: string; around: readonly string[] }>();
const MOST_LOCATED = 20_000;

/** An answer path without its entry keys, and the entries around it: `a.1.b.2.c` -> `a.b.c`, [`a.1`, `a.1.b.2`]. */
export function locate(path: string): { template: string; around: readonly string[] } {
  let found = located.get(path);
  if (!found) {
    const names = path.split('.');
    const around = names.flatMap((name, i) => (/^\d+$/.test(name) ? [names.slice(0, i + 1).join('.')] : []));
    found = { template: names.filter((name) => !/^\d+$/.test(name)).join('.'), around };
    if (located.size > MOST_LOCATED) located.clear();
    located.set(path, found);
  }
  return found;
}

/** The answer at a template path, seen from an entry: its own value first, then that of any entry. */
export function nearest(counted: Answers, template: string, prefix: string): Json | undefined {
  let any: Json | undefined;
  for (const path of Object.keys(counted)) {
    if (locate(path).template !== template) continue;
    any = counted[path];
    if (path.startsWith(`${prefix}.`)) return any;
  }
  return any;
}

/** Template paths of the collections of a flow. */
export function collectionPaths(flow: Flow): ReadonlySet<string> {
  return new Set([...flow.pages.values()].flatMap((page) => (page.collection ? [page.collection.path] : [])));
}

/** Makes the key of a state. */
export function stateKeys(flow: Flow, reads: Reads): (walked: Walk, answers: Answers, params: Record<string, Json>) => string {
  const collections = collectionPaths(flow);
  return (walked, answers, params) => {
    const step = walked.steps.at(-1)!;
    const under = `${step.prefix}.`;
    const parts: string[] = [walked.stop];
    const entries = new Map<string, string[]>();
    const note = (path: string, value: Json, template: string, around: readonly string[]): void => {
      const text = reads.decisive.has(template) ? JSON.stringify(value) : value === null ? 'empty' : 'answered';
      // The order of finished entries means nothing: each is one text, and the texts are sorted.
      const entry = around[0];
      if (entry === undefined || under.startsWith(`${entry}.`)) return void parts.push(`${path}=${text}`);
      const known = entries.get(entry) ?? [entry.slice(0, entry.lastIndexOf('.'))];
      known.push(`${path.slice(entry.length)}=${text}`);
      entries.set(entry, known);
    };
    for (const path of Object.keys(answers)) {
      if (path.includes('~')) {
        // What was read or confirmed matters on its own page only.
        if (path.endsWith(`~${step.page.id}`) || walked.warnings.some((warning) => warning.confirmPath === path)) parts.push(path);
        continue;
      }
      const { template, around } = locate(path);
      const value = answers[path]!;
      const list = Array.isArray(value) && collections.has(template);
      if (list && (step.page.collection?.path === template || under.startsWith(`${path}.`)))
        parts.push(`${path}=${entryKeys(answers, path).length}`);
      else if (reads.live(template, around, step.page, step.prefix)) note(path, list ? value.length : value, template, around);
      else if (step.fields.some((field) => joinPath(step.prefix, field.id) === path)) parts.push(`${path}=answered`);
    }
    const { counted } = walked;
    for (const path of Object.keys(counted)) {
      const { template, around } = locate(path);
      if (flow.fields.get(template)?.compute === undefined || !reads.decisive.has(template)) continue;
      if (reads.live(template, around, step.page, step.prefix)) note(path, counted[path]!, template, around);
    }
    const finished = [...entries.values()].map(([list = '', ...values]) => `${list}:${values.sort().join(';')}`);
    return [...parts, ...finished.sort(), JSON.stringify(params)].join('|');
  };
}
