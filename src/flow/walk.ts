/**
 * The walk: replays the machine from the start and stops at the first page that needs something. From it alone follow the path, previous and next
 * page, progress, what may be visited, and which answers count. A walk can be continued from an earlier one of the same flow: everything before
 * the first page whose answers differ is taken over, because a page's outcome depends on nothing but its own answers and what was walked before.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { emptyAnswers, entryKeys } from './answers.ts';
import { inside, joinPath } from './compile.ts';
import { initialScope, type RecordShape } from './expressions.ts';
import { advance, begin, decide, standAt, type MachineContext } from './machine.ts';
import { checkRules, copyRecord, evaluatePage, scopeNames, setIn, type Base } from './page.ts';
import type { Answers, Flow, Page, PagePath, Scope, Step, Walk, WalkOptions, Warning } from './types.ts';
import { Walked, type Frame } from './walked.ts';

/** One entry of a collection, walked. */
interface Entry {
  readonly steps: readonly Step[];
  readonly counted: Answers;
  readonly complete: boolean;
  /** The entry as expressions see it. */
  readonly record: Record<string, unknown>;
}

/** Walks a flow. Pure: the same flow, answers and options give the same walk, with or without `previous`. */
export function walk(flow: Flow, answers: Readonly<Answers>, options: WalkOptions): Walk {
  const { previous, ...own } = options;
  const reused = previous instanceof Walked ? previous.reusable(flow, answers, own) : [];
  // Without `previous`: a walk that held on to the one it continues would keep the whole chain of a journey's walks in memory.
  return new Run(flow, answers, own).whole(reused);
}

/** A template path relative to the entry it lies in. */
function within(template: string, base: Base | undefined): string {
  return base ? template.slice(base.template.length + 1) : template;
}

class Run {
  readonly #flow: Flow;
  readonly #answers: Readonly<Answers>;
  readonly #options: WalkOptions;
  #undecided: { place: string; message: string }[] = [];
  readonly #note: MachineContext['undecided'] = (place, message) => void this.#undecided.push({ place, message });

  constructor(flow: Flow, answers: Readonly<Answers>, options: WalkOptions) {
    this.#flow = flow;
    this.#answers = answers;
    this.#options = options;
  }

