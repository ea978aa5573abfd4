/**
 * Walks every path of a flow: at each page it answers in all ways that can decide something later, and goes on from there. What agrees on
 * everything that is still needed is one state. Large flows are cut at a number of states, the least visited pages first; the report says so.
 */
import { copyAnswers, emptyAnswers, entryKeys, joinPath, nestAnswers, walk, type Answers, type Field, type Flow, type Json, type Step, type Walk } from '#flow';
import type { CodeEntry, ServiceDocument } from '../types.ts';
import { observe, type Coverage } from '../observe.ts';
import { listCodes, parameterValues } from '../read.ts';
import { candidates, entryCounts } from './candidates.ts';
import { readsOf, type Reads } from './reads.ts';

/** What is explored. The flow is watched from now on: compile one for the exploration. */
export interface Explorable {
  readonly flow: Flow;
  readonly service: ServiceDocument;
  readonly lists: ReadonlyMap<string, readonly CodeEntry[]>;
}

export interface ExploreOptions {
  /** Most walks to make; default 1,500. */
  maxStates?: number;
  /** ISO date that counts as today. */
  today: string;
  /** Where to note what was seen; may hold what journeys have shown. */
  coverage: Coverage;
  /** Already watching this flow (else the explorer does). */
  watch?: ReturnType<typeof observe>;
  /** Called for every way that ends in an application or an exit. */
  onEnd?: (walk: Walk, params: Record<string, Json>) => void;
}

export interface ExploredJourney {
  outcome: 'submit' | 'exit';
  stop: string;
  pages: string[];
  params: Record<string, Json>;
  answers: Record<string, Json>;
}

export interface Exploration {
  /** Walks made, and whether more were left undone. */
  states: number;
  cut: boolean;
  /** Pages (ids) that some way reached. */
  reached: ReadonlySet<string>;
  /** Pages that no answer that was tried gets past, though they were reached. */
  stuck: readonly string[];
  /** Ways that ended in an application or an exit and showed something new; at most `MOST_JOURNEYS`. */
  journeys: readonly ExploredJourney[];
  /** How many ways ended so. */
  ends: { submit: number; exit: number };
}

type Changes = Record<string, Json>;

interface State {
  readonly answers: Answers;
  readonly walk: Walk;
  readonly params: Record<string, Json>;
  /** Showed something new: carried on to the end of the flow before anything else is tried. */
  readonly fresh: boolean;
  /** What is left to be tried here; undefined: everything. */
  readonly ways?: Changes[];
}

const MOST_JOURNEYS = 100;
const MOST_COMBINATIONS = 40;

/** Explores a flow. Deterministic. */
export function explore(subject: Explorable, options: ExploreOptions): Exploration {
  return new Explorer(subject, options).run();
}

class Explorer {
  readonly #flow: Flow;
  readonly #subject: Explorable;
  readonly #options: ExploreOptions;
  readonly #reads: Reads;
  /** Template paths of the collections. */
  readonly #collections: ReadonlySet<string>;
  readonly #lists: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #coverage: Coverage;
  readonly #seen = new Set<string>();
  /** Waiting states by the page they stand at. */
  readonly #waiting = new Map<string, State[]>();
  readonly #expanded = new Map<string, number>();
  readonly #urgent: State[] = [];
  /** Values of deciding fields that were tried already. */
  readonly #values = new Set<string>();
  readonly #reached = new Set<string>();
  readonly #passed = new Set<string>();
  readonly #journeys: ExploredJourney[] = [];
  readonly #ends = { submit: 0, exit: 0 };
  readonly #limit: number;
  #states = 0;

  constructor(subject: Explorable, options: ExploreOptions) {
    this.#subject = subject;
    this.#flow = subject.flow;
    this.#options = options;
    this.#reads = readsOf(subject.flow);
    this.#collections = new Set([...subject.flow.pages.values()].flatMap((page) => (page.collection ? [page.collection.path] : [])));
    this.#lists = listCodes(subject.lists);
    this.#coverage = options.coverage;
    this.#limit = options.maxStates ?? 1500;
    (options.watch ?? observe(subject.flow)).into(options.coverage);
  }

