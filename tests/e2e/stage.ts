/** What the journeys end to end share: where they play, what is uploaded, and what arrives. */
import { journeysOf, services, type Journey } from '../journeys.ts';
import { openWorld, type World } from '../portal.ts';
import { until } from '../travel.ts';

export const journeys: readonly Journey[] = services().flatMap((service) => journeysOf(service));

export interface Stage {
  readonly world: (journey: Journey) => World;
  /** Host of the municipality that the journey plays in: its own where it has parameters of its own. */
  readonly host: (journey: Journey) => string;
  readonly close: () => Promise<void>;
}

/** One portal per day that journeys play on: what is allowed may depend on the date. */
export async function openStage(): Promise<Stage> {
  const twin = (journey: Journey): string => `twin-${journeys.indexOf(journey)}`;
  const twins = journeys.flatMap((journey) =>
    journey.document.params ? [{ id: twin(journey), service: journey.service, params: journey.document.params }] : [],
  );
  const worlds = new Map<string, World>();
  for (const today of new Set(journeys.map((journey) => journey.document.today)))
    worlds.set(today, await openWorld({ env: { SCHALTER_TODAY: today }, twins }));
  return {
    world: (journey) => worlds.get(journey.document.today)!,
    host: (journey) => (journey.document.params ? `${twin(journey)}.localhost` : 'localhost'),
    close: async () => {
      for (const world of worlds.values()) await world.close();
    },
  };
}

/** Stored payload -> what a test can compare: ids and sizes of uploaded files differ each time. */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value !== null && typeof value === 'object') {
    const file = value as { id?: unknown; mime?: unknown; size?: unknown };
    if (typeof file.id === 'string' && typeof file.mime === 'string') return 'file';
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
  }
  return value;
}

/** The case that the back office opened for an application. */
export function received(world: World, reference: string) {
  return until(
    () => [...world.backoffice.cases.values()].find((one) => one.reference === reference),
    `the application ${reference} at the back office`,
  );
}
