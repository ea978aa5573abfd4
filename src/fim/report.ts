/** What became what: figures, open points, warnings and where it all comes from. */
import type { CodeList } from './genericode.ts';
import type { Outline } from './outline.ts';
import type { Plan } from './plan.ts';
import type { Code, FimField, FimSchema } from './schema.ts';
import type { OpenPoint, Read } from './statements.ts';
import type { Tree } from './tree.ts';

export interface FimReport {
  readonly schema: {
    readonly id: string;
    readonly version?: string;
    readonly standard: string;
    readonly status: string;
    readonly title: string;
    readonly sha256: string;
  };
  readonly fields: {
    readonly all: number;
    /** Asked on a page. */
    readonly asked: number;
    /** Shown as a note, or sent with a fixed value. */
    readonly notes: number;
    readonly constants: number;
    /** Named as open points, or never asked because no answer leads there. */
    readonly open: number;
    readonly never: number;
  };
  readonly groups: {
    readonly all: number;
    readonly lists: number;
    readonly optional: number;
    readonly choices: number;
    readonly blocks: number;
  };
  readonly pages: number;
  readonly sections: number;
  /** As attached in the schema; read by their machine-readable form, by their words, and left open. */
  readonly rules: { readonly all: number; readonly translated: number; readonly text: number; readonly open: number };
  readonly codeLists: { readonly supplied: number; readonly missing: number };
  readonly open: readonly OpenPoint[];
  readonly warnings: readonly string[];
  /** Readings of the words that were held against machine-readable rules, and where both differ. */
  readonly compared: number;
  readonly differences: Read['differences'];
  /** What each place became. */
  readonly places: readonly {
    readonly path: string;
    readonly label: string;
    readonly became: string;
    readonly page?: string;
    readonly when?: string;
  }[];
}

interface Material {
  readonly source: { readonly schema: FimSchema; readonly sha256: string; readonly lists: readonly CodeList[] };
  readonly tree: Tree;
  readonly plan: Plan;
  readonly outline: Outline;
  readonly rules: Read;
  readonly open: readonly OpenPoint[];
  readonly status: ReturnType<typeof statusOf>;
  readonly known: (field: FimField) => readonly Code[] | undefined;
}

const STATUS: ReadonlyMap<string, string> = new Map([
  ['1', 'planned'],
  ['2', 'being worked on'],
  ['3', 'draft'],
  ['4', 'methodically approved'],
  ['5', 'approved by experts (silver)'],
  ['6', 'approved by experts (gold)'],
  ['7', 'inactive'],
  ['8', 'to be deleted'],
  ['inVorbereitung', 'being prepared'],
  ['aktiv', 'active'],
  ['inaktiv', 'inactive'],
]);

/** The release status in words, and a warning where the schema is not approved by experts (5 and 6; `aktiv` in version 2.0). */
export function statusOf({ status }: FimSchema): { words: string; warning?: string } {
  const words = (status !== undefined && STATUS.get(status)) || 'unknown';
  const fine = status === '5' || status === '6' || status === 'aktiv';
  return { words, ...(!fine && { warning: `Status of the schema: ${words}. It is not approved by experts and may change.` }) };
}

export function reportOf({ source, tree, plan, outline, rules, open, status, known }: Material): FimReport {
  const { schema, sha256, lists } = source;
  const nodes = [...tree.nodes.values()];
  const fields = nodes.filter(({ element }) => element.kind === 'field');
  const groups = nodes.filter(({ element }) => element.kind === 'group');
  const never = new Set(outline.never);
  const became = (node: (typeof nodes)[number]): string => {
    const place = plan.places.get(node)!;
    if (place.constant !== undefined) return 'constant';
    for (let up: typeof node | undefined = node; up; up = up.parent) if (never.has(up)) return 'never asked';
    const page = outline.asked.get(node.within ?? node);
    if (node.within) return `part of ${node.within.block!.type}`;
    if (node.block) return node.block.type;
    if (node.list) return 'list';
    if (node.element.kind === 'group') return place.choice ? 'choice' : place.gate ? 'optional group' : 'group';
    if (!page) return 'open point';
    return page.fields?.find(({ id }) => id === node.name)?.type ?? 'field';
  };
  const kinds = new Map(nodes.map((node) => [node, became(node)]));
  const count = (among: typeof nodes, kind: string) => among.filter((node) => kinds.get(node) === kind).length;
  const silentFields = count(fields, 'note') + count(fields, 'constant') + count(fields, 'open point') + count(fields, 'never asked');
  return {
    schema: {
      id: schema.id,
      ...(schema.version && { version: schema.version }),
      standard: schema.standard,
      status: status.words,
      title: schema.title,
      sha256,
    },
    fields: {
      all: fields.length,
      asked: fields.length - silentFields,
      notes: count(fields, 'note'),
      constants: count(fields, 'constant'),
      open: count(fields, 'open point'),
      never: count(fields, 'never asked'),
    },
    groups: {
      all: groups.length,
      lists: nodes.filter(({ list }) => list).length,
      optional: count(groups, 'optional group'),
      choices: count(groups, 'choice'),
      blocks: groups.filter(({ block }) => block).length,
    },
    pages: outline.pages,
    sections: outline.flow.sections.length - 1,
    rules: ruleFigures(rules, open),
    codeLists: {
      supplied: lists.length,
      missing: new Set(
        fields.flatMap(({ element }) =>
          element.kind === 'field' && element.input === 'select' && !known(element) ? [JSON.stringify(element.list ?? element.id)] : [],
        ),
      ).size,
    },
    open,
    warnings: [...(status.warning ? [status.warning] : []), ...schema.oddities],
    compared: rules.compared,
    differences: rules.differences,
    places: nodes.map((node) => {
      const place = plan.places.get(node)!;
      const page = outline.asked.get(node.within ?? node)?.id;
      return {
        path: node.position.path.join('.'),
        label: node.element.label,
        became: kinds.get(node)!,
        ...(page && { page }),
        ...(place.when && { when: place.when }),
      };
    }),
  };
}

/** A rule of which anything is left open counts as open, wherever that turned out. */
function ruleFigures({ rules }: Read, open: readonly OpenPoint[]): FimReport['rules'] {
  const left = new Set(open.filter(({ kind }) => kind === 'rule').map(({ path, rule, text }) => `${path.join('.')} ${rule ?? text}`));
  const read = new Map(rules.map((one) => [`${one.path.join('.')} ${one.rule ?? one.text}`, one.by]));
  const count = (by: 'translation' | 'text') => [...read].filter(([key, how]) => how === by && !left.has(key)).length;
  const [translated, text] = [count('translation'), count('text')];
  return { all: read.size, translated, text, open: read.size - translated - text };
}
