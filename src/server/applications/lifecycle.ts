/**
 * The lifecycle of an application as a state machine, with custody beside it. Transitions happen in the database, in the transaction that causes
 * them; this machine says which are allowed, and is what the store's functions are tested against.
 */
import { createMachine, getNextSnapshot } from 'xstate';

export type Lifecycle =
  | 'draft'
  | 'submitted'
  | 'forwarded'
  | 'received'
  | 'in_progress'
  | 'information_requested'
  | 'decided'
  | 'closed'
  | 'withdrawn'
  | 'expired';

export type LifecycleEvent =
  'SUBMIT' | 'EXPIRE' | 'FORWARD' | 'RECEIVE' | 'PROGRESS' | 'REQUEST' | 'ANSWER' | 'DECIDE' | 'CLOSE' | 'WITHDRAW';

export const lifecycle = createMachine({
  id: 'application',
  initial: 'draft',
  states: {
    draft: { on: { SUBMIT: 'submitted', EXPIRE: 'expired', WITHDRAW: 'withdrawn' } },
    submitted: {
      on: {
        FORWARD: 'forwarded',
        RECEIVE: 'received',
        PROGRESS: 'in_progress',
        REQUEST: 'information_requested',
        DECIDE: 'decided',
        WITHDRAW: 'withdrawn',
      },
    },
    forwarded: {
      on: { RECEIVE: 'received', PROGRESS: 'in_progress', REQUEST: 'information_requested', DECIDE: 'decided', WITHDRAW: 'withdrawn' },
    },
    received: { on: { PROGRESS: 'in_progress', REQUEST: 'information_requested', DECIDE: 'decided', WITHDRAW: 'withdrawn' } },
    in_progress: { on: { REQUEST: 'information_requested', DECIDE: 'decided', WITHDRAW: 'withdrawn' } },
    // ANSWER: the answer has arrived at the office
    information_requested: { on: { PROGRESS: 'in_progress', ANSWER: 'in_progress', DECIDE: 'decided', WITHDRAW: 'withdrawn' } },
    decided: { on: { CLOSE: 'closed' } },
    closed: { type: 'final' },
    withdrawn: { type: 'final' },
    expired: { type: 'final' },
  },
});

/** The states from which an event leads on; a back office's news that comes late or twice finds no way and changes nothing. */
export function sources(event: LifecycleEvent): Lifecycle[] {
  return (Object.keys(lifecycle.states) as Lifecycle[]).filter((state) => {
    const snapshot = lifecycle.resolveState({ value: state });
    return getNextSnapshot(lifecycle, snapshot, { type: event }).value !== state;
  });
}
