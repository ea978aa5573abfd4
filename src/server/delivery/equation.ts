/**
 * The delivery equation: submitted = delivered + queued + in flight + parked + unknown + waiting, for every destination and in all. What is submitted are
 * applications and answers; `answers` says how many of them are answers.
 */
import { deliveryFigures, deliveryGaps, type DeliveryFigures, type DeliveryGap, type Store } from '#server/store';

/** What is counted. */
export const COUNTS = ['submitted', 'delivered', 'queued', 'sending', 'parked', 'unknown', 'waiting'] as const;

export type Counts = Record<(typeof COUNTS)[number] | 'answers', number>;

export interface EquationFinding {
  /**
   * `unbalanced`: the sum differs from what was submitted; `missing`, `stray`: this submission's order and this delivery do not meet;
   * `unconfigured`: something waits for a destination that no document knows.
   */
  readonly rule: 'unbalanced' | 'missing' | 'stray' | 'unconfigured';
  readonly municipality: string;
  readonly destination: string;
  readonly submission?: string;
}

export interface Equation {
  readonly destinations: readonly DeliveryFigures[];
  readonly total: Counts;
  /** Nothing is lost and nothing was made up. */
  readonly balanced: boolean;
  readonly findings: readonly EquationFinding[];
}

/** Reads and checks. `configured`: whether a document knows the destination. @throws DatabaseUnavailable */
export async function equation(store: Store, configured: (municipality: string, destination: string) => boolean): Promise<Equation> {
  const [destinations, gaps] = await Promise.all([deliveryFigures(store), deliveryGaps(store)]);
  return check(destinations, gaps, configured);
}

/** The arithmetic of `equation`. */
export function check(
  destinations: readonly DeliveryFigures[],
  gaps: readonly DeliveryGap[],
  configured: (municipality: string, destination: string) => boolean,
): Equation {
  const total = Object.fromEntries(
    [...COUNTS, 'answers' as const].map((name) => [name, destinations.reduce((sum, row) => sum + row[name], 0)]),
  ) as Counts;
  const findings: EquationFinding[] = [];
  const about = ({ municipality, destination }: { municipality: string; destination: string }) => ({ municipality, destination });
  for (const row of destinations) {
    const open = row.queued + row.sending + row.parked + row.unknown + row.waiting;
    if (row.submitted !== row.delivered + open) findings.push({ rule: 'unbalanced', ...about(row) });
    if (open > 0 && !configured(row.municipality, row.destination)) findings.push({ rule: 'unconfigured', ...about(row) });
  }
  for (const gap of gaps) findings.push({ rule: gap.kind, ...about(gap), submission: gap.submission });
  return { destinations, total, balanced: findings.every((one) => one.rule === 'unconfigured'), findings };
}
