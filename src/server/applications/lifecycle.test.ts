import { describe, expect, it } from 'vitest';
import { getNextSnapshot } from 'xstate';
import { LEADS_ON } from '#server/delivery';
import { lifecycle, sources, type LifecycleEvent } from './lifecycle.ts';

it('an answer that has arrived leads from the question back to the work, as the database does it (0021), and from nowhere else', () => {
  expect(sources('ANSWER')).toEqual(['information_requested']);
  expect(getNextSnapshot(lifecycle, lifecycle.resolveState({ value: 'information_requested' }), { type: 'ANSWER' }).value).toBe(
    'in_progress',
  );
});

describe('news from the back office', () => {
  const events: Record<keyof typeof LEADS_ON, LifecycleEvent> = {
    received: 'RECEIVE',
    in_progress: 'PROGRESS',
    information_requested: 'REQUEST',
    decided: 'DECIDE',
  };
  it.each(Object.keys(events) as (keyof typeof events)[])(
    '%s leads on from where the lifecycle allows it, and from nowhere else',
    (status) => {
      expect([...LEADS_ON[status]].sort()).toEqual(sources(events[status]).sort());
    },
  );
});
