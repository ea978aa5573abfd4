/** Every point between two effects: cut off there, or the answer lost there, and the office gets it once, whole, and nobody waits for ever. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FILES, openFitWorld, TestDelivery } from './world.ts';

const world = await openFitWorld();
const { backoffice, side } = world;

/** Each has a destination of its own, so that nothing is known from before: token, keys. */
const fresh = () => ({ ...world.settings, oauth2: { ...world.settings.oauth2 } });

/** Announced, and never completed. */
const orphans = () => [...side.records.all.values()].filter((one) => one.metadata === undefined).length;
const casesOf = ({ envelope }: TestDelivery) => [...backoffice.cases.values()].filter((one) => one.reference === envelope.reference);

/** On until it is delivered; the office decides when it has something. */
async function toTheEnd(delivery: TestDelivery): Promise<void> {
  for (let n = 0; n < 10; n += 1) {
    const outcome = await delivery.run();
    if (outcome.kind === 'delivered') return;
    expect(outcome.kind).toBe('waiting');
    for (const one of delivery.submitted(side)) if (!one.outcome) await side.decide(one);
  }
  throw new Error('not delivered');
}

function expectOnce(delivery: TestDelivery): void {
  const cases = casesOf(delivery);
  expect(cases).toHaveLength(1);
  expect(cases[0]!.payload).toEqual(delivery.envelope.payload);
  expect(cases[0]!.attachments.map((file) => file.size)).toEqual(FILES.map((bytes) => bytes.length));
  // also of a submission that was never completed
  const kinds = [...new Set([...delivery.proofs.values()].map((proof) => proof.kind))].sort();
  expect(kinds).toEqual(['accept-submission', 'create-submission', 'submit-submission']);
}

/** How many points an undisturbed delivery passes. */
const points = await (async () => {
  const delivery = new TestDelivery(fresh());
  await toTheEnd(delivery);
  return delivery.points;
})();

describe('cut off at any point', () => {
  it('an undisturbed delivery passes what is tested below', () => expect(points).toBeGreaterThan(30));

  it.each(Array.from({ length: points }, (_, n) => n + 1))('at point %i', async (at) => {
    const before = orphans();
    const delivery = new TestDelivery(fresh());
    delivery.cutAt = at;
    await toTheEnd(delivery);
    expect(delivery.points).toBeGreaterThan(at);
    expectOnce(delivery);
    // only an announcement whose answer was lost is made again, and that once
    expect(orphans() - before).toBeLessThanOrEqual(1);
    expect((delivery.checkpoint as { announcements: number }).announcements - 1).toBeGreaterThanOrEqual(orphans() - before);
  });

  it('cut off at every point in turn, one attempt after the other', async () => {
    const delivery = new TestDelivery(fresh());
    for (let n = 1; n <= 12; n += 1) {
      delivery.cutAt = delivery.points + n;
      await delivery.attempt().catch(() => undefined);
    }
    delivery.cutAt = Infinity;
    await toTheEnd(delivery);
    expectOnce(delivery);
  });
});

describe('the answer is lost after the effect', () => {
  const calls: [string, RegExp, string][] = [
    ['of the token', /\/token$/, 'POST'],
    ['of the announcement', /\/submissions$/, 'POST'],
    ['of a file', /\/attachments\//, 'PUT'],
    ['of the submission', /\/submissions\/[0-9a-f-]+$/, 'PUT'],
    ['of the log', /\/events$/, 'GET'],
  ];
  it.each(calls)('%s', async (_name, path, method) => {
    const delivery = new TestDelivery(fresh());
    let lost = 0;
    delivery.loseAnswer = (call) => call.method === method && path.test(new URL(call.url).pathname) && lost++ === 0;
    await toTheEnd(delivery);
    expect(lost).toBeGreaterThan(0);
    expectOnce(delivery);
  });

  it('of everything, three times in ten', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const delivery = new TestDelivery(fresh());
      let state = seed;
      delivery.loseAnswer = () => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16 < 9_830;
      await toTheEnd(delivery);
      expectOnce(delivery);
    }
  });
});

describe('time', () => {
  afterEach(() => vi.useRealTimers());
  const HOUR = 3_600_000;
  const at = (milliseconds: number) => vi.useFakeTimers({ now: milliseconds, toFake: ['Date'] });

  async function cutAfterAnnouncement(): Promise<TestDelivery> {
    const delivery = new TestDelivery(fresh());
    // token, destination, key, the intent, the announcement, its note: two points each, and one more
    delivery.cutAt = 13;
    await delivery.attempt().catch(() => undefined);
    expect(delivery.checkpoint).toMatchObject({ announcements: 1, uploaded: [] });
    expect((delivery.checkpoint as { remote?: string }).remote).toBeDefined();
    return delivery;
  }

  it.each([
    ['an hour later the same submission goes on', 1, true],
    ['with the clock set back by an hour too', -1, true],
    ['after more than 20 hours a new one is begun', 21, false],
  ])('%s', async (_name, hours, same) => {
    const delivery = await cutAfterAnnouncement();
    const { remote } = delivery.checkpoint as { remote: string };
    const now = Date.now();
    at(now + hours * HOUR);
    // tokens end by this clock too
    await delivery.run();
    expect((delivery.checkpoint as { remote: string }).remote === remote).toBe(same);
    vi.useRealTimers();
    await toTheEnd(delivery);
    expectOnce(delivery);
  });

  it('what the service removed is begun anew, whatever our clock says', async () => {
    const delivery = await cutAfterAnnouncement();
    const { remote } = delivery.checkpoint as { remote: string };
    const removed = side.records.all.get(remote)!;
    side.records.all.delete(remote);
    side.records.all.set('kept', { ...removed, submissionId: 'kept' });
    await delivery.run();
    side.records.all.delete('kept');
    expect((delivery.checkpoint as { remote: string }).remote).not.toBe(remote);
    await toTheEnd(delivery);
    expectOnce(delivery);
  });
});

afterAll(() => process.stdout.write(`FIT-Connect: cut off at each of ${points} points, each delivered once\n`));
