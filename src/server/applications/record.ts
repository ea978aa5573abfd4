/** How an application came in and who handed it in for whom: as it is kept with what was handed in, and as the back office is told. */
import type { EnvelopeHandling } from '#server/delivery';
import { levelOf } from './assurance.ts';
import type { Confirmation, FeeNote, Intake } from './types.ts';

/** Who sends it. The applicant is always the citizen; a member of staff transmits for them. */
export type Transmitter = { readonly by: 'citizen' } | { readonly by: 'clerk'; readonly name: string; readonly place?: string };

/** Frozen with the application. */
export interface Handling {
  /** At the counter, oldest first; empty where no member of staff had it in hand. */
  readonly intakes: readonly Intake[];
  readonly confirmation: Confirmation;
  readonly transmittedBy: Transmitter;
  readonly fee?: FeeNote;
}

/** What leaves of it: no identifiers of staff, no notes of colleagues. */
export function handlingOf({ intakes, confirmation, transmittedBy, fee }: Handling): EnvelopeHandling {
  return {
    intakes: intakes.map((one) => ({
      channel: one.channel,
      representation: one.person,
      identity: { method: one.identity.method, verified: one.identity.verified, level: levelOf(one), by: one.actor, at: one.at },
      ...(one.receivedOn !== undefined && { receivedOn: one.receivedOn }),
      enteredAt: one.at,
    })),
    confirmation,
    transmittedBy,
    ...(fee && { fee }),
  };
}
