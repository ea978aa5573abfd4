import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  checkpointDelivery,
  claimDeliveries,
  type Claimed,
  confirmDelivery,
  deliveriesIn,
  deliveryFigures,
  deliveryGaps,
  finishDelivery,
  markUnknown,
  nextDeliveryIn,
  renewLease,
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
    expect((await deliveryFigures(store)).find((figures) => figures.municipality === municipality)).toMatchObject({
      submitted: 120,
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

  it('a renewed lease is not given to another worker; a lost one cannot be renewed', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 1);
    const [held] = (await claim(1, 50)) as [Claimed];
    expect(await renewLease(store, held, 60_000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(await claim()).toHaveLength(0);
    expect(await renewLease(store, held, 1)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await claim()).toMatchObject([{ id: held.id, repeat: true }]);
    expect(await renewLease(store, held, 60_000)).toBe(false);
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
    expect(await nextDeliveryIn(store)).toBeGreaterThan(0);
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

describe('the equation', () => {
  it('counts orders on the submissions and everything else on the deliveries, and names each difference', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 3);
    const [first] = (await claim(1)) as [Claimed];
    await finishDelivery(store, first);
    const draft = await draftIn(store, municipality);
    const { id } = await submitApplication(store, submitOf(draft, ['archive', 'office']));
    const figures = async () => (await deliveryFigures(store)).filter((one) => one.municipality === municipality);
    const sum = (rows: Awaited<ReturnType<typeof figures>>, name: 'submitted' | 'queued' | 'delivered') =>
      rows.reduce((total, row) => total + row[name], 0);
    const before = await figures();
    expect(before.map((one) => [one.destination, one.submitted])).toEqual([
      ['archive', 1],
      ['office', 4],
    ]);
    expect([sum(before, 'queued'), sum(before, 'delivered')]).toEqual([4, 1]);
    expect(before[1]).toMatchObject({ breaker: 'closed' });
    const gaps = async () => (await deliveryGaps(store)).filter((one) => one.municipality === municipality);
    expect(await gaps()).toEqual([]);
    // what the portal's role cannot do: a row vanishes, another one is led elsewhere
    await owner.query(`delete from delivery_attempt where delivery_id = $1`, [first.id]);
    await owner.query(`delete from delivery where id = $1`, [first.id]);
    await owner.query(`insert into destination (municipality, id) values ($1, 'elsewhere')`, [municipality]);
    await owner.query(`update delivery set destination = 'elsewhere' where submission_id = $1 and destination = 'archive'`, [id]);
    expect(await gaps()).toEqual(
      expect.arrayContaining([
        { municipality, submission: first.submission, destination: first.destination, kind: 'missing' },
        { municipality, submission: id, destination: 'archive', kind: 'missing' },
        { municipality, submission: id, destination: 'elsewhere', kind: 'stray' },
      ]),
    );
  });

  it('says whether a breaker is open, and since when the longest waits', async () => {
    const municipality = await municipalityWith({ breakerAfter: 1, breakerPause: 100 });
    await queueDeliveries(store, municipality, 2);
    const [one] = (await claim(1)) as [Claimed];
    await retryDelivery(store, one, { delay: 0, error: '503', counts: true });
    await owner.query(`update delivery set created_at = now() - interval '2 hours' where id = $1`, [one.id]);
    const figures = async () => (await deliveryFigures(store)).find((row) => row.municipality === municipality)!;
    expect(await figures()).toMatchObject({ breaker: 'open', queued: 2 });
    expect((await figures()).oldestQueued).toBeGreaterThanOrEqual(7_200);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await figures()).toMatchObject({ breaker: 'half-open' });
    // the probe is refused for its contents: whoever refuses is alive
    const [probe] = (await claim()) as [Claimed];
    await parkDelivery(store, probe, { error: 'answer 422', status: 422, words: Buffer.from('sealed'), alive: true });
    expect(await figures()).toMatchObject({ breaker: 'closed', parked: 1 });
    expect((await store.transaction(municipality, (tx) => deliveriesIn(tx, municipality, 'parked')))[0]!.words).toEqual(
      Buffer.from('sealed'),
    );
  });
});

describe('what a person decides', () => {
  it('the back office confirms what was in doubt, and nothing else', async () => {
    const municipality = await municipalityWith();
    await queueDeliveries(store, municipality, 2);
    const [doubtful, parked] = (await claim()) as [Claimed, Claimed];
    await markUnknown(store, doubtful, { error: 'ECONNRESET' });
    await parkDelivery(store, parked, { error: 'answer 422', status: 422 });
    expect(await confirmDelivery(store, 'anderswo', doubtful.idempotencyKey, 'backoffice:office')).toBe(false);
    expect(await confirmDelivery(store, municipality, parked.idempotencyKey, 'backoffice:office')).toBe(false);
    expect(await confirmDelivery(store, municipality, doubtful.idempotencyKey, 'backoffice:office')).toBe(true);
    expect(await confirmDelivery(store, municipality, doubtful.idempotencyKey, 'backoffice:office')).toBe(false);
    expect(await stateOf(doubtful.id)).toMatchObject({ state: 'delivered' });
    expect(await stateOf(parked.id)).toMatchObject({ state: 'parked' });
  });

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
