/** How surely it is known who applies: derived from the record of the counter, never chosen. */
import type { Assurance, ServiceDocument } from '#package';
import type { Intake } from './types.ts';

/**
 * The level a record gives. In person with an official document that was compared with the person: substantial; high would need the chip to be read, which
 * nobody does here. Known in person, or found to agree by telephone or by what was written: low (staff see no document there). Else none.
 */
export function levelOf({ channel, identity }: Pick<Intake, 'channel' | 'identity'>): Assurance {
  if (!identity.verified || identity.method === 'none') return 'none';
  return channel === 'counter' && identity.method !== 'known' ? 'substantial' : 'low';
}

const LEVELS: readonly Assurance[] = ['none', 'low', 'substantial', 'high'];

export interface Shortfall {
  readonly needed: Assurance;
  readonly reached: Assurance;
  /** The service says that nothing may be handed in below it. */
  readonly required: boolean;
}

/** What the service asks for on this channel and the record does not give. */
export function shortfall(service: ServiceDocument, intake: Pick<Intake, 'channel' | 'identity'>): Shortfall | undefined {
  const needed = service.assurance[intake.channel] ?? 'none';
  const reached = levelOf(intake);
  if (LEVELS.indexOf(reached) >= LEVELS.indexOf(needed)) return undefined;
  return { needed, reached, required: service.assuranceRequired?.includes(intake.channel) ?? false };
}
