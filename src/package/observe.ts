/**
 * Watches a flow while it is walked: which pages were reached, and for every expression whether it was seen true, false, or undecidable.
 * Journeys and the explorer are measured with it. The flow that is watched belongs to the check alone: compile one for it.
 */
import type { Expression, Flow, Walk } from '#flow';

export interface Sides {
  true: number;
  false: number;
  /** Values other than true and false (computed fields). */
  value: number;
  undecided: number;
  /** Why it could not be decided, the first time. */
  reason?: string;
}

/** What was seen so far. */
export class Coverage {
  readonly pages = new Set<string>();
  readonly sides = new Map<Expression, Sides>();
  /** Counts what was seen for the first time: pages, and sides of expressions. */
  news = 0;

  of(expression: Expression): Sides {
    let sides = this.sides.get(expression);
    if (!sides) this.sides.set(expression, (sides = { true: 0, false: 0, value: 0, undecided: 0 }));
    return sides;
  }

  note(expression: Expression, side: 'true' | 'false' | 'value' | 'undecided'): Sides {
    const sides = this.of(expression);
    if (sides[side]++ === 0) this.news++;
    return sides;
  }

  /** Has a condition not been seen both true and false? */
  oneSided(expression: Expression): boolean {
    const sides = this.sides.get(expression);
    return !sides || sides.true === 0 || sides.false === 0;
  }

  walked(walk: Walk): void {
    for (const { page } of walk.steps) {
      if (this.pages.has(page.id)) continue;
      this.pages.add(page.id);
      this.news++;
    }
  }
}

/** Begins to watch a flow; what is seen goes to the coverage that was given last. */
export function observe(flow: Flow): { into: (coverage: Coverage) => void } {
  let current = new Coverage();
  for (const expression of new Set(flow.expressions.map((entry) => entry.expression))) {
    const evaluate = expression.evaluate;
    (expression as { -readonly [K in keyof Expression]: Expression[K] }).evaluate = (scope) => {
      try {
        const value = evaluate(scope);
        current.note(expression, value === true ? 'true' : value === false ? 'false' : 'value');
        return value;
      } catch (error) {
        const sides = current.note(expression, 'undecided');
        sides.reason ??= error instanceof Error ? error.message : String(error);
        throw error;
      }
    };
  }
  return { into: (coverage) => void (current = coverage) };
}
