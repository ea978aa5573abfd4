/** Deliveries that wait for their receiver to take them. */
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  acceptDelivery,
  awaitAcceptance,
  claimDeliveries,
  deliveryFigures,
  nextDeliveryIn,
  parkDelivery,
  releaseDelivery,
  resolveDelivery,
  retryDelivery,
  syncDestination,
  timeline,
  unacceptedDeliveries,
  wakeDelivery,
  type Claimed,
} from './index.ts';
import { queueDeliveries } from './rows.fixture.ts';

const { store, owner } = await testDatabase();
const MINUTE = 60_000;
let count = 0;

/** One delivery, sent and waiting, at a destination of its own. */
async function waiting(checkpoint: unknown = { data: { remote: 'theirs' } }): Promise<Claimed> {
  const destination = `office-${++count}`;
  await queueDeliveries(store, 'musterstadt', 1, destination);
  const [claimed] = await claimDeliveries(store, 1, MINUTE);
  expect(claimed!.destination).toBe(destination);
  expect(await awaitAcceptance(store, claimed!, { delay: MINUTE, status: 200, checkpoint })).toBe(true);
  return claimed!;
}

const state = async ({ id }: Claimed) =>
  (
    await owner.query<{ state: string; attempts: number; asked: boolean; since: Date | null }>(
      `select state, attempts, ask_at is not null as asked, waiting_since as since from delivery where id = $1`,
      [id],
    )
  ).rows[0]!;
const figures = async ({ destination }: Claimed) => (await deliveryFigures(store)).find((one) => one.destination === destination)!;
const again = async (one: Claimed): Promise<Claimed> => {
  expect(await wakeDelivery(store, one.municipality, one.destination, 'theirs')).toBe(1);
  const [claimed] = await claimDeliveries(store, 1, MINUTE);
  expect(claimed!.id).toBe(one.id);
  return claimed!;
};

