/**
 * Plan -> outline and texts. Top-level groups are sections; a group's fields are pages of sensible size, so that a citizen is asked one thing at a
 * time and the counter still has one sheet a section. The order is that of the schema.
 */
import type { FlowDocument, PageDocument, RuleDocument, SectionDocument } from '#flow';
import { and } from './conditions.ts';
import { makeField, plain, type Lists, type MadeField, type Making } from './fields.ts';
import { isSilent, type Place, type Plan, type PlannedRule } from './plan.ts';
import type { FimSchema } from './schema.ts';
import type { OpenPoint } from './statements.ts';
import { dataPath, type Node, type Tree } from './tree.ts';

/** Controls on a page of short fields; what a person fills in without losing sight of it. */
const FULL = 6;
/** Most entries of a list in the flow format. */
const MOST_ENTRIES = 99;
/** Longest expression in the flow format. */
const LONGEST = 2000;
/** From here on the sections are a task list. */
const LONG_FLOW = 25;

export interface Outline {
  readonly flow: FlowDocument;
  /** German texts, as the file has them. */
  readonly texts: Record<string, Record<string, unknown>>;
  readonly open: readonly OpenPoint[];
  readonly pages: number;
  /** Never asked, because no answer makes their condition true. */
  readonly never: readonly Node[];
  /** Page on which a node is asked. */
  readonly asked: ReadonlyMap<Node, PageDocument>;
}

export function outlineOf(schema: FimSchema, tree: Tree, plan: Plan, codes: Making['codes'], lists: Lists): Outline {
  return new Drawer(schema, tree, plan, codes, lists).draw();
}

/** Fields that gather until a page is full. */
interface Draft {
  readonly when?: string;
  readonly fields: { node: Node; made: MadeField }[];
}

