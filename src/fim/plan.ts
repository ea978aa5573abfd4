/**
 * What becomes of every place: when it is asked, whether it must be answered, and how. Multiplicities and rules meet here; where both leave it to
 * the citizen whether a group is given, a gate question asks. Everything undecided ends as an open point.
 */
import { and, cel, filled, negated, quoted, Unclear, type Writing } from './conditions.ts';
import { always, elementsOf, type Condition } from './rules/index.ts';
import type { Code, FimField } from './schema.ts';
import type { OpenPoint, Tied } from './statements.ts';
import { below, recordOf, silent, type Node, type Tree } from './tree.ts';

export interface Place {
  /** CEL: part of the way only while this is true. Without those of the groups around it. */
  readonly when?: string;
  /** false, true, or CEL. For groups: whether something is asked in any case. */
  readonly required: boolean | string;
  /** Conditional or not, by rules alone: the schema of the payload must not ask for it. */
  readonly conditional: boolean;
  /** A yes/no question in front of an optional group, by its field name. */
  readonly gate?: { readonly name: string; readonly when?: string };
  /** Members of which one is chosen first: field name of the question, and its members in order. */
  readonly choice?: { readonly name: string; readonly members: readonly Node[] };
  /** Never asked: has this value. */
  readonly constant?: string;
}

/** A rule that became one of the flow. */
export interface PlannedRule {
  readonly assert: string;
  readonly when?: string;
  /** Fields at fault. */
  readonly nodes: readonly Node[];
  /** FIM rule. */
  readonly fim?: string;
  readonly message: string;
  /** Lists in whose entries it stands. */
  readonly lists: readonly Node[];
  /** Behind this node it can be checked. */
  readonly last: Node;
}

export interface Plan {
  readonly places: ReadonlyMap<Node, Place>;
  readonly rules: readonly PlannedRule[];
  readonly open: readonly OpenPoint[];
  /** Rules that say what the multiplicity or the field's type says already. */
  readonly implied: number;
  /** The flow asks which Land it is for. */
  readonly land: boolean;
}

interface Said {
  readonly condition: Condition<Node>;
  readonly tied: Tied;
}

interface Subject {
  readonly require: Said[];
  readonly show: Said[];
  readonly forbid: Said[];
}

export function planOf(tree: Tree, tied: readonly Tied[], codes: (field: FimField) => readonly Code[] | undefined): Plan {
  return new Planner(tree, codes).plan(tied);
}

class Planner {
  readonly #tree: Tree;
  readonly #codes: Writing['codes'];
  readonly #places = new Map<Node, Place>();
  readonly #rules: PlannedRule[] = [];
  readonly #open: OpenPoint[] = [];
  readonly #subjects = new Map<Node, Subject>();
  readonly #constants = new Map<Node, string>();
  #implied = 0;
  #land = false;

  constructor(tree: Tree, codes: Writing['codes']) {
    this.#tree = tree;
    this.#codes = codes;
  }

  plan(tied: readonly Tied[]): Plan {
    for (const one of tied) this.#attempt(one, () => this.#constant(one));
    for (const one of tied) this.#attempt(one, () => this.#sort(one));
    const choices = this.#choices(tied);
    for (const node of this.#tree.nodes.values()) this.#places.set(node, this.#place(node, choices.get(node)));
    for (const one of tied) this.#attempt(one, () => this.#rule(one, choices));
    return { places: this.#places, rules: this.#rules, open: this.#open, implied: this.#implied, land: this.#land };
  }

  #attempt(tied: Tied, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Unclear)) throw error;
      this.#left(tied, error.message);
    }
  }

  #left({ rule, bearer, statement }: Tied, why: string): void {
    const text = statement.text || rule.text;
    const path = bearer?.position.path ?? [];
    if (this.#open.some((one) => one.text === text && one.rule === rule.id && one.path.join() === path.join())) return;
    this.#open.push({ kind: 'rule', path, rule: rule.id, text, why });
  }

  #writing(place: readonly Node[]): Writing {
    return { place, codes: this.#codes, constant: (node) => this.#constants.get(node) ?? contentOf(node) };
  }

