/** How each answer came in: kept beside the answers, sealed with them. */
import { isDeepStrictEqual } from 'node:util';
import type { Json, Walk } from '#flow';
import type { Content, Draft, Provenance } from './types.ts';

/** Who writes, and how: the same for everything that one save changes. */
export type Trace = Pick<Provenance, 'source' | 'channel' | 'by' | 'actor'>;

/** A citizen at the keyboard. */
export const ONLINE: Trace = { source: 'typed', channel: 'online', by: 'citizen' };

/**
 * The provenance of `answers` after a change of `before`. What did not change keeps what is known of it. The value before is kept where it passes from
 * one hand to the other: what somebody corrected of their own is nobody's business. An answer that staff took away leaves a mark until the citizen
 * has seen it.
 */
export function traced(before: Content, answers: Readonly<Record<string, Json>>, trace: Trace, at: string): Record<string, Provenance> {
  const after: Record<string, Provenance> = {};
  for (const path of Object.keys(answers)) {
    if (path.includes('~')) continue;
    const known = before.provenance[path];
    const was = Object.hasOwn(before.answers, path) ? before.answers[path] : undefined;
    if (known && !known.removed && (was === answers[path] || isDeepStrictEqual(was, answers[path]))) after[path] = known;
    else {
      const passes = was !== undefined && known !== undefined && known.by !== trace.by;
      const previous = passes ? was : known?.by === 'clerk' && trace.by === 'clerk' && !known.confirmedAt ? known.previous : undefined;
      after[path] = { ...trace, at, ...(previous !== undefined && { previous }) };
    }
  }
  for (const [path, known] of Object.entries(before.provenance)) {
    if (Object.hasOwn(after, path)) continue;
    if (known.removed) after[path] = known;
    else if (trace.by === 'clerk' && known.by === 'citizen') after[path] = { ...trace, at, previous: before.answers[path]!, removed: true };
  }
  return after;
}

/** Paths of what staff entered, changed or took away and the citizen has not confirmed yet. */
export function unconfirmed({ provenance, walk }: Pick<Draft, 'provenance' | 'walk'>, walked: Walk = walk): string[] {
  return Object.entries(provenance)
    .filter(([path, one]) => one.by === 'clerk' && !one.confirmedAt && (one.removed || Object.hasOwn(walked.counted, path)))
    .map(([path]) => path);
}

/** The same after the citizen has seen everything and confirmed it. */
export function confirmed(draft: Pick<Draft, 'provenance' | 'walk'>, at: string): Record<string, Provenance> {
  const seen = new Set(unconfirmed(draft));
  return Object.fromEntries(
    Object.entries(draft.provenance)
      .filter(([path, one]) => !(one.removed && seen.has(path)))
      .map(([path, one]) => [path, seen.has(path) ? { ...one, confirmedAt: at } : one]),
  );
}
