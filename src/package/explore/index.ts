/**
 * Walks every path of a flow: at each page it answers in all ways that can decide something later, and goes on from there. What agrees on
 * everything that is still needed is one state. Large flows are cut at a number of states, the least visited pages first; the report says so.
 */
import { copyAnswers, emptyAnswers, joinPath, nestAnswers, walk, type Answers, type Flow, type Json, type Step, type Walk } from '#flow';
import type { CodeEntry, ServiceDocument } from '../types.ts';
import { observe, type Coverage } from '../observe.ts';
import { listCodes } from '../read.ts';
import { combinations, entryCounts } from './candidates.ts';
import { Frontier, type Waiting } from './frontier.ts';
import { collectionPaths, locate, stateKeys } from './key.ts';
import { readsOf, type Reads } from './reads.ts';
import { parameterSets, valuesFor, type Subject } from './values.ts';

/** What is explored. The flow is watched from now on: compile one for the exploration. */
export interface Explorable {
  readonly flow: Flow;
  readonly service: ServiceDocument;
  readonly lists: ReadonlyMap<string, readonly CodeEntry[]>;
}

export interface ExploreOptions {
  /** Most walks to make; default 5,000. */
  maxStates?: number;
  /** Stop after so many walks if by then every page and both sides of every condition have been seen, here or in `also` (by journeys). */
  untilSeen?: number;
  also?: Coverage;
  /** ISO date that counts as today. */
  today: string;
  /** Where to note what is seen. */
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

interface State extends Waiting {
  readonly answers: Answers;
  readonly walk: Walk;
  readonly params: Record<string, Json>;
  /** What is left to be tried here; undefined: everything. */
  readonly ways?: Changes[];
}

const MOST_JOURNEYS = 100;

/** Explores a flow. Deterministic. */
export function explore(subject: Explorable, options: ExploreOptions): Exploration {
  return new Explorer(subject, options).run();
}

class Explorer {
  readonly #flow: Flow;
  readonly #about: Subject;
  readonly #options: ExploreOptions;
  readonly #reads: Reads;
  /** Template paths of the collections. */
  readonly #collections: ReadonlySet<string>;
  readonly #lists: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #coverage: Coverage;
  readonly #seen = new Set<string>();
  readonly #frontier = new Frontier<State>();
  readonly #key: ReturnType<typeof stateKeys>;
  /** Values of deciding fields that were tried already. */
  readonly #values = new Set<string>();
  readonly #reached = new Set<string>();
  readonly #passed = new Set<string>();
  readonly #journeys: ExploredJourney[] = [];
  readonly #ends = { submit: 0, exit: 0 };
  readonly #limit: number;
  #states = 0;

  constructor(subject: Explorable, options: ExploreOptions) {
    this.#flow = subject.flow;
    this.#options = options;
    this.#reads = readsOf(subject.flow);
    this.#collections = collectionPaths(subject.flow);
    this.#key = stateKeys(subject.flow, this.#reads);
    this.#lists = listCodes(subject.lists);
    this.#about = { flow: this.#flow, service: subject.service, lists: this.#lists, reads: this.#reads, today: options.today };
    this.#coverage = options.coverage;
    this.#limit = options.maxStates ?? 5000;
    (options.watch ?? observe(subject.flow)).into(options.coverage);
  }

  run(): Exploration {
    for (const params of parameterSets(this.#about).reverse()) {
      const first = this.#visit({}, { answers: emptyAnswers(), params }, true);
      if (first) this.#frontier.add(first);
    }
    while (this.#states < this.#limit && !(this.#options.untilSeen && this.#states >= this.#options.untilSeen && this.#allSeen())) {
      const next = this.#frontier.take();
      if (!next) break;
      this.#expand(next.state, next.carried);
    }
    const stuck = [...this.#reached].filter((id) => !this.#passed.has(id));
    return { states: this.#states, cut: !this.#frontier.empty, reached: this.#reached, stuck, journeys: this.#journeys, ends: this.#ends };
  }

  #allSeen(): boolean {
    const { also } = this.#options;
    const sides = this.#flow.expressions.every(({ kind, expression }) => {
      if (kind === 'computed') return true;
      const [here, there] = [this.#coverage.of(expression), also?.of(expression)];
      return here.true + (there?.true ?? 0) > 0 && here.false + (there?.false ?? 0) > 0;
    });
    return (
      sides && [...this.#flow.pages.values()].every((page) => page.kind === 'done' || this.#passed.has(page.id) || also?.pages.has(page.id))
    );
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
    return { page: result.steps.at(-1)!.page.id, answers, walk: result, params, news: shows ? 2 : fresh ? 1 : 0 };
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
    if (left.length > 0) this.#frontier.add({ ...state, news: 0, ways: left });
    if (carried) this.#frontier.carry(next.shift());
    // The last one is taken first: the most telling values come in front.
    for (const reached of next.reverse()) this.#frontier.add(reached);
  }

  /** Does a deciding field get a value that was not tried before? Numbers and dates count while something they decide has been seen one way only. */
  #isNew(changes: Changes): boolean {
    let fresh = false;
    for (const [path, value] of Object.entries(changes)) {
      const { template } = locate(path);
      const decides = this.#reads.decides.get(template);
      if (!decides) continue;
      const measured = typeof value === 'number' || (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value));
      if (measured && ![...decides].some((expression) => this.#coverage.oneSided(expression))) continue;
      const text = `${template}=${JSON.stringify(this.#collections.has(template) && Array.isArray(value) ? value.length : value)}`;
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
    const choices = open.map((field): [string, Json[]] => [
      joinPath(step.prefix, field.id),
      valuesFor(this.#about, field, step, walked, params),
    ]);
    return combinations(choices);
  }

  /** Confirms the warnings that may be confirmed. */
  #confirm(walked: Walk): Record<string, Json>[] {
    const open = walked.warnings.filter((warning) => !warning.confirmed);
    if (open.length === 0 || open.some((warning) => warning.level === 'must')) return [];
    return [Object.fromEntries(open.map((warning) => [warning.confirmPath, true]))];
  }
}
