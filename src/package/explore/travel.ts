/**
 * Journeys from start to end: each answers every page in the way that was taken least often so far, until nothing new is seen any more. Where the
 * explorer asks what can be reached at all, this gives whole applications that show it.
 */
import {
  copyAnswers,
  emptyAnswers,
  joinPath,
  nestAnswers,
  walk,
  type Answers,
  type Expression,
  type Json,
  type Page,
  type Step,
  type Walk,
} from '#flow';
import { Coverage, observe, type Sides } from '../observe.ts';
import { listCodes } from '../read.ts';
import type { Explorable, ExploredJourney } from './index.ts';
import { entryCounts } from './candidates.ts';
import { locate } from './key.ts';
import { readsOf } from './reads.ts';
import { parameterSets, valuesFor, type Subject } from './values.ts';

/** Journeys without anything new after which it is enough. */
const TIRED = 500;
const MOST_JOURNEYS = 1_000;
/** Pages of one journey; lists that grow with every entry end here. */
const LONGEST = 3_000;
/** Answers that are tried on a page beside the first that leads on, in the hope of something new. */
const CURIOUS = 12;
/** Answers that are tried on a page whose rules refuse the first. */
const MOST_TRIES = 60;

export interface Travelled extends Omit<ExploredJourney, 'outcome'> {
  /** `stop`: a rule refuses what was answered on the last page. */
  readonly outcome: 'submit' | 'exit' | 'stop';
}

/** Travels through a flow, which is watched from now on: compile one for it. Deterministic. Only journeys that show something new are given. */
export function travel(subject: Explorable, options: { today: string }): Travelled[] {
  return new Traveller(subject, options.today).journeys();
}

class Traveller {
  readonly #subject: Subject;
  readonly #today: string;
  readonly #used = new Map<string, number>();
  readonly #found: Travelled[] = [];
  /** What hangs on a page's answers. */
  readonly #deciding = new Map<Page, readonly Expression[]>();
  readonly #watch: ReturnType<typeof observe>;
  /** What the journeys that are kept show; what was tried on the way to them is no journey. */
  readonly #shown = new Coverage();

  constructor({ flow, service, lists }: Explorable, today: string) {
    this.#subject = { flow, service, lists: listCodes(lists), reads: readsOf(flow), today, all: true };
    this.#today = today;
    this.#watch = observe(flow);
  }

  journeys(): Travelled[] {
    const sets = parameterSets(this.#subject);
    for (let turn = 0, idle = 0; turn < MOST_JOURNEYS && idle < TIRED && !this.#allSeen(); turn++) {
      const before = this.#found.length;
      const result = this.#journey(sets[turn % sets.length]!);
      if (result) this.#keep(result.answers, result.params, result.walk);
      idle = this.#found.length > before ? 0 : idle + 1;
    }
    return this.#found;
  }

  #allSeen(): boolean {
    const { flow } = this.#subject;
    return (
      this.#found.length > 0 &&
      flow.expressions.every(({ kind, expression }) => kind === 'computed' || !this.#shown.oneSided(expression)) &&
      [...flow.pages.values()].every(({ kind, id }) => kind === 'done' || this.#shown.pages.has(id))
    );
  }

  /** Keeps a journey if it shows something new when it is walked as a journey of a package is. */
  #keep(answers: Answers, params: Record<string, Json>, { outcome, stop }: Walk): void {
    const before = this.#shown.news;
    this.#watch.into(this.#shown);
    const { flow, lists } = this.#subject;
    const walked = walk(flow, answers, { today: this.#today, params, lists, lenient: true });
    this.#shown.walked(walked);
    if (this.#shown.news === before && this.#found.length > 0) return;
    this.#found.push({
      outcome: outcome === 'complete' ? 'submit' : outcome,
      stop,
      pages: walked.steps.map(({ path }) => path),
      params,
      answers: nestAnswers(flow, answers),
    });
  }

  #walk(answers: Answers, params: Record<string, Json>, previous?: Walk): Walk {
    const { flow, lists } = this.#subject;
    return walk(flow, answers, { today: this.#today, params, lists, ...(previous && { previous }) });
  }

  #journey(params: Record<string, Json>): { answers: Answers; params: Record<string, Json>; walk: Walk } | undefined {
    let answers = emptyAnswers();
    let walked = this.#walk(answers, params);
    for (let pages = 0; pages < LONGEST; pages++) {
      if (walked.outcome !== 'stop') return { answers, params, walk: walked };
      const step = walked.steps.at(-1)!;
      const next = this.#pass(step, answers, walked, params);
      if (!next) return undefined;
      ({ answers, walked } = next);
    }
    return undefined;
  }

  /** Answers a page so that the way leads on, if any answer that is tried does: with one that shows something new, else with the first. */
  #pass(step: Step, answers: Answers, walked: Walk, params: Record<string, Json>): { answers: Answers; walked: Walk } | undefined {
    let first: { answers: Answers; walked: Walk; changes: Record<string, Json> } | undefined;
    let left = this.#mayTell(step) ? CURIOUS : 0;
    for (const changes of this.#ways(step, answers, walked, params)) {
      if (first && left-- === 0) break;
      const tried = copyAnswers(answers);
      for (const [path, value] of Object.entries(changes)) tried[path] = value;
      const seen = new Coverage();
      this.#watch.into(seen);
      const result = this.#walk(tried, params, walked);
      const last = result.steps.at(-1)!;
      const news = [...seen.sides].some(([expression, sides]) => this.#unseen(expression, sides)) || !this.#shown.pages.has(last.page.id);
      const stays = result.outcome === 'stop' && last.path === step.path && !step.page.collection;
      if (stays && !last.warnings.some(({ level, confirmed }) => level === 'should' && !confirmed)) {
        // That a rule refuses is worth showing, too.
        if (news && last.warnings.some(({ level }) => level === 'must')) this.#keep(tried, params, result);
        this.#use(changes);
        continue;
      }
      first ??= { answers: tried, walked: result, changes };
      if (!news) continue;
      first = { answers: tried, walked: result, changes };
      break;
    }
    if (first) this.#use(first.changes);
    return first;
  }

  /** The conditions that hang on a page's answers. */
  #hangOn(page: Page, fields: Step['fields'], prefix: string): readonly Expression[] {
    let expressions = this.#deciding.get(page);
    if (!expressions) {
      const own = page.collection ? [page.collection.path] : fields.map((field) => locate(joinPath(prefix, field.id)).template);
      const { decides } = this.#subject.reads;
      const reading = [...decides].filter(([path]) => own.some((one) => path === one || path.startsWith(`${one}.`)));
      this.#deciding.set(page, (expressions = [...new Set(reading.flatMap(([, all]) => [...all]))]));
    }
    return expressions;
  }

  /** Does a condition hang on this page whose other side no journey shows yet? */
  #mayTell({ page, prefix, fields }: Step): boolean {
    return this.#hangOn(page, fields, prefix).some((expression) => this.#shown.oneSided(expression));
  }