describe('waiting for acceptance', () => {
  it('is a word of its own in the equation, is asked about when it is time, and that is no attempt', async () => {
    const one = await waiting();
    expect(await figures(one)).toMatchObject({ submitted: 1, waiting: 1, queued: 0, delivered: 0, oldestQueued: 0 });
    expect(await claimDeliveries(store, 5, MINUTE)).toEqual([]);
    expect(await nextDeliveryIn(store)).toBeGreaterThan(MINUTE / 2);
    for (let n = 0; n < 3; n += 1) {
      const asked = await again(one);
      expect(asked).toMatchObject({ attempts: 1, repeat: false, checkpoint: { data: { remote: 'theirs' } } });
      expect(await figures(one)).toMatchObject({ sending: 1, waiting: 0 });
      await awaitAcceptance(store, asked, { delay: MINUTE });
    }
    const { rows } = await owner.query(`select outcome, status from delivery_attempt where delivery_id = $1`, [one.id]);
    expect(rows).toEqual([{ outcome: 'waiting', status: 200 }]);
    expect(await state(one)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  it('goes on when a question fails or is handed back', async () => {
    const one = await waiting();
    await retryDelivery(store, await again(one), { delay: MINUTE, error: 'ECONNREFUSED', counts: true });
    expect(await state(one)).toMatchObject({ state: 'waiting', attempts: 1, asked: true });
    await releaseDelivery(store, await again(one));
    expect(await state(one)).toMatchObject({ state: 'waiting', attempts: 1, asked: true });
    expect(await claimDeliveries(store, 5, MINUTE)).toMatchObject([{ id: one.id }]);
  });

  it('an answer closes the breaker', async () => {
    const one = await waiting();
    await syncDestination(store, 'musterstadt', one.destination, { maxInFlight: 4, breakerAfter: 1, breakerPause: 1 });
    await retryDelivery(store, await again(one), { delay: 1, error: 'ECONNREFUSED', counts: true });
    expect((await figures(one)).breaker).not.toBe('closed');
    await new Promise((wait) => setTimeout(wait, 20));
    const [asked] = await claimDeliveries(store, 5, MINUTE);
    await awaitAcceptance(store, asked!, { delay: MINUTE });
    expect((await figures(one)).breaker).toBe('closed');
  });

  it('a late answer of a worker that lost its lease changes nothing', async () => {
    const one = await waiting();
    expect(await awaitAcceptance(store, one, { delay: 1 })).toBe(false);
    expect(await acceptDelivery(store, one, { source: 'backoffice:x', news: 'x', from: ['submitted'] })).toBe(false);
    expect(await figures(one)).toMatchObject({ waiting: 1, delivered: 0 });
  });

  it('accepted: delivered and received in one, in this order on the timeline', async () => {
    const one = await waiting();
    const asked = await again(one);
    const accepted = { source: `backoffice:${one.destination}`, news: 'backoffice:x:1', from: ['submitted', 'forwarded'] };
    expect(await acceptDelivery(store, asked, accepted)).toBe(true);
    expect(await figures(one)).toMatchObject({ delivered: 1, waiting: 0 });
    expect((await timeline(store, 'musterstadt', one.submission)).map((event) => event.status)).toEqual([
      'submitted',
      'forwarded',
      'received',
    ]);
    expect(await acceptDelivery(store, asked, accepted)).toBe(false);
  });

  it('parked and sent again by a person: its adapter is told, and nobody is asked any more', async () => {
    const one = await waiting();
    await parkDelivery(store, await again(one), { error: 'rejected' });
    expect(await unaccepted(one, 0)).toBe(false);
    expect(await resolveDelivery(store, 'musterstadt', one.id, 'queued', 'staff')).toBe(true);
    expect(await state(one)).toMatchObject({ state: 'queued', since: null, asked: false });
    expect(await claimDeliveries(store, 1, MINUTE)).toMatchObject([
      { id: one.id, checkpoint: { again: true, data: { remote: 'theirs' } } },
    ]);
  });

  it('a hint of somebody else, or about something else, wakes nothing', async () => {
    const one = await waiting();
    for (const [municipality, destination, remote] of [
      ['nachbarstadt', one.destination, 'theirs'],
      ['musterstadt', 'office-1', 'theirs-not'],
      ['musterstadt', one.destination, 'other'],
    ] as const)
      expect(await wakeDelivery(store, municipality, destination, remote)).toBe(0);
  });

  const unaccepted = async ({ id }: Claimed, since: number) =>
    (await unacceptedDeliveries(store, since)).some((one) => one.delivery === id);

  it('what waits too long is named, until it is accepted', async () => {
    const one = await waiting();
    expect(await unaccepted(one, MINUTE)).toBe(false);
    await owner.query(`update delivery set waiting_since = now() - interval '2 minutes' where id = $1`, [one.id]);
    expect(await unaccepted(one, MINUTE)).toBe(true);
    const asked = await again(one);
    expect(await unaccepted(one, MINUTE)).toBe(true);
    await acceptDelivery(store, asked, { source: 's', news: 'n', from: [] });
    expect(await unaccepted(one, MINUTE)).toBe(false);
  });

  it('deliveries to send and deliveries to ask about both come, whatever the other kind has', async () => {
    const one = await waiting();
    await syncDestination(store, 'musterstadt', one.destination, { maxInFlight: 1, breakerAfter: 5, breakerPause: MINUTE });
    await queueDeliveries(store, 'musterstadt', 40, one.destination);
    const seen = new Set<boolean>();
    for (let n = 0; n < 40 && seen.size < 2; n += 1) {
      await owner.query(`update delivery set ask_at = now() where id = $1 and state = 'waiting'`, [one.id]);
      const claimed = await claimDeliveries(store, 3, MINUTE);
      expect(claimed).toHaveLength(1);
      seen.add(claimed[0]!.id === one.id);
      if (claimed[0]!.id === one.id) await awaitAcceptance(store, claimed[0]!, { delay: MINUTE });
      else await releaseDelivery(store, claimed[0]!);
    }
    expect(seen.size).toBe(2);
  });
});
