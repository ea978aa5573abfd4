/** Ends an attempt from wherever it is, with an outcome. */
import type { DeliveryOutcome } from '../types.ts';

export class Halt extends Error {
  override readonly name = 'Halt';
  readonly outcome: DeliveryOutcome;

  constructor(outcome: DeliveryOutcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** It cannot work until somebody changes something, here or at the receiver. `reason`: a code. */
export const settings = (reason: string, status?: number) =>
  new Halt({ kind: 'retry', cause: 'settings', reason, ...(status && { status }) });
