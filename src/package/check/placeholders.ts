/** Which answers a text may show: those that were walked before it, inside a list those of the entry by its `as` name. */
import type { Field, Flow, Page } from '#flow';
import type { ServiceDocument } from '../types.ts';

/** What can be seen at a place. */
export interface Visible {
  /** Template paths of fields that were walked. */
  readonly walked: ReadonlySet<string>;
  /** Entries around the place: their `as` name -> template path of the list. */
  readonly entries: ReadonlyMap<string, string>;
  /** Names that the portal adds (`n`: number of the entry). */
  readonly extra: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Before the first question: parameters only. */
export const nowhere: Visible = { walked: NONE, entries: new Map(), extra: NONE };

/** What is visible around every page of a flow. */
export function visibility(flow: Flow) {
  const around = new Map<Page, { before: Set<string>; behind: Set<string>; entries: ReadonlyMap<string, string> }>();
  const walked = new Set<string>();
  const visit = (page: Page, entries: ReadonlyMap<string, string>): void => {
    const before = new Set(walked);
    const { collection } = page;
    const inner = collection && new Map([...entries, [collection.as, collection.path]]);
    for (const one of collection?.pages ?? []) visit(one, inner!);
    for (const field of page.fields) {
      walked.add(field.path);
      // Computed on arrival, so the page's own texts may show it.
      if (field.type.silent) before.add(field.path);
    }
    around.set(page, { before, behind: new Set(walked), entries });
  };
  for (const section of flow.sections) for (const page of section.pages) visit(page, new Map());
  return {
    before: (page: Page): Visible => ({ walked: around.get(page)!.before, entries: around.get(page)!.entries, extra: NONE }),
    behind: (page: Page): Visible => ({ walked: around.get(page)!.behind, entries: around.get(page)!.entries, extra: NONE }),
    entry: (page: Page): Visible => {
      const { collection } = page;
      const { behind, entries } = around.get(page)!;
      return { walked: behind, entries: new Map([...entries, [collection!.as, collection!.path]]), extra: new Set(['n']) };
    },
    everything: { walked, entries: new Map(), extra: NONE } as Visible,
  };
}

const PARAMETERS = { money: 'double', number: 'double', text: 'string', yesno: 'bool' } as const;

/** What a placeholder stands for: its type in expressions, or why it stands for nothing. */
export function resolvePlaceholder(
  name: string,
  visible: Visible,
  flow: Flow,
  service: ServiceDocument,
): { type: string; reason?: undefined } | { type?: undefined; reason: string } {
  if (name === 'today') return { type: 'Date' };
  if (visible.extra.has(name)) return { type: 'double' };
  if (name.startsWith('param.')) {
    const parameters = service.parameters ?? {};
    const parameter = name.slice('param.'.length);
    return Object.hasOwn(parameters, parameter)
      ? { type: PARAMETERS[parameters[parameter]!.type] }
      : { reason: 'there is no such parameter.' };
  }
  const [first = '', ...rest] = name.split('.');
  const list = visible.entries.get(first);
  const path = list === undefined ? name : [list, ...rest].join('.');
  const found = fieldOf(path, flow);
  if (!found) return { reason: 'there is no such field.' };
  const { field, members } = found;
  const own = [...visible.entries.values()];
  const lists = [...flow.pages.values()].flatMap((page) =>
    page.collection && field.path.startsWith(`${page.collection.path}.`) ? [page.collection.path] : [],
  );
  if (lists.length > 0 && (list === undefined || lists.some((one) => !own.includes(one))))
    return { reason: 'it lies in a list: only texts of the entry can show it, by its "as" name.' };
  if (!visible.walked.has(field.path)) return { reason: 'it has not been answered yet where this text is shown.' };
  const cel = typeof field.type.cel === 'function' ? field.type.cel(field.config) : field.type.cel;
  if (typeof cel === 'string') return members.length === 0 ? { type: cel } : { reason: 'there is no such field.' };
  const member = members.length === 1 && Object.hasOwn(cel, members[0]!) ? cel[members[0]!] : undefined;
  return member ? { type: member } : { reason: `name one of its parts: ${Object.keys(cel).join(', ')}.` };
}

function fieldOf(path: string, flow: Flow): { field: Field; members: string[] } | undefined {
  const names = path.split('.');
  for (let length = names.length; length > 0; length--) {
    const field = flow.fields.get(names.slice(0, length).join('.'));
    if (field) return { field, members: names.slice(length) };
  }
  return undefined;
}
