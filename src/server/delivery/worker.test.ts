import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  claimDeliveries,
  DatabaseUnavailable,
  deliveriesIn,
  open,
  purposes,
  recordStatus,
  submissionById,
  type Store,
} from '#server/store';
import {
  CANARY,
  answerWith,
  eventually,
  handIn,
  openOffice,
  openTestFile,
  settingsFor,
  testKeys,
  testSummary,
  type Office,
} from './deliveries.fixture.ts';
import type { HttpJsonSettings } from './adapters/http-json/index.ts';
import { backoff, MOST_ATTEMPTS } from './schedule.ts';
import { createWorker, type Worker, type WorkerOptions } from './worker.ts';

const { store, owner } = await testDatabase(20);
const keys = await testKeys();
const office = await openOffice();

const running: Worker[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
  office.react(answerWith(200));
  office.calls.length = 0;
});

interface Line {
  level: 'info' | 'warn' | 'error';
  event: string;
  fields: Record<string, unknown>;
}

let town = 0;
/** The log comes after the database: all lines of an attempt are there once this one is. */
const told = (log: readonly Line[], attempts = 1) => eventually(() => log.filter((line) => line.event === 'delivery').length >= attempts);

/** A municipality of its own, with a worker that serves it alone. */
function place(settings: Partial<HttpJsonSettings> = {}, options: Partial<WorkerOptions> = {}, at: Office = office) {
  const municipality = `ort-${(town += 1)}`;
  const log: Line[] = [];
  const destination = settingsFor(at.url, settings);
  const level = (name: Line['level']) => (event: string, fields: object) => void log.push({ level: name, event, fields: { ...fields } });
  const worker = (more: Partial<WorkerOptions> = {}) => {
    const made = createWorker({
      store,
      keys,
      destination: (of, id) => (of === municipality && id === 'office' ? destination : undefined),
      destinations: [{ municipality, settings: destination }],
      logger: { info: level('info'), warn: level('warn'), error: level('error') },
      openAttachment: (_municipality, _application, _key, id) => openTestFile(id),
      summary: testSummary,
      poll: 40,
      pause: () => 0,
      grace: 300,
      ...options,
      ...more,
    });
    running.push(made);
    return made;
  };
  const start = async (more?: Partial<WorkerOptions>) => {
    const made = worker(more);
    await made.start();
    return made;
  };
  const order = (more: Parameters<typeof handIn>[3] = {}) => handIn(store, keys, municipality, more);
  return { municipality, log, start, order };
}

const row = async (id: string) =>
  (
    await owner.query<{
      state: string;
      attempts: number;
      last_error: string | null;
      words: Buffer | null;
      wait: number;
      checkpoint: unknown;
    }>(
      `select state, attempts, last_error, words, checkpoint, extract(epoch from next_at - now())::float as wait from delivery where id = $1`,
      [id],
    )
  ).rows[0]!;
const comesTo = (id: string, state: string) => eventually(async () => (await row(id)).state === state && row(id));
const breakerOf = async (municipality: string) =>
  (
    await owner.query<{ failures: number; open: number }>(
      `select failures, coalesce(extract(epoch from open_until - now()), 0)::float as open from destination where municipality = $1 and id = 'office'`,
      [municipality],
    )
  ).rows[0]!;

