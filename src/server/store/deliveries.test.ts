import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  checkpointDelivery,
  claimDeliveries,
  type Claimed,
  deliveriesIn,
  deliveryTotals,
  finishDelivery,
  markUnknown,
  nextDeliveryAt,
  parkDelivery,
  releaseDelivery,
  resolveDelivery,
  retryDelivery,
  submitApplication,
  syncDestination,
  timeline,
  tripBreaker,
} from './index.ts';
import { draftIn, queueDeliveries, submitOf } from './rows.fixture.ts';

const { store, owner } = await testDatabase(12);
let town = 0;
/** A municipality of its own for each test, with a destination. Deliveries of earlier tests are out of the way. */
async function municipalityWith(
  limits: Partial<{ maxInFlight: number; breakerAfter: number; breakerPause: number }> = {},
): Promise<string> {
  await owner.query(`update delivery set state = 'parked', lease_id = null where state in ('queued', 'sending')`);
  const municipality = `stadt-${(town += 1)}`;
  await syncDestination(store, municipality, 'office', { maxInFlight: 100, breakerAfter: 5, breakerPause: 60_000, ...limits });
  return municipality;
}
const claim = (max = 100, lease = 60_000) => claimDeliveries(store, max, lease);
const stateOf = async (id: string) =>
  (await owner.query(`select state, attempts, last_error, checkpoint from delivery where id = $1`, [id])).rows[0];

describe('claiming', () => {
  it('R10: never more in flight than a destination takes, and none twice, under parallel workers', async () => {
    const municipality = await municipalityWith({ maxInFlight: 4 });
    await queueDeliveries(store, municipality, 120);
    const seen = new Map<string, number>();
    let inFlight = 0;
    let most = 0;
    const worker = async () => {
      for (let idle = 0; idle < 200;) {
        const got = await claim(3);
        if (got.length === 0) {
          idle += 1;
          if (seen.size === 120 && inFlight === 0) return;
          await new Promise((resolve) => setTimeout(resolve, 2));
          continue;
        }
        idle = 0;
        inFlight += got.length;
        most = Math.max(most, inFlight);
        for (const delivery of got) seen.set(delivery.id, (seen.get(delivery.id) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 3));
        for (const delivery of got) {
          // the send is over before the database hears of it
          inFlight -= 1;
          await finishDelivery(store, delivery);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(most).toBe(4);
    expect(seen.size).toBe(120);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    expect((await deliveryTotals(store)).find((totals) => totals.municipality === municipality)).toMatchObject({
      ordered: 120,
      delivered: 120,
    });
  });

  it('gives all that is needed to send, of all municipalities', async () => {
    const municipality = await municipalityWith();
    const draft = await draftIn(store, municipality);
    const submit = submitOf(draft);
    await submitApplication(store, submit);
    await queueDeliveries(store, 'zweitstadt', 1);
    const claimed = await claim();
    expect(claimed.map((delivery) => delivery.municipality).sort()).toEqual([municipality, 'zweitstadt']);
    expect(claimed.find((delivery) => delivery.municipality === municipality)).toMatchObject({
      submission: submit.id,
      application: draft.id,
      service: 'dog-tax',
      reference: submit.reference,
      idempotencyKey: `${submit.id}:office`,
      attempts: 1,
      repeat: false,
      revision: 1,
      keyEpoch: '2026-11',
      envelope: submit.orders[0]!.envelope,
    });
  });

  it('a lease that ran out comes again, and the late worker is not heard', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 1);
    const [late] = (await claim(1, 1)) as [Claimed];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [next] = (await claim()) as [Claimed];
    expect(next).toMatchObject({ id: late.id, attempts: 2, repeat: true, idempotencyKey: late.idempotencyKey });
    expect(await finishDelivery(store, late)).toBe(false);
    expect(await checkpointDelivery(store, late, { step: 1 }, 1_000)).toBe(false);
    expect(await checkpointDelivery(store, next, { step: 2 }, 60_000)).toBe(true);
    expect(await finishDelivery(store, next, { status: 202 })).toBe(true);
    expect(await finishDelivery(store, next)).toBe(false);
    expect(await stateOf(next.id)).toMatchObject({ state: 'delivered', checkpoint: { step: 2 } });
    const { rows } = await owner.query(`select n, outcome, status from delivery_attempt where delivery_id = $1 order by id`, [next.id]);
    expect(rows).toEqual([
      { n: 1, outcome: 'lost', status: null },
      { n: 2, outcome: 'delivered', status: 202 },
    ]);
  });

  it('hands back without counting the attempt', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 1);
    const [first] = (await claim()) as [Claimed];
    expect(await releaseDelivery(store, first)).toBe(true);
    expect((await claim())[0]).toMatchObject({ id: first.id, attempts: 1, repeat: false });
  });
});

