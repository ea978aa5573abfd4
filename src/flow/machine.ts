/**
 * The XState machine of an outline. Sections are compound states, pages are states with NEXT; a page whose condition is false is passed by an
 * eventless transition with the one guard `when`. The machine decides where the path goes; whether a page is answered is decided by the walk,
 * which sends NEXT with the scope that then counts. Event and state names never come from a request.
 */
import { assign, createActor, createMachine, type AnyActorScope, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import type { Expression, Page, Scope } from './types.ts';

export interface MachineContext {
  scope: Scope;
  /** Notes an expression that could not be decided; it counts as false. */
  undecided: (place: string, message: string) => void;
}

export type MachineEvent = { type: 'NEXT'; scope: Scope };

/** Final state of a section; not a usable id, see RESERVED. */
const END = 'end';

/** Decides a condition; undecidable ones count as false and are noted. */
export function decide(expression: Expression, scope: Scope, place: string, undecided: MachineContext['undecided']): boolean {
  try {
    return expression.evaluate(scope) === true;
  } catch (error) {
    undecided(place, (error as Error).message);
    return false;
  }
}

const take = assign(({ event }: { event: MachineEvent }) => ({ scope: event.scope })) as never;

interface Outline {
  readonly id: string;
  readonly when?: Expression;
  readonly pages: readonly Page[];
}

export function buildMachine(id: string, outline: readonly Outline[]): AnyStateMachine {
  const conditions = new Map<string, { place: string; expressions: Expression[] }>();
  const states: Record<string, object> = {};
  for (const [s, section] of outline.entries()) {
    const pages: Record<string, object> = { [END]: { type: 'final' } };
    for (const [p, page] of section.pages.entries()) {
      const next = section.pages[p + 1]?.id ?? END;
      const expressions = [section.when, page.when].filter((e) => e !== undefined);
      if (expressions.length > 0) conditions.set(page.id, { place: page.id, expressions });
      pages[page.id] = {
        ...(expressions.length > 0 && { always: { target: next, guard: { type: 'when', params: { page: page.id, is: false } } } }),
        on: { NEXT: { target: next, actions: 'take' } },
      };
    }
    states[section.id] = {
      initial: section.pages[0]?.id ?? END,
      states: pages,
      ...(outline[s + 1] ? { onDone: outline[s + 1]!.id } : { onDone: END }),
    };
  }
  states[END] = { type: 'final' };
  return createMachine(
    {
      id: id.replaceAll('.', '/'),
      initial: outline[0]?.id ?? END,
      context: ({ input }: { input: MachineContext }) => input,
      states,
    } as never,
    {
      guards: {
        when: ({ context }: { context: MachineContext }, { page, is }: { page: string; is: boolean }) =>
          conditions.get(page)!.expressions.every((e) => decide(e, context.scope, page, context.undecided)) === is,
      },
      actions: { take },
    } as never,
  );
}

/**
 * Transitions are pure here: nothing is spawned, sent or executed. XState's own `transition` makes an actor for every call, which costs more than the
 * step itself; one actor that never starts stands in for all machines (measured: 24 to 12 µs a page).
 */
const bystander = createActor(createMachine({}));
const inert: AnyActorScope = {
  self: bystander,
  id: '',
  sessionId: '',
  logger: () => undefined,
  defer: () => undefined,
  emit: () => undefined,
  stopChild: () => undefined,
  actionExecutor: () => undefined,
  system: bystander.system,
};

/** The machine at its first page. */
export function begin(machine: AnyStateMachine, context: MachineContext): AnyMachineSnapshot {
  return machine.getInitialSnapshot(inert as never, context);
}

/**
 * The machine at a page it is known to have reached. A walk keeps pages, not snapshots: a snapshot holds on to the walk it was made in, and
 * thousands of them are kept for the drafts in memory (measured: 60 of 97 MB with 256 drafts).
 */
export function standAt(machine: AnyStateMachine, page: Page, context: MachineContext): AnyMachineSnapshot {
  return machine.resolveState({ value: { [page.section]: page.id }, context });
}

/** The machine after NEXT, in front of the scope that counts from here. */
export function advance(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, scope: Scope): AnyMachineSnapshot {
  return machine.transition(snapshot, { type: 'NEXT', scope }, inert as never);
}