describe('a send', () => {
  it('arrives once, and the worker is woken for it', async () => {
    const { start, order } = place();
    const worker = await start({ poll: 60_000 });
    const { delivery } = await order();
    worker.wake();
    await comesTo(delivery, 'delivered');
    expect(office.calls).toHaveLength(1);
  });

  const outcomes: {
    name: string;
    status: number;
    headers?: Record<string, string>;
    state: 'queued' | 'parked';
    error: string;
    alarm?: string;
    failures?: number;
    rests?: [number, number];
    waits?: [number, number];
  }[] = [
    ...[400, 404, 409, 410, 413, 415, 422].map((status) => ({
      name: 'is refused for good',
      status,
      state: 'parked' as const,
      error: `answer-${status}`,
      alarm: 'delivery_parked',
    })),
    ...[408, 425, 500, 502, 503, 504].map((status) => ({
      name: 'is tried again',
      status,
      state: 'queued' as const,
      error: `answer-${status}`,
      failures: 1,
    })),
    ...[401, 403, 302, 307].map((status) => ({
      name: 'is a matter of settings: the breaker opens and somebody is told',
      status,
      headers: { location: 'http://127.0.0.1:9/elsewhere' },
      state: 'queued' as const,
      error: `answer-${status}`,
      alarm: 'destination_settings',
      failures: 5,
      rests: [290, 301] as [number, number],
    })),
    {
      name: 'waits as it is told',
      status: 429,
      headers: { 'retry-after': '120' },
      state: 'queued',
      error: 'answer-429',
      failures: 5,
      rests: [110, 121],
      waits: [110, 121],
    },
    {
      name: 'waits as it is told',
      status: 503,
      headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() },
      state: 'queued',
      error: 'answer-503',
      failures: 5,
      rests: [3_400, 3_601],
      waits: [3_400, 3_601],
    },
    { name: 'is not a failure of the office', status: 429, state: 'queued', error: 'answer-429' },
  ];
  afterAll(() => void process.stdout.write(`R9: ${outcomes.length} kinds of answers, each judged as the table says\n`));
  it.each(outcomes)('R9: $status $headers $name', async ({ status, headers, state, error, alarm, failures = 0, rests, waits }) => {
    office.react(answerWith(status, 'no', headers));
    const { municipality, log, start, order } = place({}, { pause: () => 60_000 });
    const { delivery } = await order();
    await start();
    const now = await eventually(async () => {
      const seen = await row(delivery);
      return seen.last_error !== null && seen.state === state && seen;
    });
    expect(now).toMatchObject({ attempts: 1, last_error: error });
    await told(log);
    const breaker = await breakerOf(municipality);
    expect(breaker.failures).toBe(failures);
    if (rests) expect(breaker.open > rests[0] && breaker.open < rests[1]).toBe(true);
    if (waits) expect(now.wait > waits[0] && now.wait < waits[1]).toBe(true);
    expect(log.filter((line) => line.level === 'error').map((line) => line.event)).toEqual(alarm ? [alarm] : []);
    expect(office.calls).toHaveLength(1);
  });

  it('the words of a refusal are kept for a person, sealed; they are in no log and nowhere in clear', async () => {
    office.react(answerWith(422, `Frau ${CANARY}:\r\n\u001b[31mStraße\u202e unbekannt\u0000 ${'x'.repeat(5_000)}`));
    const { municipality, log, start, order } = place();
    const { delivery, application, submission } = await order();
    await start();
    await comesTo(delivery, 'parked');
    await told(log);
    const [parked] = await store.transaction(municipality, (tx) => deliveriesIn(tx, municipality, 'parked'));
    const owned = (await submissionById(store, municipality, submission))!;
    const key = await keys.unwrap(municipality, owned.keyEpoch, owned.wrappedKey);
    const words = open(key, { municipality, application, purpose: purposes.words(delivery), revision: 0 }, parked!.words!).toString();
    expect(words).toMatch(new RegExp(`^Frau ${CANARY}: \\[31mStraße unbekannt x+$`));
    expect(words.length).toBeLessThanOrEqual(300);
    const { rows } = await owner.query(
      `select d::text as text from delivery d where id = $1 union all select a::text from delivery_attempt a where delivery_id = $1`,
      [delivery],
    );
    const seen = JSON.stringify([rows, log]);
    for (const form of ['utf8', 'hex'] as const) expect(seen).not.toContain(Buffer.from(CANARY).toString(form));
  });

  it('the hard limit parks and never drops', async () => {
    office.react(answerWith(503));
    const { municipality, log, start, order } = place({}, { mostAttempts: 4 });
    const { delivery } = await order();
    await start();
    expect(await comesTo(delivery, 'parked')).toMatchObject({ attempts: 4, last_error: 'given-up:answer-503' });
    expect(office.calls).toHaveLength(4);
    await told(log, 4);
    expect(new Set(office.calls.map((call) => call.headers['idempotency-key'])).size).toBe(1);
    expect(
      log.some((line) => line.event === 'delivery_parked' && line.level === 'error' && line.fields.municipality === municipality),
    ).toBe(true);
  });

  it('an unreadable envelope, a missing key or file is our fault: an alarm, tried again, and the office is not blamed', async () => {
    const { municipality, log, start, order } = place({}, { pause: () => 60_000 });
    const broken = await order();
    await owner.query(`update delivery set envelope = set_byte(envelope, 40, 255 - get_byte(envelope, 40)) where id = $1`, [
      broken.delivery,
    ]);
    const missing = await order({ files: 1 });
    await start({ openAttachment: async () => undefined });
    await eventually(async () => (await row(broken.delivery)).last_error && (await row(missing.delivery)).last_error);
    expect((await row(broken.delivery)).last_error).toBe('SealBroken');
    expect((await row(missing.delivery)).last_error).toBe('AttachmentBroken');
    await told(log, 2);
    expect(log.filter((line) => line.event === 'delivery_broken')).toHaveLength(2);
    expect(await breakerOf(municipality)).toMatchObject({ failures: 0 });
  });

  it('a destination that is not configured, or lacks a secret, keeps its deliveries waiting', async () => {
    const { log, start, order } = place({ problems: ['secret env:X: not set'] }, { pause: () => 60_000 });
    const { delivery } = await order({ destinations: ['office', 'forgotten'] });
    await start();
    await eventually(() => log.filter((line) => line.event === 'destination_settings').length === 2);
    expect(await row(delivery)).toMatchObject({ state: 'queued', last_error: 'secret-missing' });
    expect(office.calls).toHaveLength(0);
  });
});