describe('the breaker', () => {
  it('opens after failures in a row, lets one probe through, and closes with a success', async () => {
    const municipality = await municipalityWith({ breakerAfter: 3, breakerPause: 150 });
    await queueDeliveries(store, municipality, 8);
    for (const delivery of await claim(3)) await retryDelivery(store, delivery, { delay: 0, error: '503', status: 503, counts: true });
    expect(await claim()).toHaveLength(0);
    const wake = await nextDeliveryAt(store);
    expect(wake!.getTime()).toBeGreaterThan(Date.now() - 1_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const probe = await claim();
    expect(probe).toHaveLength(1);
    expect(await claim()).toHaveLength(0);
    await retryDelivery(store, probe[0]!, { delay: 0, error: '503', counts: true });
    expect(await claim()).toHaveLength(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = await claim();
    expect(second).toHaveLength(1);
    await finishDelivery(store, second[0]!);
    expect(await claim()).toHaveLength(7);
  });

  it('a failure that does not count leaves it closed; wrong credentials open it at once; neighbours go on', async () => {
    const municipality = await municipalityWith({ breakerAfter: 1 });
    await queueDeliveries(store, municipality, 2);
    const [first] = (await claim(1)) as [Claimed];
    await retryDelivery(store, first, { delay: 60_000, error: '429', status: 429, counts: false });
    const [second] = (await claim()) as [Claimed];
    expect(second.id).not.toBe(first.id);
    await releaseDelivery(store, second);
    await tripBreaker(store, municipality, 'office', 60_000);
    await queueDeliveries(store, 'drittstadt', 1);
    expect((await claim()).map((delivery) => delivery.municipality)).toEqual(['drittstadt']);
  });
});

describe('what a person decides', () => {
  it('parked and unknown wait, and are resolved once', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 2);
    const [parked, unknown] = (await claim()) as [Claimed, Claimed];
    await parkDelivery(store, parked, { error: '422', status: 422 });
    await markUnknown(store, unknown, { error: 'timeout' });
    expect(await claim()).toHaveLength(0);
    const listed = await store.transaction(municipality, (tx) => deliveriesIn(tx, municipality, 'parked'));
    expect(listed).toMatchObject([{ id: parked.id, lastError: '422', attempts: 1 }]);
    expect(await resolveDelivery(store, municipality, parked.id, 'queued', 'clerk-7')).toBe(true);
    expect(await resolveDelivery(store, municipality, unknown.id, 'delivered', 'clerk-7')).toBe(true);
    expect(await resolveDelivery(store, municipality, unknown.id, 'queued', 'clerk-7')).toBe(false);
    expect(await claim()).toMatchObject([{ id: parked.id, attempts: 1 }]);
    expect((await timeline(store, municipality, unknown.submission)).map((event) => event.status)).toEqual(['submitted', 'forwarded']);
  });

  it('forwarded means every destination has it, also when the last two end together', async () => {
    const municipality = await municipalityWith();
    const draft = await draftIn(store, municipality);
    const { id } = await submitApplication(store, submitOf(draft, ['office', 'archive']));
    const [one, two] = (await claim()) as [Claimed, Claimed];
    await Promise.all([finishDelivery(store, one), finishDelivery(store, two)]);
    expect((await timeline(store, municipality, id!)).map((event) => event.status)).toEqual(['submitted', 'forwarded']);
    expect((await owner.query(`select lifecycle from application where id = $1`, [draft.id])).rows[0].lifecycle).toBe('forwarded');
  });
});