class Drawer {
  readonly #schema: FimSchema;
  readonly #tree: Tree;
  readonly #plan: Plan;
  readonly #codes: Making['codes'];
  readonly #lists: Lists;
  readonly #open: OpenPoint[] = [];
  readonly #never: Node[] = [];
  readonly #asked = new Map<Node, PageDocument>();
  readonly #ids = new Map<string, number>([
    ['finish', 1],
    ['check', 1],
    ['done', 1],
  ]);
  readonly #texts: Record<'section' | 'page' | 'field' | 'rule' | 'list', Record<string, Record<string, unknown> | string>> = {
    section: {},
    page: {},
    field: {},
    rule: {},
    list: {},
  };
  /** Nodes that some condition reads: they stand alone, so that what follows from them can appear. */
  readonly #deciding: ReadonlySet<Node>;
  /** What holds inside each group, as its pages say it. */
  readonly #insides = new Map<Node, string | undefined>();
  readonly #titles = new Map<string, number>();
  #pages = 0;

  constructor(schema: FimSchema, tree: Tree, plan: Plan, codes: Making['codes'], lists: Lists) {
    this.#schema = schema;
    this.#tree = tree;
    this.#plan = plan;
    this.#codes = codes;
    this.#lists = lists;
    const read = new Set<Node>();
    const words = [...plan.places.values()].flatMap(({ when, required, gate }) => [
      when,
      typeof required === 'string' ? required : undefined,
      gate?.when,
    ]);
    const all = words.filter((word) => word !== undefined).join(' ');
    for (const node of tree.nodes.values()) if (node.element.kind === 'field' && all.includes(node.name)) read.add(node);
    this.#deciding = read;
  }

  draw(): Outline {
    const sections: SectionDocument[] = [];
    let single: Node[] = [];
    const flush = () => {
      if (single.length === 0) return;
      const label = sections.length === 0 ? 'Allgemeine Angaben' : 'Weitere Angaben';
      const id = this.#id(sections.length === 0 ? 'general' : 'more');
      const pages = this.#members(single, undefined, undefined, label);
      if (pages.length > 0) {
        sections.push({ id, pages });
        this.#texts.section[id] = { title: this.#title(label) };
      }
      single = [];
    };
    for (const node of this.#tree.roots) {
      if (node.element.kind === 'field') {
        single.push(node);
        continue;
      }
      flush();
      const id = this.#id(node.name);
      const place = this.#plan.places.get(node)!;
      // The condition of a whole section stands on the section; the question whether it is wanted at all stands in it.
      const whole = place.gate || node.list || node.block ? undefined : place.when;
      const pages = this.#node(node, undefined, whole !== undefined);
      if (pages.length === 0) continue;
      sections.push({ id, ...(whole && { when: this.#short(whole, node) }), pages });
      this.#texts.section[id] = { title: this.#title(plain(node.element.label)) };
    }
    flush();
    const flowRules = this.#rules();
    sections.push({
      id: 'finish',
      pages: [
        { id: 'check', kind: 'check' },
        { id: 'done', kind: 'done' },
      ],
    });
    this.#texts.section.finish = { title: 'Prüfen und absenden' };
    this.#texts.page.check = { title: 'Prüfen und absenden', intro: 'Lesen Sie Ihre Angaben noch einmal durch. Sie können alles ändern.' };
    this.#texts.page.done = { title: 'Wir haben Ihren Antrag' };
    const flow: FlowDocument = {
      $schema: '../../static/schemas/flow.schema.json',
      ...(this.#pages >= LONG_FLOW && { taskList: true }),
      sections,
      ...(flowRules.length > 0 && { rules: flowRules }),
    };
    const texts = Object.fromEntries(Object.entries(this.#texts).filter(([, inner]) => Object.keys(inner).length > 0));
    return { flow, texts, open: this.#open, pages: this.#pages + 1, never: this.#never, asked: this.#asked };
  }

  #id(name: string): string {
    const count = (this.#ids.get(name) ?? 0) + 1;
    this.#ids.set(name, count);
    return count === 1 ? name : this.#id(`${name}_${count}`);
  }

  /** Two sections of one title could not be told apart, least of all by ear. */
  #title(title: string): string {
    const count = (this.#titles.get(title) ?? 0) + 1;
    this.#titles.set(title, count);
    return count === 1 ? title : `${title} (${count})`;
  }

  #short(expression: string, node: Node): string {
    if (expression.length > LONGEST)
      this.#open.push({
        kind: 'rule',
        path: node.position.path,
        text: `${expression.slice(0, 200)}…`,
        why: 'the condition is longer than an expression may be',
      });
    return expression.slice(0, LONGEST);
  }

  /** Pages of one node. `around`: what must hold for the groups around it, inside the entry it stands in. `said`: its own condition stands outside. */
  #node(node: Node, around: string | undefined, said = false): PageDocument[] {
    const place = this.#plan.places.get(node)!;
    if (place.when === 'false' || around === 'false') {
      this.#never.push(node);
      return [];
    }
    if (node.list) return [this.#list(node, place, around)];
    if (node.element.kind !== 'group' || node.block) return this.#members([node], node.parent, around, node.element.label);
    const pages: PageDocument[] = [];
    if (place.gate) pages.push(this.#gate(node, place.gate, around));
    const inner = said ? undefined : this.#inside(place, around);
    this.#insides.set(node, inner);
    if (place.choice) pages.push(this.#choice(node, place.choice, inner));
    pages.push(...this.#members(node.children, node, inner, node.element.label, node.element.help));
    return pages;
  }

  /** What holds inside a group. A gate or choice is answered only where the groups around it are given, so it says enough. */
  #inside({ when, gate }: Place, around: string | undefined): string | undefined {
    const enough = gate !== undefined && when !== undefined && !/ \|\| /.test(when);
    return enough ? when : and(around, when);
  }

  #page(page: Omit<PageDocument, 'id'> & { id: string }, when: string | undefined, node: Node): PageDocument {
    this.#pages += 1;
    const { id, kind, group, ...rest } = page;
    return { id, kind, ...(group && { group }), ...(when && when !== 'true' && { when: this.#short(when, node) }), ...rest };
  }

  /** Data path of the record that holds a node's children, below the entry. */
  #group(parent: Node | undefined): string | undefined {
    return !parent || parent.list ? undefined : parent.names.join('.');
  }

  #gate(node: Node, gate: { name: string; when?: string }, around: string | undefined): PageDocument {
    const group = this.#group(node.parent);
    const path = [...prefixOf(node.parent), gate.name].join('.');
    this.#texts.field[path] = {
      label: `Möchten Sie Angaben machen zu „${plain(node.element.label)}“?`,
      ...(node.element.help && { hint: plain(node.element.help) }),
    };
    return this.#page(
      { id: this.#id(gate.name), kind: 'question', group, fields: [{ id: gate.name, type: 'yesno' }] },
      and(around, gate.when),
      node,
    );
  }

  #choice(node: Node, choice: { name: string; members: readonly Node[] }, around: string | undefined): PageDocument {
    const path = [...prefixOf(node), choice.name].join('.');
    const option = Object.fromEntries(choice.members.map((member) => [member.name, plain(member.element.label)]));
    this.#texts.field[path] = { label: `${plain(node.element.label)}: Was davon geben Sie an?`, option };
    const fields = [{ id: choice.name, type: 'radios', options: Object.keys(option) }];
    return this.#page({ id: this.#id(choice.name), kind: 'question', group: this.#group(node), fields }, around, node);
  }

  #list(node: Node, place: Place, around: string | undefined): PageDocument {
    const { position, element } = node;
    const path = dataPath(node);
    const label = plain(element.label);
    const max = Math.min(position.max, MOST_ENTRIES);
    if (Number.isFinite(position.max) && position.max > MOST_ENTRIES)
      this.#open.push({
        kind: 'limit',
        path: position.path,
        text: `${position.min}:${position.max}`,
        why: `a list has at most ${MOST_ENTRIES} entries`,
      });
    const id = this.#id(node.name);
    const inner =
      element.kind === 'group'
        ? [
            ...(place.choice ? [this.#choice(node, place.choice, undefined)] : []),
            ...this.#members(node.children, node, undefined, element.label, element.help),
          ]
        : [this.#single(node)];
    this.#texts.page[id] = { title: label, ...(element.help && { intro: plain(element.help) }) };
    this.#texts.list[path] = { entry: `${label} {{n}}`, add: `${label} hinzufügen` };
    const group = this.#group(node.parent);
    const when = and(around, place.when);
    const page = this.#page(
      {
        id,
        kind: 'collection',
        group,
        list: node.name,
        as: node.as,
        min: Math.min(position.min, max),
        max,
        pages: inner,
        fim: position.path.join('.'),
      },
      when,
      node,
    );
    this.#asked.set(node, page);
    return page;
  }

  /** The one page of an entry that is a single value. */
  #single(node: Node): PageDocument {
    const made = makeField(node, true, this.#making(node));
    this.#tell(`${dataPath(node)}.value`, made);
    return this.#page({ id: this.#id(`${node.name}_value`), kind: 'question', fields: [made.document] }, undefined, node);
  }

  #making(node: Node): Making {
    return { codes: this.#codes, lists: this.#lists, open: this.#open, own: isOwn(node) };
  }

  /** Pages of a group's members, in their order. */
  #members(nodes: readonly Node[], parent: Node | undefined, around: string | undefined, label: string, help?: string): PageDocument[] {
    const pages: PageDocument[] = [];
    let draft: Draft | undefined;
    let told = false;
    let parts = 0;
    const flush = () => {
      if (!draft) return;
      const asked = draft.fields.filter(({ made }) => made.document.type !== 'note');
      const [first] = draft.fields;
      const file = asked.length > 0 && asked.every(({ made }) => made.document.type === 'file');
      const many = asked.length > 1;
      const id = this.#id(many && parent ? parent.name : first!.node.name);
      const kind = asked.length === 0 ? 'info' : file ? 'upload' : 'question';
      const page = this.#page(
        { id, kind, group: this.#group(parent), fields: draft.fields.map(({ made }) => made.document) },
        and(around, draft.when),
        first!.node,
      );
      const intro = !told && help && kind !== 'info' ? { intro: plain(help) } : {};
      if (kind !== 'info') told = true;
      if (many) parts += 1;
      const title = many
        ? { title: parts > 1 ? `${plain(label)} (${parts})` : plain(label) }
        : asked.length === 0
          ? { title: plain(label) }
          : {};
      if (Object.keys({ ...title, ...intro }).length > 0) this.#texts.page[id] = { ...title, ...intro };
      for (const { node } of draft.fields) this.#asked.set(node, page);
      pages.push(page);
      draft = undefined;
    };
    for (const node of nodes) {
      const place = this.#plan.places.get(node)!;
      if (node.list || (node.element.kind === 'group' && !node.block)) {
        flush();
        pages.push(...this.#node(node, around));
        continue;
      }
      if (place.constant !== undefined) continue;
      if (place.when === 'false' || around === 'false') {
        this.#never.push(node);
        continue;
      }
      if (isSilent(node) && node.element.kind === 'field' && node.element.input !== 'label') {
        this.#open.push({
          kind: 'field',
          path: node.position.path,
          text: node.element.name,
          why: 'a field that is never asked has no value: nothing fills it',
        });
        continue;
      }
      const made = makeField(node, place.required, this.#making(node));
      this.#tell(dataPath(node), made);
      const alone = made.weight > 4 || this.#deciding.has(node);
      const weight = draft?.fields.reduce((sum, one) => sum + one.made.weight, 0) ?? 0;
      const notes = draft?.fields.every((one) => one.made.document.type === 'note') ?? false;
      if (
        draft &&
        (draft.when !== place.when ||
          (alone && !notes) ||
          weight + made.weight > FULL + (notes ? 6 : 0) ||
          draft.fields.some((one) => this.#deciding.has(one.node)))
      )
        flush();
      draft ??= { when: place.when, fields: [] };
      draft.fields.push({ node, made });
      if (alone) flush();
    }
    flush();
    return pages;
  }

  #tell(path: string, { label, hint, options }: MadeField): void {
    this.#texts.field[path] = { label, ...(hint && { hint }), ...(options && { option: options }) };
  }

  /** Puts the rules where they can be checked; gives those of the whole flow. */
  #rules(): RuleDocument[] {
    const whole: RuleDocument[] = [];
    for (const [index, rule] of this.#plan.rules.entries()) {
      const anchor = this.#anchor(rule);
      const page = this.#asked.get(anchor);
      if (!page || rule.assert.length > LONGEST || (rule.when?.length ?? 0) > LONGEST) {
        this.#open.push({
          kind: 'rule',
          path: rule.last.position.path,
          rule: rule.fim,
          text: rule.message,
          why: 'the place where the rule would be checked is never asked',
        });
        continue;
      }
      const id = this.#id(`rule_${(rule.fim ?? String(index + 1)).replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 50)}`);
      this.#texts.rule[id] = plain(rule.message);
      const base: RuleDocument = {
        id,
        level: 'must',
        assert: rule.assert,
        ...(rule.when && { when: rule.when }),
        ...(rule.fim && { fim: rule.fim }),
      };
      const around = this.#insides.get(commonGroup(rule.nodes)!);
      const here = rule.nodes.every((node) => this.#asked.get(node) === page);
      if (here || page.when === undefined || page.when === around || rule.lists.length > 0) {
        const fields = rule.nodes.filter((node) => this.#asked.get(node) === page && page.kind !== 'collection').map(({ name }) => name);
        const rules = [...(page.rules ?? []), { ...base, ...(fields.length > 0 && { fields: [...new Set(fields)] }) }];
        page.rules = rules;
      } else {
        // The page may not be on the way while the group is: then the review is where it can be checked.
        const fields = rule.nodes
          .filter((node) => this.#asked.has(node) && node.lists.length === 0 && node.element.kind === 'field')
          .map(dataPath);
        const when = and(around, rule.when);
        whole.push({ ...base, ...(when && { when }), ...(fields.length > 0 && { fields: [...new Set(fields)] }) });
      }
    }
    return whole;
  }

  /** The node whose page knows everything the rule reads: of a list inside, the list itself. */
  #anchor({ last, lists }: PlannedRule): Node {
    let node = last.within ?? last;
    if (node.lists.length > lists.length) node = node.lists[lists.length]!;
    while (!this.#asked.has(node) && node.children.length > 0)
      node = node.children.findLast((child) => !isSilent(child)) ?? node.children.at(-1)!;
    return node;
  }
}

/** The innermost group around all nodes. */
function commonGroup(nodes: readonly Node[]): Node | undefined {
  let common = nodes[0]?.parent;
  while (common && !nodes.every((node) => common!.position.path.every((id, i) => node.position.path[i] === id))) common = common.parent;
  return common;
}

/** Names of the record that holds a node's children, lists included: as texts and answers name it. */
function prefixOf(parent: Node | undefined): string[] {
  return parent ? dataPath(parent).split('.') : [];
}

/** Data of the person who applies: not those of whom she represents, employs or lives with. */
function isOwn(node: Node): boolean {
  const groups: string[] = [];
  for (let up = node.parent; up; up = up.parent) groups.push(`${up.element.name} ${up.element.label}`);
  const words = groups.join(' ');
  return /antragstell/i.test(words) && !/vertret|bevollm|kind|halter|haushalt|ansprech/i.test(words) && node.lists.length === 0;
}
