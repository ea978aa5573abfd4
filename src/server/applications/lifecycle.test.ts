import { describe, expect, it } from 'vitest';
import { LEADS_ON } from '#server/delivery';
import { sources, type LifecycleEvent } from './lifecycle.ts';

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