  whole(reused: Frame[]): Walk {
    const done: Frame[] = [];
    let scope: Scope;
    let snapshot: AnyMachineSnapshot | undefined;
    let stopped: Frame | undefined;
    const last = reused.at(-1);
    if (last) {
      // A page that was not done may be done now only if its own answers changed; then it was not kept.
      done.push(...reused);
      scope = last.scope;
      if (this.#goesOn(last.step)) {
        const here = standAt(this.#flow.machine, last.step.page, { scope, undecided: this.#note });
        snapshot = this.#next(this.#flow.machine, here, scope);
      } else stopped = last;
    } else {
      scope = initialScope(inside(this.#flow).root, this.#options.today, this.#options.params);
      snapshot = this.#start(this.#flow.machine, scope);
    }
    while (!stopped && snapshot && snapshot.status !== 'done') {
      const page = this.#pageOf(snapshot);
      if (page.kind === 'done') break;
      const frame = this.#frame(page, scope, page.id, undefined, '');
      done.push(frame);
      scope = frame.scope;
      if (page.kind === 'check' || !this.#goesOn(frame.step)) stopped = frame;
      else snapshot = this.#next(this.#flow.machine, snapshot, scope);
    }
    return this.#result(done, scope);
  }

  #goesOn({ state, page }: Step): boolean {
    return (state === 'done' || this.#options.onward === true) && page.kind !== 'exit';
  }

  #start(machine: AnyStateMachine, scope: Scope): AnyMachineSnapshot {
    return begin(machine, { scope, undecided: this.#note });
  }

  #next(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, scope: Scope): AnyMachineSnapshot {
    return advance(machine, snapshot, scope);
  }

  #pageOf(snapshot: AnyMachineSnapshot): Page {
    const [section] = Object.values(snapshot.value as Record<string, string>);
    return this.#flow.pages.get(section!)!;
  }

  /** Evaluates one page (with all entries, for a collection) in front of the scope so far. */
  #frame(page: Page, scope: Scope, path: PagePath, base: Base | undefined, actual: string): Frame {
    const mark = this.#undecided;
    const undecided: { place: string; message: string }[] = [];
    this.#undecided = undecided;
    const prefix = joinPath(actual, within(page.prefix, base));
    const result = page.collection
      ? this.#collection(page, scope, path, prefix, base, actual)
      : {
          ...evaluatePage(page, { path, prefix, base, scope, answers: this.#answers, options: this.#options, undecided: this.#note }),
          inner: [],
        };
    this.#undecided = mark;
    mark.push(...undecided);
    return { ...result, undecided };
  }

  #collection(page: Page, scope: Scope, path: PagePath, prefix: string, base: Base | undefined, actual: string) {
    const collection = page.collection!;
    const list = joinPath(actual, within(collection.path, base));
    const answered = Array.isArray(Object.hasOwn(this.#answers, list) ? this.#answers[list] : undefined);
    const keys = entryKeys(this.#answers, list);
    const inner: Step[] = [];
    const counted = emptyAnswers();
    const { shape } = inside(this.#flow).entries.get(collection.path)!;
    const entries: { key: string; complete: boolean }[] = [];
    const records: Record<string, unknown>[] = [];
    let here = scope;
    let stopped = false;
    for (const key of keys) {
      const entry: Entry | undefined =
        stopped && !this.#options.onward ? undefined : this.#entry(page, here, `${path}/${key}`, list, key, shape);
      entries.push({ key, complete: entry?.complete ?? false });
      if (!entry) continue;
      inner.push(...entry.steps);
      Object.assign(counted, entry.counted);
      stopped ||= !entry.complete;
      if (entry.complete) {
        records.push(entry.record);
        here = setIn(scope, scopeNames(collection.path, base), records.slice());
      }
    }
    const done = answered || this.#options.lenient === true;
    if (!stopped && done) counted[list] = keys;
    const tooFew = keys.length < collection.min;
    const tooMany = keys.length > collection.max;
    const errors =
      done && (tooFew || tooMany)
        ? [{ path: list, code: tooFew ? 'tooFewEntries' : 'tooManyEntries', params: { min: collection.min, max: collection.max } }]
        : [];
    let warnings: Warning[] = [];
    if (!stopped && done && errors.length === 0) {
      warnings = checkRules(page.rules, {
        path,
        prefix,
        base,
        scope: here,
        answers: this.#answers,
        options: this.#options,
        undecided: this.#note,
      });
    }
    const blocked = warnings.some((warning) => warning.level === 'must' || (!warning.confirmed && this.#options.lenient !== true));
    const state: Step['state'] = stopped || !done ? 'unanswered' : errors.length > 0 || blocked ? 'invalid' : 'done';
    const step: Step = { path, page, prefix, section: page.section, fields: [], optional: new Set(), state, errors, warnings, entries };
    return { step, inner, scope: here, counted, reads: [list, ...warnings.map((w) => w.confirmPath)], readsUnder: list };
  }

  #entry(page: Page, outer: Scope, path: PagePath, list: string, key: string, shape: RecordShape): Entry {
    const collection = page.collection!;
    const steps: Step[] = [];
    const counted = emptyAnswers();
    let scope: Scope = Object.assign(copyRecord(outer), { [collection.as]: shape.make!() });
    let snapshot = this.#start(collection.machine, scope);
    let complete = true;
    while (snapshot.status !== 'done') {
      const inner = this.#pageOf(snapshot);
      const frame = this.#frame(inner, scope, `${path}/${inner.id}`, { template: collection.path, as: collection.as }, `${list}.${key}`);
      steps.push(...frame.inner);
      Object.assign(counted, frame.counted);
      scope = frame.scope;
      if (this.#reached(frame)) steps.push(frame.step);
      complete &&= frame.step.state === 'done';
      if (!this.#goesOn(frame.step)) break;
      snapshot = this.#next(collection.machine, snapshot, scope);
    }
    return { steps, counted, complete, record: scope[collection.as] as Record<string, unknown> };
  }

  /** A list that is not finished stops inside one of its entries: its own page has not been reached then. */
  #reached({ step, inner }: Frame): boolean {
    return this.#options.onward === true || !step.entries || inner.length === 0 || inner.at(-1)!.state === 'done';
  }

  #result(done: Frame[], scope: Scope): Walk {
    const flow = this.#flow;
    const steps: Step[] = [];
    for (const frame of done) {
      steps.push(...frame.inner);
      if (this.#reached(frame)) steps.push(frame.step);
    }
    const stop = steps.at(-1)!;
    const warnings: Warning[] = [];
    const undecided = [...done.flatMap((frame) => frame.undecided)];
    if (stop.page.kind === 'check') {
      const note: MachineContext['undecided'] = (place, message) => void undecided.push({ place, message });
      const pageOf = (path: string) =>
        steps.findLast(
          (step) => path === '' || step.fields.some((f) => joinPath(step.prefix, f.id) === path) || step.page.collection?.path === path,
        )?.path ?? stop.path;
      for (const section of flow.sections) {
        if (section.when && !decide(section.when, scope, section.id, note)) continue;
        const context = { path: stop.path, prefix: '', scope, answers: this.#answers, options: this.#options, undecided: note };
        warnings.push(...checkRules(section.rules, context).map((warning) => ({ ...warning, page: pageOf(warning.fields[0] ?? '') })));
      }
      const context = { path: stop.path, prefix: '', scope, answers: this.#answers, options: this.#options, undecided: note };
      warnings.push(...checkRules(flow.rules, context).map((warning) => ({ ...warning, page: pageOf(warning.fields[0] ?? '') })));
    }
    warnings.push(...steps.flatMap((step) => step.warnings));
    const blocked = warnings.some((warning) => warning.level === 'must' || (!warning.confirmed && this.#options.lenient !== true));
    const complete = stop.page.kind === 'check' && done.every(({ step }) => step.state === 'done') && !blocked;
    return new Walked({ flow, steps, stop, complete, warnings, undecided, scope }, done, this.#answers, this.#options);
  }
}
