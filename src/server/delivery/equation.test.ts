import { describe, expect, it } from 'vitest';
import type { DeliveryFigures } from '#server/store';
import { check } from './equation.ts';

const figures = (more: Partial<DeliveryFigures> = {}): DeliveryFigures => ({
  municipality: 'musterstadt',
  destination: 'office',
  submitted: 11,
  answers: 3,
  queued: 1,
  sending: 2,
  delivered: 4,
  parked: 2,
  unknown: 1,
  waiting: 1,
  oldestQueued: 0,
  breaker: 'closed',
  failures: 0,
  rests: 0,
  ...more,
});
const known = () => true;

describe('the equation', () => {
  it('holds when every order is somewhere, in each destination and in all', () => {
    expect(check([figures(), figures({ destination: 'archive', submitted: 6, delivered: 0, queued: 0 })], [], known)).toMatchObject({
      balanced: true,
      findings: [],
      total: { submitted: 17, queued: 1, sending: 4, delivered: 4, parked: 4, unknown: 2, waiting: 2 },
    });
    expect(check([], [], known)).toMatchObject({ balanced: true, total: { submitted: 0 } });
  });

  it.each(['submitted', 'queued', 'sending', 'delivered', 'parked', 'unknown', 'waiting'] as const)(
    'does not hold when one of %s is lost',
    (name) => {
      const lost = check([figures({ [name]: figures()[name] - 1 })], [], known);
      expect(lost).toMatchObject({
        balanced: false,
        findings: [{ rule: 'unbalanced', municipality: 'musterstadt', destination: 'office' }],
      });
    },
  );

  it('a loss here is not made up by a surplus there', () => {
    const both = check([figures({ delivered: 3 }), figures({ destination: 'archive', delivered: 5 })], [], known);
    expect(both.total.submitted).toBe(22);
    expect(both.findings.map((one) => one.destination)).toEqual(['office', 'archive']);
  });

  it('names each order without a delivery, also where the sums agree', () => {
    const gap = { municipality: 'musterstadt', submission: 'a', destination: 'office' };
    const seen = check(
      [figures()],
      [
        { ...gap, kind: 'missing' },
        { ...gap, submission: 'b', kind: 'stray' },
      ],
      known,
    );
    expect(seen).toMatchObject({
      balanced: false,
      findings: [
        { rule: 'missing', submission: 'a' },
        { rule: 'stray', submission: 'b' },
      ],
    });
  });

  it('names a destination that no document knows while something waits for it, which is no loss', () => {
    const unknown = () => false;
    expect(check([figures()], [], unknown)).toMatchObject({ balanced: true, findings: [{ rule: 'unconfigured', destination: 'office' }] });
    expect(check([figures({ submitted: 4, queued: 0, sending: 0, parked: 0, unknown: 0, waiting: 0 })], [], unknown).findings).toEqual([]);
  });
});