  /** Codes that conditions ask for which were never true yet. */
  #wanted(page: Page, fields: Step['fields'], prefix: string): ReadonlySet<Json> {
    const open = this.#hangOn(page, fields, prefix).filter((expression) => this.#shown.of(expression).true === 0);
    return new Set(open.flatMap(({ source }) => [...source.matchAll(/'([^'\\]+)'/g)].map(([, code]) => code!)));
  }

  #unseen(expression: Expression, { true: yes, false: no }: Sides): boolean {
    const shown = this.#shown.of(expression);
    return (yes > 0 && shown.true === 0) || (no > 0 && shown.false === 0);
  }

  *#ways(step: Step, answers: Answers, walked: Walk, params: Record<string, Json>): Generator<Record<string, Json>> {
    const { page, prefix } = step;
    const open = walked.warnings.filter((warning) => !warning.confirmed);
    if (page.collection) {
      const list = joinPath(prefix, page.collection.path.split('.').at(-1));
      const counts = entryCounts(page.collection.min, page.collection.max, this.#subject.reads.literals.get(page.collection.path));
      if (!Array.isArray(answers[list]))
        for (const count of this.#leastUsed(list, counts)) yield { [list]: Array.from({ length: count }, (_, i) => String(i + 1)) };
    }
    if (open.length > 0 && open.every(({ level }) => level === 'should'))
      yield Object.fromEntries(open.map((warning) => [warning.confirmPath, true]));
    if (page.kind === 'info') {
      yield { [joinPath(prefix, `~${page.id}`)]: true };
      return;
    }
    const fields = step.fields.filter((field) => !field.type.silent && !Object.hasOwn(answers, joinPath(prefix, field.id)));
    const wanted = this.#wanted(page, fields, prefix);
    const choices = fields.map((field): [string, Json[]] => {
      const path = joinPath(prefix, field.id);
      const values = this.#leastUsed(path, valuesFor(this.#subject, field, step, walked, params));
      return [path, wanted.size === 0 ? values : values.toSorted((a, b) => Number(wanted.has(b)) - Number(wanted.has(a)))];
    });
    if (choices.some(([, values]) => values.length === 0) || choices.length === 0) return;
    // All fields move on together: the least used first, then everything filled in, then nothing that can be left out, then the rest.
    yield Object.fromEntries(choices.map(([path, values]) => [path, values[0]!]));
    yield Object.fromEntries(choices.map(([path, values]) => [path, values.find((value) => value !== null) ?? null]));
    if (choices.some(([, values]) => values.includes(null)))
      yield Object.fromEntries(choices.map(([path, values]) => [path, values.includes(null) ? null : values[0]!]));
    let tries = 2;
    for (const [path, values] of choices) {
      for (const value of values.slice(1)) {
        if (tries++ > MOST_TRIES) return;
        yield { ...Object.fromEntries(choices.map(([other, all]) => [other, all.find((one) => one !== null) ?? null])), [path]: value };
      }
    }
  }

  #key(path: string, value: unknown): string {
    return `${locate(path).template}=${JSON.stringify(value)}`;
  }

  #leastUsed<T>(path: string, values: readonly T[]): T[] {
    const times = (value: T) => this.#used.get(this.#key(path, value)) ?? 0;
    return [...values].sort((a, b) => times(a) - times(b));
  }

  /** Counts answers that were given or refused: those that were tried least come first the next time. */
  #use(changes: Readonly<Record<string, Json>>): void {
    for (const [path, value] of Object.entries(changes)) {
      const list = Array.isArray(value) && this.#subject.flow.fields.get(locate(path).template) === undefined;
      const key = this.#key(path, list ? value.length : value);
      this.#used.set(key, (this.#used.get(key) ?? 0) + 1);
    }
  }
}