describe('the schedule', () => {
  it('is 0 s, 30 s, 2 min, 10 min, 30 min, then hourly to 72 h, half more or less', () => {
    const middle = Array.from({ length: 7 }, (_, n) => backoff(n + 1, 0.5));
    expect(middle).toEqual([0, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 3_600_000]);
    expect([backoff(2, 0), backoff(2, 1)]).toEqual([15_000, 45_000]);
    const hours = Array.from({ length: MOST_ATTEMPTS - 1 }, (_, n) => backoff(n + 1, 0.5)).reduce((a, b) => a + b) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(71);
    expect(hours).toBeLessThanOrEqual(73);
  });

  it('R6: while the office is down it is asked once per pause of its breaker, no attempt is burnt, and all arrive afterwards', async () => {
    office.react(answerWith(500));
    const { municipality, start, order } = place();
    const all = await Promise.all(Array.from({ length: 100 }, () => order()));
    await start();
    await eventually(async () => (await breakerOf(municipality)).open > 0);
    await owner.query(
      `update destination set breaker_pause = '200 milliseconds', open_until = now() + interval '200 milliseconds' where municipality = $1`,
      [municipality],
    );
    const before = office.calls.length;
    const began = performance.now();
    await new Promise((wait) => setTimeout(wait, 1_000));
    const pauses = Math.ceil((performance.now() - began) / 200);
    const asked = office.calls.length - before;
    expect(asked).toBeLessThanOrEqual(pauses);
    expect(asked).toBeGreaterThan(0);
    office.react(answerWith(200));
    for (const { delivery } of all) await comesTo(delivery, 'delivered');
    const { rows } = await owner.query(`select state, count(*)::int as n from delivery where municipality = $1 group by 1`, [municipality]);
    expect(rows).toEqual([{ state: 'delivered', n: 100 }]);
    process.stdout.write(`R6: 100 waiting, ${asked} calls in ${pauses} pauses of the breaker, 0 parked, 100 delivered afterwards\n`);
  });
});