  #cel(condition: Condition<Node>, place: readonly Node[]): string {
    if (hasLand(condition)) this.#land = true;
    return cel(condition, this.#writing(place));
  }

  #constant({ statement: { when, effect } }: Tied): void {
    if (effect.do !== 'fix') return;
    const { element } = effect.target;
    if (when.op !== 'always') throw new Unclear('a value is set under a condition');
    if (element.kind === 'group') throw new Unclear(`${element.id} is a group and has no value`);
    const codes = this.#codes(element);
    if (codes && !codes.some(({ code }) => code === effect.value)) throw new Unclear(`"${effect.value}" is no code of ${element.id}`);
    const before = this.#constants.get(effect.target);
    if (before !== undefined && before !== effect.value) throw new Unclear(`${element.id} is set to two values`);
    this.#constants.set(effect.target, effect.value);
  }

  /** What is said of whether an element is asked. */
  #sort(tied: Tied): void {
    const { when, effect } = tied.statement;
    if (effect.do !== 'require' && effect.do !== 'show' && effect.do !== 'forbid') return;
    const { target } = effect;
    if (carriedByType(target, when)) {
      this.#implied += 1;
      return;
    }
    if (target.within) throw new Unclear(`${target.element.id} is part of one field`);
    if (this.#constants.has(target)) throw new Unclear(`${target.element.id} has a fixed value`);
    const reads = elementsOf(when);
    if (reads.some((read) => read === target || [...below(target)].includes(read)))
      throw new Unclear(`whether ${target.element.id} is asked would depend on itself`);
    // Does it read and write?
    this.#cel(when, target.lists);
    const subject = this.#subjects.get(target) ?? { require: [], show: [], forbid: [] };
    this.#subjects.set(target, subject);
    if (reads.every((read) => read.order < target.order)) subject[effect.do].push({ condition: when, tied });
    else this.#later(tied, target);
  }

  /** What it depends on is asked behind it: then it cannot be hidden, but it can be checked. */
  #later(tied: Tied, target: Node): void {
    const { when, effect } = tied.statement;
    const reads = elementsOf(when);
    if (target.lists.length > 0) throw new Unclear(`${target.element.id} depends on what is asked behind it`);
    const condition = this.#cel(when, []);
    const given = filled(target, this.#writing([]));
    const forbidden = effect.do === 'forbid';
    if (effect.do === 'show') throw new Unclear(`${target.element.id} depends on what is asked behind it`);
    this.#rules.push({
      assert: forbidden ? `!(${given})` : given,
      when: condition,
      nodes: [target],
      fim: tied.rule.id,
      message:
        tied.statement.message ??
        (forbidden
          ? `Nach Ihren übrigen Angaben gehört „${target.element.label}“ nicht dazu. Nehmen Sie diese Angabe zurück.`
          : `Nach Ihren übrigen Angaben brauchen wir auch „${target.element.label}“.`),
      lists: [],
      last: [...reads, target].reduce((a, b) => (b.order > a.order ? b : a)),
    });
  }

  /** Groups of which exactly one is given: by their kind, or because a rule says so of optional groups that no other rule decides. */
  #choices(tied: readonly Tied[]): Map<Node, readonly Node[]> {
    const found = new Map<Node, readonly Node[]>();
    for (const node of this.#tree.nodes.values())
      if (node.element.kind === 'group' && node.element.choice && node.children.length > 1) found.set(node, node.children);
    for (const { statement } of tied) {
      const members = statement.when.op === 'xor' ? groupsOf(statement) : undefined;
      const parent = members?.[0]?.parent;
      if (!members || !parent || found.has(parent)) continue;
      const free = members.every(
        (member) => member.parent === parent && member.position.min === 0 && !member.list && !this.#subjects.has(member),
      );
      if (free)
        found.set(
          parent,
          [...members].sort((a, b) => a.order - b.order),
        );
    }
    return found;
  }

  #place(node: Node, members: readonly Node[] | undefined): Place {
    const { element, position } = node;
    const constant = this.#constants.get(node) ?? (element.kind === 'field' ? contentOf(node) : undefined);
    const subject = this.#subjects.get(node);
    const own = subject ? this.#conditions(node, subject) : { required: false as boolean | string, decided: false, when: undefined };
    const chosen = node.parent && this.#places.get(node.parent)?.choice;
    const choice = members && { name: `${node.name}_choice`, members };
    if (chosen?.members.includes(node)) {
      const which = [...recordOf(node.parent), chosen.name].join('.');
      const when = and(own.when, `${which} == ${quoted(node.name)}`);
      return { when, required: true, conditional: true, choice, constant };
    }
    const group = element.kind === 'group' && !node.block;
    if (group && position.min === 0 && !node.list && !own.decided) {
      const name = `${node.name}_given`;
      const base = [...recordOf(node.parent), name].join('.');
      const needed = typeof own.required === 'string' ? own.required : undefined;
      const yes = `(answered(${base}) && ${base})`;
      return {
        when: and(own.when, needed ? `(${needed} || ${yes})` : yes),
        required: false,
        conditional: true,
        gate: { name, when: and(own.when, needed && `!(${needed})`) },
        choice,
        constant,
      };
    }
    const required = position.min > 0 ? true : own.required;
    return { when: own.when, required, conditional: own.when !== undefined || required !== true, choice, constant };
  }

  /** `decided`: no question is left whether the element is given. */
  #conditions(node: Node, { require, show, forbid }: Subject): { when?: string; required: boolean | string; decided: boolean } {
    const any = (said: readonly Said[]): Condition<Node> | undefined =>
      said.length === 0 ? undefined : said.length === 1 ? said[0]!.condition : { op: 'or', of: said.map(({ condition }) => condition) };
    const [needed, shown, hidden] = [any(require), any(show), any(forbid)];
    const write = (condition: Condition<Node>) => this.#cel(condition, node.lists);
    const domain = (field: Node) => this.#values(field, node);
    const sure = (condition: Condition<Node>) => always(condition, domain);
    if (needed && hidden && !sure({ op: 'not', of: { op: 'and', of: [needed, hidden] } })) {
      for (const { tied } of [...require, ...forbid])
        this.#left(tied, `${node.element.id} would have to be given and must not be given at the same time`);
      return { required: node.position.min > 0, decided: false };
    }
    // Asked exactly while it is needed: said both ways, or shown only then.
    if (needed && hidden && sure({ op: 'or', of: [needed, hidden] })) return { when: write(needed), required: true, decided: true };
    if (needed && shown && !hidden) {
      const both: Condition<Node> = { op: 'or', of: [needed, shown] };
      return {
        when: write(both),
        required: sure({ op: 'or', of: [{ op: 'not', of: shown }, needed] }) ? true : write(needed),
        decided: true,
      };
    }
    const when = hidden ? negated(write(hidden)) : shown ? write(shown) : undefined;
    const decided = shown !== undefined;
    if (!needed) return { when, required: decided && node.element.kind === 'group', decided };
    if (!hidden && node.position.min > 0) this.#implied += require.length;
    return { when, required: write(needed), decided };
  }

  /** What a field can be when a later place is reached: none only where it is not certain to be asked before. */
  #values(field: Node, from: Node): (string | undefined)[] | undefined {
    const { element, position, parent } = field;
    if (element.kind !== 'field') return undefined;
    const values =
      element.data === 'bool'
        ? ['true', 'false']
        : element.input === 'select' && position.max === 1
          ? this.#codes(element)?.map(({ code }) => code)
          : undefined;
    if (!values || values.length > 100) return undefined;
    const place = this.#places.get(field);
    let around: Node | undefined = from.parent;
    while (around && around !== parent) around = around.parent;
    const certain = place?.required === true && place.when === undefined && around === parent;
    return certain ? values : [...values, undefined];
  }

  /** Rules over values. */
  #rule(tied: Tied, choices: ReadonlyMap<Node, readonly Node[]>): void {
    const { statement, rule } = tied;
    const { when, effect, message } = statement;
    if (effect.do === 'allow') {
      const { target } = effect;
      const { element } = target;
      if (element.kind === 'group') throw new Unclear(`${element.id} is a group and has no value`);
      const codes = this.#codes(element);
      const unknown = codes && effect.codes.find((code) => !codes.some((one) => one.code === code));
      if (unknown !== undefined) throw new Unclear(`"${unknown}" is no code of ${element.id}`);
      const labels = effect.codes.map((code) => codes?.find((one) => one.code === code)?.label ?? code);
      const writing = this.#writing(target.lists);
      const given = filled(target, writing);
      const condition = this.#cel(when, target.lists);
      this.#rules.push({
        assert: cel({ op: 'equals', field: target, values: effect.codes }, writing),
        when: condition === 'true' ? given : `${condition} && ${given}`,
        nodes: [target],
        fim: rule.id,
        message: message ?? `Nach Ihren übrigen Angaben ist bei „${element.label}“ nur möglich: ${labels.join(', ')}.`,
        lists: target.lists,
        last: [...elementsOf(when), target].reduce((a, b) => (b.order > a.order ? b : a)),
      });
      return;
    }
    if (effect.do !== 'valid') return;
    const reads = elementsOf(when);
    const [first] = reads;
    if (!first) throw new Unclear('the rule names no element');
    if (reads.every((read) => read.within?.block?.type === 'partial-date' && read.within === first.within)) {
      this.#implied += 1;
      return;
    }
    const members = groupsOf(statement);
    if (when.op === 'xor' && members?.[0]!.parent && choices.get(members[0].parent)?.every((member) => members.includes(member))) {
      this.#implied += 1;
      return;
    }
    // Groups that other rules show and hide, one at a time: nothing is left to be checked.
    if (members?.every((member) => this.#decided(member))) {
      this.#implied += 1;
      return;
    }
    const lists = reads.reduce((a, b) => (b.lists.length < a.lists.length ? b : a)).lists;
    const assert = this.#cel(when, lists);
    const names = [...new Set(reads.map(({ element }) => `„${element.label}“`))].join(', ');
    this.#rules.push({
      assert,
      nodes: reads.map((read) => read.within ?? read),
      fim: rule.id,
      message: message ?? defaultMessage(when, names),
      lists,
      last: reads.reduce((a, b) => (b.order > a.order ? b : a)),
    });
  }

  #decided(node: Node): boolean {
    const place = this.#places.get(node);
    return place !== undefined && place.when !== undefined && place.required === true && place.gate === undefined;
  }
}

