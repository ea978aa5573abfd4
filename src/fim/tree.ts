/**
 * The schema's tree with what a flow needs of every place: its name, its record, the list it stands in, and its turn. An answer's path is the path
 * of FIM ids, so that nothing is renamed on the way into a flow and back into a payload.
 */
import { createHash } from 'node:crypto';
import { blockOf, type Block } from './blocks.ts';
import type { FimField, FimGroup, FimSchema, Position } from './schema.ts';

export interface Node {
  readonly position: Position;
  readonly element: FimGroup | FimField;
  readonly parent?: Node;
  readonly children: readonly Node[];
  /** Its id as a name in the flow. */
  readonly name: string;
  /** Names of the lists that it stands in, outermost first; a list stands in itself as far as its entries go. */
  readonly lists: readonly Node[];
  /** May be given several times, one entry each. */
  readonly list: boolean;
  /** Names from the root, or from the entry of the innermost list that is around it. */
  readonly names: readonly string[];
  /** Its turn: groups before what is in them. */
  readonly order: number;
  /** A group that is asked as one field. */
  readonly block?: Block;
  /** The group that is asked as one field and holds this one. */
  readonly within?: Node;
  /** Name of one entry in expressions, for lists. */
  readonly as: string;
}

export interface Tree {
  readonly roots: readonly Node[];
  /** By path key (`pathKey`). */
  readonly nodes: ReadonlyMap<string, Node>;
}

/** `codes`: whether the codes of a field are known. */
export function treeOf(schema: FimSchema, codes: (field: FimField) => boolean): Tree {
  const nodes = new Map<string, Node>();
  const entries = new Map<string, number>();
  let order = 0;
  const visit = (position: Position, parent: Node | undefined, within: Node | undefined): Node => {
    const { element, path, max } = position;
    const name = flowName(element.id);
    const children: Node[] = [];
    const block = within ? undefined : blockOf(position);
    const field = element.kind === 'field';
    // Several of several codes are ticked, several files are one upload: they need no list of entries.
    const list =
      max > 1 && (!field || (element.data !== 'file' && !(element.input === 'select' && codes(element)))) && !(field && silent(element));
    const outer = parent ? [...parent.lists, ...(parent.list ? [parent] : [])] : [];
    const above = parent && !parent.list ? parent.names : [];
    const count = entries.get(name) ?? 0;
    if (list) entries.set(name, count + 1);
    const node: Node = {
      position,
      element,
      parent,
      children,
      name,
      lists: outer,
      list,
      names: [...above, name],
      order: order++,
      block,
      within,
      as: `entry_${name}${count > 0 ? `_${count + 1}` : ''}`,
    };
    nodes.set(path.join(' '), node);
    if (element.kind === 'group') for (const member of element.members) children.push(visit(member, node, block ? node : within));
    return node;
  };
  return { roots: schema.members.map((member) => visit(member, undefined, undefined)), nodes };
}

/** Never asked: it has no multiplicity that an applicant could use. */
export function silent(field: FimField): boolean {
  return field.input === 'label' || field.input === 'hidden' || field.input === 'locked';
}

/**
 * An id as a name: FIM's own ids are names already, anything else (ids are tokens and only almost regular) is spelled so that it is one, with a
 * hash that keeps two ids apart. Names of expressions' own words begin with a small letter, so none is hit.
 */
export function flowName(id: string): string {
  if (/^[A-Z][A-Za-z0-9_]{0,47}$/.test(id)) return id;
  return `X_${id.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, 30)}_${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

/** A node's template path in the flow: the names of the lists around it and its own. */
export function dataPath(node: Node): string {
  return [...node.lists.flatMap((list) => list.names), ...node.names].join('.');
}

/** How expressions name the record that holds a node's children; of nothing: the root. */
export function recordOf(node: Node | undefined): readonly string[] {
  if (!node) return [];
  if (node.list) return [node.as];
  return [...(node.lists.length > 0 ? [node.lists.at(-1)!.as] : []), ...node.names];
}

/** Everything below a node, itself first, in order. */
export function* below(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* below(child);
}