describe('leases', () => {
  it('a send that lasts longer than its lease keeps it, and no second worker sends meanwhile', async () => {
    office.react((_call, res) => void setTimeout(() => res.end(), 900));
    const { start, order } = place({}, { lease: 240 });
    const { delivery } = await order();
    await start();
    await start();
    await comesTo(delivery, 'delivered');
    expect(office.calls).toHaveLength(1);
    expect(await row(delivery)).toMatchObject({ attempts: 1 });
  });

  it('a worker that lost its lease ends its send, and its result is not heard', async () => {
    let answerLate: () => void = () => undefined;
    office.react((_call, res) => void (answerLate = () => res.writeHead(422).end('too late')), answerWith(200));
    const { log, start, order } = place({}, { lease: 300, grace: 50 });
    const { delivery } = await order();
    await start();
    await eventually(() => office.calls.length === 1);
    await owner.query(`update delivery set next_at = now() - interval '1 second', lease_id = gen_random_uuid() where id = $1`, [delivery]);
    await comesTo(delivery, 'delivered');
    answerLate();
    await eventually(() => log.some((line) => line.event === 'delivery_lost'));
    expect(await row(delivery)).toMatchObject({ state: 'delivered', attempts: 2 });
    expect(office.calls).toHaveLength(2);
  });

  it('R10: four workers, a cap of four, every delivery once', { timeout: 120_000 }, async () => {
    const jobs = 2_000;
    let now = 0;
    let most = 0;
    office.react((_call, res) => {
      most = Math.max(most, (now += 1));
      setTimeout(() => ((now -= 1), res.end()), 5);
    });
    const { municipality, start, order } = place({ maxInFlight: 4 });
    for (let n = 0; n < jobs; n += 50) await Promise.all(Array.from({ length: 50 }, () => order()));
    await Promise.all([start(), start(), start(), start()]);
    await eventually(async () => {
      const { rows } = await owner.query(`select count(*)::int as n from delivery where municipality = $1 and state = 'delivered'`, [
        municipality,
      ]);
      return rows[0].n === jobs;
    }, 90_000);
    expect(most).toBe(4);
    expect(new Set(office.calls.map((call) => call.headers['idempotency-key'])).size).toBe(jobs);
    expect(office.calls).toHaveLength(jobs);
    process.stdout.write(`R10: 4 workers, ${jobs} deliveries, at most ${most} at once, 0 doubles\n`);
  });
});

it(
  'R8: three in ten answers lost after the effect, half of all calls 503: each application has one effect',
  { timeout: 180_000 },
  async () => {
    const count = 900;
    const effects = new Map<string, number>();
    let [lost, refused, seed] = [0, 0, 20261125];
    const chance = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    office.react((call, res, req) => {
      const luck = chance();
      if (luck < 0.5) {
        refused += 1;
        return void res.writeHead(503).end();
      }
      const key = String(call.headers['idempotency-key']);
      effects.set(key, (effects.get(key) ?? 0) + 1);
      if (luck > 0.8) return void res.end();
      lost += 1;
      req.socket.resetAndDestroy();
    });
    const { municipality, start, order } = place({ maxInFlight: 8 }, { pause: () => 20, mostAttempts: 1_000 });
    for (let n = 0; n < count; n += 50) await Promise.all(Array.from({ length: 50 }, () => order()));
    await start();
    // the breaker is another test's
    await owner.query(`update destination set breaker_after = 1000000, failures = 0, open_until = null where municipality = $1`, [
      municipality,
    ]);
    await eventually(async () => {
      const { rows } = await owner.query(`select count(*)::int as n from delivery where municipality = $1 and state = 'delivered'`, [
        municipality,
      ]);
      return rows[0].n === count;
    }, 120_000);
    expect(effects.size).toBe(count);
    process.stdout.write(
      `R8: ${count} applications, ${lost} answers lost, ${refused} times 503: ${effects.size} keys at the office, 0 lost\n`,
    );
  },
);

