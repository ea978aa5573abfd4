/** Answers that the citizen will bring: parked by staff, and no longer parked once there is an answer, whoever gives it. */
import type { Json } from '#flow';
import type { Content } from './types.ts';

/** What is still to be brought after `answers`; undefined: nothing. A field that was left empty waits on. */
export function stillParked(parked: Content['parked'], answers: Readonly<Record<string, Json>>): Content['parked'] {
  const open = Object.entries(parked ?? {}).filter(([path]) => !Object.hasOwn(answers, path) || answers[path] === null);
  return open.length > 0 ? Object.fromEntries(open) : undefined;
}