  run(): Exploration {
    for (const params of this.#parameterSets().reverse()) {
      const first = this.#visit({}, { answers: emptyAnswers(), params }, true);
      if (first) this.#wait(first);
    }
    let state = this.#take();
    let dive = false;
    while (state && this.#states < this.#limit) {
      this.#expand(state, dive || state.fresh);
      dive = this.#dive !== undefined;
      state = this.#take();
    }
    const stuck = [...this.#reached].filter((id) => !this.#passed.has(id));
    return { states: this.#states, cut: state !== undefined, reached: this.#reached, stuck, journeys: this.#journeys, ends: this.#ends };
  }

  /** The defaults, and for every parameter that decides something a municipality that sets it otherwise. */
  #parameterSets(): Record<string, Json>[] {
    const defaults = parameterValues(this.#subject.service, sampleParameters(this.#subject.service));
    const sets = [defaults];
    for (const [name, { type }] of Object.entries(this.#subject.service.parameters ?? {})) {
      if (!this.#reads.decisive.has(`param.${name}`)) continue;
      sets.push({ ...defaults, [name]: type === 'yesno' ? !defaults[name] : type === 'text' ? (defaults[name] === '' ? 'x' : '') : 0 });
    }
    return sets;
  }

  /** The next state: the one under way, then one that showed something new, then any; each time at the page that was left least often. */
  #take(): State | undefined {
    const dive = this.#dive;
    this.#dive = undefined;
    if (dive) return dive;
    for (const waiting of [this.#waiting.fresh, this.#waiting.other]) {
      let best: string | undefined;
      for (const page of waiting.keys()) if (best === undefined || this.#count(page) < this.#count(best)) best = page;
      if (best === undefined) continue;
      const states = waiting.get(best)!;
      // Mostly the newest, which leads deep; now and then the oldest, so that early decisions are varied, too.
      const state = this.#count(best) % 4 === 3 ? states.shift() : states.pop();
      if (states.length === 0) waiting.delete(best);
      return state;
    }
    return undefined;
  }

  #count(page: string): number {
    return this.#expanded.get(page) ?? 0;
  }

  /** Walks on with changed answers. Gives the state they lead to, unless the way ends there or an equal state is known. */
  #visit(changes: Changes, from: Pick<State, 'answers' | 'params'> & { walk?: Walk }, fresh: boolean): State | undefined {
    this.#states++;
    const { params } = from;
    const answers = copyAnswers(from.answers);
    for (const [path, value] of Object.entries(changes)) answers[path] = value;
    const news = this.#coverage.news;
    const result = walk(this.#flow, answers, { today: this.#options.today, params, lists: this.#lists, previous: from.walk });
    this.#coverage.walked(result);
    for (const { page, state } of result.steps) {
      this.#reached.add(page.id);
      if (state === 'done') this.#passed.add(page.id);
    }
    const shows = this.#coverage.news > news;
    if (result.outcome !== 'stop') {
      this.#end(result, answers, params, fresh || shows);
      return undefined;
    }
    const key = this.#key(result, answers, params);
    if (this.#seen.has(key)) return undefined;
    this.#seen.add(key);
    return { answers, walk: result, params, fresh: fresh || shows };
  }

  #wait(state: State): void {
    const page = state.walk.steps.at(-1)!.page.id;
    const waiting = state.fresh ? this.#waiting.fresh : this.#waiting.other;
    if (waiting.has(page)) waiting.get(page)!.push(state);
    else waiting.set(page, [state]);
  }

  #end(result: Walk, answers: Answers, params: Record<string, Json>, fresh: boolean): void {
    const outcome = result.outcome === 'exit' ? 'exit' : 'submit';
    const last = result.steps.at(-1)!.page.id;
    this.#passed.add(last);
    this.#ends[outcome]++;
    this.#options.onEnd?.(result, params);
    const known = this.#journeys.some((journey) => journey.stop === result.stop);
    if (this.#journeys.length >= MOST_JOURNEYS || (!fresh && known && this.#journeys.length >= MOST_JOURNEYS / 2)) return;
    const pages = result.steps.map((step) => step.path);
    this.#journeys.push({ outcome, stop: result.stop, pages, params, answers: nestAnswers(this.#flow, answers) });
  }

  #expand(state: State, carried: boolean): void {
    const step = state.walk.steps.at(-1)!;
    this.#expanded.set(step.page.id, this.#count(step.page.id) + 1);
    const next: State[] = [];
    const left: Changes[] = [];
    for (const changes of state.ways ?? this.#ways(state, step)) {
      const fresh = this.#isNew(changes);
      // On the way to the end only what is new is tried beside the first way that leads on.
      if (carried && !fresh && next.length > 0) left.push(changes);
      else if (this.#states >= this.#limit) left.push(changes);
      else {
        const reached = this.#visit(changes, state, fresh);
        if (reached) next.push(reached);
      }
    }
    if (left.length > 0) this.#wait({ ...state, fresh: false, ways: left });
    if (carried) this.#dive = next.shift();
    // The last one is taken first: the most telling values come in front.
    for (const reached of next.reverse()) this.#wait(reached);
  }

  /** Does a deciding field get a value that was not tried before? */
  #isNew(changes: Changes): boolean {
    let fresh = false;
    for (const [path, value] of Object.entries(changes)) {
      const { template } = locate(path);
      if (!this.#reads.decisive.has(template)) continue;
      const text = `${template}=${JSON.stringify(Array.isArray(value) && this.#collections.has(template) ? value.length : value)}`;
      if (!this.#values.has(text)) fresh = true;
      this.#values.add(text);
    }
    return fresh;
  }

  /** Changes to the answers that may lead on from a page: none, when what was answered here cannot be repaired. */
  #ways({ walk: walked, answers, params }: State, step: Step): Changes[] {
    const { page } = step;
    if (page.collection) {
      const list = joinPath(step.prefix, page.collection.path.split('.').at(-1));
      if (Array.isArray(answers[list])) return this.#confirm(walked);
      const counts = entryCounts(page.collection.min, page.collection.max, this.#reads.literals.get(page.collection.path));
      return counts.map((count) => ({ [list]: Array.from({ length: count }, (_, i) => String(i + 1)) }));
    }
    const read = joinPath(step.prefix, `~${page.id}`);
    if (page.kind === 'info' && answers[read] !== true) return [{ [read]: true }];
    const open = step.fields.filter((field) => !field.type.silent && !Object.hasOwn(answers, joinPath(step.prefix, field.id)));
    if (open.length === 0) return this.#confirm(walked);
    const choices = open.map((field): [string, Json[]] => [joinPath(step.prefix, field.id), this.#candidates(field, step, walked, params)]);
    return combinations(choices);
  }

  /** Confirms the warnings that may be confirmed. */
  #confirm(walked: Walk): Record<string, Json>[] {
    const open = walked.warnings.filter((warning) => !warning.confirmed);
    if (open.length === 0 || open.some((warning) => warning.level === 'must')) return [];
    return [Object.fromEntries(open.map((warning) => [warning.confirmPath, true]))];
  }

  #candidates(field: Field, step: Step, walked: Walk, params: Record<string, Json>): Json[] {
    const literals = this.#reads.literals.get(field.path);
    const beside: Json[] = [];
    for (const path of literals?.beside ?? []) {
      const value = path.startsWith('param.') ? params[path.slice('param.'.length)] : nearest(walked.counted, path, step.prefix);
      if (value !== undefined && value !== null) beside.push(value);
    }
    const options = typeof field.config.list === 'string' ? this.#lists.get(field.config.list) : undefined;
    const optional = step.optional.has(joinPath(step.prefix, field.id));
    return candidates(field, { today: this.#options.today, options, literals, decisive: this.#reads.decisive.has(field.path), optional, beside, repeated: /\.(?!1(?:\.|$))\d+(?:\.|$)/.test(step.prefix) });
  }

  /** Equal for states that go on alike: where it stands, and every answer that an expression still needs. */
  #key(walked: Walk, answers: Answers, params: Record<string, Json>): string {
    const step = walked.steps.at(-1)!;
    const parts: string[] = [walked.stop];
    const entries = new Map<string, string[]>();
    const { counted } = walked;
    const note = (path: string, value: Json, template: string, around: readonly string[]): void => {
      const text = this.#reads.decisive.has(template) ? JSON.stringify(value) : value === null ? 'empty' : 'answered';
      // The order of finished entries means nothing: each is one text, and the texts are sorted.
      const entry = around[0];
      if (entry !== undefined && !`${step.prefix}.`.startsWith(`${entry}.`)) {
        const list = entry.slice(0, entry.lastIndexOf('.') + 1);
        const known = entries.get(entry) ?? [list];
        known.push(`${path.slice(entry.length)}=${text}`);
        entries.set(entry, known);
      } else parts.push(`${path}=${text}`);
    };
    for (const path of Object.keys(answers)) {
      if (path.includes('~')) {
        // What was read or confirmed matters on its own page only.
        if (path.endsWith(`~${step.page.id}`) || step.warnings.some((warning) => warning.confirmPath === path)) parts.push(path);
        continue;
      }
      const { template, around } = locate(path);
      const value = answers[path]!;
      const live = this.#reads.live(template, around, step.page, step.prefix);
      const onPage = step.fields.some((field) => joinPath(step.prefix, field.id) === path);
      const list = Array.isArray(value) && this.#collections.has(template);
      const walking = list && (step.page.collection?.path === template || `${step.prefix}.`.startsWith(`${path}.`));
      if (walking) parts.push(`${path}=${entryKeys(answers, path).length}`);
      else if (live) note(path, list ? value.length : value, template, around);
      else if (onPage) parts.push(`${path}=answered`);
    }
    for (const path of this.#computedPaths(counted)) {
      const { template, around } = locate(path);
      if (this.#reads.live(template, around, step.page, step.prefix)) note(path, counted[path]!, template, around);
    }
    for (const known of entries.values()) known.sort();
    parts.push(...[...entries.values()].map((known) => known.join(';')).sort(), JSON.stringify(params));
    return parts.join('|');
  }

  #computedPaths(counted: Answers): string[] {
    return Object.keys(counted).filter((path) => {
      const field = this.#flow.fields.get(locate(path).template);
      return field?.compute !== undefined && this.#reads.decisive.has(field.path);
    });
  }
}

/** A value for every parameter without a default, so that fees can be computed. */
function sampleParameters(service: ServiceDocument): Record<string, Json> {
  const samples = { money: 10, number: 1, text: 'x', yesno: true } as const;
  return Object.fromEntries(Object.entries(service.parameters ?? {}).map(([name, { type, default: value }]) => [name, value ?? samples[type]]));
}

const located = new Map<string, { template: string; around: readonly string[] }>();

/** An answer path without its entry keys, and the entries around it: `a.1.b.2.c` -> `a.b.c`, [`a.1`, `a.1.b.2`]. */
function locate(path: string): { template: string; around: readonly string[] } {
  let found = located.get(path);
  if (!found) {
    const names = path.split('.');
    const around = names.flatMap((name, i) => (/^\d+$/.test(name) ? [names.slice(0, i + 1).join('.')] : []));
    found = { template: names.filter((name) => !/^\d+$/.test(name)).join('.'), around };
    if (located.size > 20_000) located.clear();
    located.set(path, found);
  }
  return found;
}

/** The answer at a template path, seen from an entry: its own value first, then that of any entry. */
function nearest(counted: Answers, template: string, prefix: string): Json | undefined {
  let any: Json | undefined;
  for (const path of Object.keys(counted)) {
    if (locate(path).template !== template) continue;
    any = counted[path];
    if (path.startsWith(`${prefix}.`)) return any;
  }
  return any;
}

/** All combinations of values; where they are too many, each field varied alone around the first values. */
function combinations(choices: readonly [path: string, values: Json[]][]): Record<string, Json>[] {
  if (choices.some(([, values]) => values.length === 0)) return [];
  const total = choices.reduce((product, [, values]) => product * values.length, 1);
  if (total <= MOST_COMBINATIONS) {
    return choices.reduce<Record<string, Json>[]>((made, [path, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))), [{}]);
  }
  const first = Object.fromEntries(choices.map(([path, values]) => [path, values[0]!]));
  const alone = choices.flatMap(([path, values]) => values.slice(1).map((value) => ({ ...first, [path]: value })));
  const longest = Math.max(...choices.map(([, values]) => values.length));
  const together = Array.from({ length: longest - 1 }, (_, i) => Object.fromEntries(choices.map(([path, values]) => [path, values[Math.min(i + 1, values.length - 1)]!])));
  return [first, ...alone, ...together];
}