describe('where a second send would count twice', () => {
  const manual = { onUnknown: 'manual' as const };
  const cases: { name: string; status?: number; state: string; error: string }[] = [
    { name: 'the answer is lost', state: 'unknown', error: 'ECONNRESET' },
    { name: 'an answer leaves it open', status: 500, state: 'unknown', error: 'answer-500' },
    { name: 'an answer leaves it open', status: 504, state: 'unknown', error: 'answer-504' },
    { name: 'nothing was done', status: 503, state: 'queued', error: 'answer-503' },
    { name: 'nothing was done', status: 429, state: 'queued', error: 'answer-429' },
  ];
  it.each(cases)('$name ($status): $state', async ({ status, state, error }) => {
    office.react(status === undefined ? (_call, _res, req) => void req.socket.resetAndDestroy() : answerWith(status));
    const { start, order, log } = place(manual, { pause: () => 60_000 });
    const { delivery } = await order();
    await start();
    const now = await eventually(async () => (await row(delivery)).last_error !== null && (await row(delivery)));
    expect(now).toMatchObject({ state, last_error: error });
    await told(log);
    if (state === 'unknown') expect(log.some((line) => line.event === 'delivery_unknown')).toBe(true);
  });

  it('news that came while we still waited for the answer leaves no doubt', async () => {
    const { municipality, start, order } = place(manual);
    const { delivery, submission } = await order();
    office.react((_call, _res, req) => {
      const news = {
        municipality,
        submission,
        status: 'received',
        at: new Date(),
        source: 'backoffice:office',
        textKey: null,
        textSealed: null,
        externalId: 'x',
      };
      void recordStatus(store, news).then(() => req.socket.resetAndDestroy());
    });
    await start();
    await comesTo(delivery, 'delivered');
    expect(office.calls).toHaveLength(1);
  });

  it('what never reached it is sent again without a question', async () => {
    const { start, order } = place({ ...manual, url: 'http://127.0.0.1:9/submissions' }, { pause: () => 60_000 });
    const { delivery } = await order();
    await start();
    expect(await eventually(async () => (await row(delivery)).last_error && row(delivery))).toMatchObject({
      state: 'queued',
      last_error: 'ECONNREFUSED',
    });
  });

  it('a crash after the send began is an unknown outcome, a crash before it is none', async () => {
    const { start, order, municipality } = place(manual, { pause: () => 60_000 });
    const during = await order();
    const before = await order();
    // a claim looks across municipalities: what the tests before left may have become due
    const claimed = await claimDeliveries(store, 100, 1);
    expect(claimed.filter((one) => one.municipality === municipality)).toHaveLength(2);
    await owner.query(`update delivery set checkpoint = '{"adapter": "http-json", "sending": 1}' where id = $1`, [during.delivery]);
    await start();
    await comesTo(before.delivery, 'delivered');
    expect(await comesTo(during.delivery, 'unknown')).toMatchObject({ last_error: 'interrupted' });
    expect(office.calls).toHaveLength(1);
  });
});

describe('bad luck', () => {
  it('a database that fails in the middle of the loop, or when an outcome is noted, ends neither', async () => {
    const failing = new Set(['delivery-claim', 'delivery-finish', 'delivery-next']);
    let failures = 0;
    const shaky: Store = {
      ...store,
      query: (name, text, values) => {
        if (failing.has(name) && (failures += 1) <= 6) throw new DatabaseUnavailable(new Error('away'));
        return store.query(name, text, values);
      },
      transaction: (municipality, work) => store.transaction(municipality, work),
    };
    const { start, order } = place();
    const first = await order();
    await start({ store: shaky });
    await comesTo(first.delivery, 'delivered');
    expect(failures).toBeGreaterThan(3);
    const next = await order();
    await comesTo(next.delivery, 'delivered');
    expect(office.calls).toHaveLength(2);
  });

  it('R22: a stop finishes what is quick, hands back what hangs within a bounded time, and begins nothing', async () => {
    office.react((call, res) => void (office.calls.indexOf(call) === 0 ? setTimeout(() => res.end(), 150) : undefined));
    const { start, order, municipality } = place({ maxInFlight: 2 });
    const all = await Promise.all([order(), order(), order()]);
    const worker = await start();
    await eventually(() => office.calls.length === 2);
    const began = performance.now();
    await worker.stop();
    expect(performance.now() - began).toBeLessThan(2_000);
    const states = await Promise.all(all.map(async ({ delivery }) => row(delivery)));
    expect(states.map((one) => one.state).sort()).toEqual(['delivered', 'queued', 'queued']);
    // handed back: due at once, and the attempt does not count
    expect(states.filter((one) => one.state === 'queued').map((one) => [one.attempts, one.wait <= 0])).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(office.calls).toHaveLength(2);
    office.react(answerWith(200));
    await start();
    await eventually(async () => {
      const { rows } = await owner.query(`select count(*)::int as n from delivery where municipality = $1 and state = 'delivered'`, [
        municipality,
      ]);
      return rows[0].n === 3;
    });
  });

  it('a stop of one that may not be sent twice leaves it to a person', async () => {
    office.react(() => undefined);
    const { start, order } = place({ onUnknown: 'manual' });
    const { delivery } = await order();
    const worker = await start();
    await eventually(() => office.calls.length === 1);
    await worker.stop();
    expect(await row(delivery)).toMatchObject({ state: 'unknown', last_error: 'ABORTED' });
  });
});
