/** What a walk leaves: its results, and per page what a later walk needs to go on from there. */
import { emptyAnswers } from './answers.ts';
import type { Answers, Flow, Json, PagePath, Scope, Step, Walk, WalkOptions, Warning } from './types.ts';

/** What a step needs so that a later walk can go on from it. */
export interface Frame {
  readonly step: Step;
  /** Steps of the entries before a collection's own step. */
  readonly inner: readonly Step[];
  readonly scope: Scope;
  readonly counted: Answers;
  readonly undecided: readonly { place: string; message: string }[];
  /** The answers this page looked at: exact names, and for collections a prefix. */
  readonly reads: readonly string[];
  readonly readsUnder?: string;
}

/** What a walk came to. */
interface Found {
  readonly flow: Flow;
  readonly steps: readonly Step[];
  readonly stop: Step;
  readonly complete: boolean;
  readonly warnings: readonly Warning[];
  readonly undecided: readonly { place: string; message: string }[];
  readonly scope: Scope;
}

/**
 * A walk with what another one needs to go on from it. A class, and neither an object with getters nor one with a note in a WeakMap: what accessors
 * made at run time and WeakMaps lead to lives until V8 collects all garbage, however short it was needed (docs/adr/0011).
 */
export class Walked implements Walk {
  readonly flow: Flow;
  readonly steps: readonly Step[];
  readonly outcome: Walk['outcome'];
  readonly stop: PagePath;
  readonly warnings: readonly Warning[];
  readonly undecided: Found['undecided'];
  readonly scope: Scope;
  readonly #done: readonly Frame[];
  readonly #answers: Answers;
  readonly #options: WalkOptions;
  #byPath: Map<PagePath, Step> | undefined;
  #counted: Answers | undefined;

  constructor(found: Found, done: readonly Frame[], answers: Answers, options: WalkOptions) {
    const { stop } = found;
    this.flow = found.flow;
    this.steps = found.steps;
    this.outcome = stop.page.kind === 'exit' ? 'exit' : found.complete ? 'complete' : 'stop';
    this.stop = stop.path;
    this.warnings = found.warnings;
    this.undecided = found.undecided;
    this.scope = found.scope;
    this.#done = done;
    this.#answers = answers;
    this.#options = options;
  }

  get byPath(): ReadonlyMap<PagePath, Step> {
    return (this.#byPath ??= new Map(this.steps.map((step) => [step.path, step])));
  }

  get counted(): Answers {
    if (!this.#counted) {
      this.#counted = emptyAnswers();
      for (const frame of this.#done) Object.assign(this.#counted, frame.counted);
    }
    return this.#counted;
  }

  /** Frames that other answers do not touch: a walk of these goes on behind them. */
  reusable(flow: Flow, answers: Readonly<Answers>, options: WalkOptions): Frame[] {
    const { today, params, lenient, lists, onward } = this.#options;
    if (this.flow !== flow || today !== options.today || params !== options.params || lists !== options.lists) return [];
    if (lenient !== options.lenient || onward !== options.onward) return [];
    return untouched(this.#done, this.#answers, answers);
  }
}

function untouched(done: readonly Frame[], old: Answers, answers: Readonly<Answers>): Frame[] {
  const changedUnder = new Set<string>();
  const collect = (prefix: string) => {
    if (changedUnder.has(prefix)) return true;
    const start = `${prefix}.`;
    for (const source of [old, answers]) {
      for (const name in source) {
        if ((name === prefix || name.startsWith(start)) && !same(old[name], answers[name])) {
          changedUnder.add(prefix);
          return true;
        }
      }
    }
    return false;
  };
  const kept: Frame[] = [];
  for (const frame of done) {
    if (frame.reads.some((name) => !same(old[name], answers[name]))) break;
    if (frame.readsUnder !== undefined && collect(frame.readsUnder)) break;
    kept.push(frame);
  }
  return kept;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a !== null && typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