function defaultMessage(condition: Condition<Node>, names: string): string {
  if (condition.op === 'or') return `Machen Sie mindestens eine dieser Angaben: ${names}.`;
  if (condition.op === 'xor') return `Machen Sie genau eine dieser Angaben: ${names}.`;
  return `Diese Angaben passen nicht zusammen: ${names}. Prüfen Sie sie.`;
}

/** The groups of a rule that speaks of nothing else than which of them are to be filled. */
function groupsOf({ when, effect }: Tied['statement']): Node[] | undefined {
  if (effect.do !== 'valid' || (when.op !== 'xor' && when.op !== 'or')) return undefined;
  const members = when.of.flatMap((one) => (one.op === 'filled' && one.element.element.kind === 'group' ? [one.element] : []));
  return members.length === when.of.length && members.length > 1 ? members : undefined;
}

/** A date with unknown parts checks by itself that it is a day, and asks for the month with the day. */
function carriedByType(target: Node, when: Condition<Node>): boolean {
  return target.within?.block?.type === 'partial-date' && elementsOf(when).every((read) => read.within === target.within);
}

function contentOf({ element }: Node): string | undefined {
  return element.kind === 'field' && (element.input === 'locked' || element.input === 'hidden') ? element.content : undefined;
}

function hasLand(condition: Condition<Node>): boolean {
  if (condition.op === 'land') return true;
  if (condition.op === 'not') return hasLand(condition.of);
  return 'of' in condition && condition.of.some(hasLand);
}

/** Fields that are never asked. */
export function isSilent({ element }: Node): boolean {
  return element.kind === 'field' && silent(element);
}
