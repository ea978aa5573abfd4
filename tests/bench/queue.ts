/**
 * What a long queue costs: how long a claim takes, and the portal's pages, with a few deliveries waiting and with a hundred thousand. The portal runs
 * without its worker on a database of this process, so that nothing drains meanwhile.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { handIn } from '../../src/server/delivery/deliveries.fixture.ts';
import { claimDeliveries, KeyRing, openStore, releaseDelivery, type Store } from '../../src/server/store/index.ts';
import { logIn } from '../counter/staff.ts';
import { openWorld, PlainBrowser } from '../portal.ts';

const WAITING = 100_000;
const ROUNDS = 200;
const TOWN = 'musterstadt';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Say = (what: string, value: number | string, unit: string) => void;

export async function queue(say: Say): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'schalter-bench-'));
  // the database's user has to get in
  chmodSync(dataDir, 0o755);
  const store = await openStore({ dataDir, logger: silent });
  const { host, port, user, database } = store.embedded!.connection;
  const owner = new pg.Pool({ host, port, user, database, max: 1 });
  const url = `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
  const world = await openWorld({ identity: 'demo', env: { DATABASE_URL: url, SCHALTER_WORKER: 'off' } });
  try {
    const keys = await KeyRing.open(join(dataDir, 'keys'));
    for (let n = 0; n < 20; n += 1) await handIn(store, keys, TOWN, { destinations: ['demo'] });
    const [citizen, desk] = [new PlainBrowser(world.portal.port), new PlainBrowser(world.portal.port)];
    await logIn(world, desk, 'falke', { to: '/de/admin/deliveries', station: '' });
    const measure = async () => ({
      claim: await median(() => claim(store)),
      page: await median(() => citizen.send('/de/services/dog-tax')),
      overview: await median(() => desk.send('/de/admin/deliveries'), 20, 1_050),
      list: await median(() => desk.send('/de/admin/deliveries/demo?state=queued')),
    });
    await measure();
    const few = await measure();
    await multiply(owner);
    const many = await measure();
    for (const [name, what] of [
      ['claim', 'a claim'],
      ['page', "a citizen's page"],
      ['list', 'the desk, one destination, its figures known'],
      ['overview', 'the desk, everything counted anew'],
    ] as const) {
      say(`${what}: 20 waiting`, few[name], 'ms');
      say(`${what}: ${WAITING} waiting`, many[name], 'ms');
    }
  } finally {
    await world.close();
    await owner.end();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function claim(store: Store): Promise<void> {
  for (const one of await claimDeliveries(store, 1, 60_000)) await releaseDelivery(store, one);
}

/** Milliseconds. `pause`: between two, in milliseconds. */
async function median(work: () => Promise<unknown>, rounds = ROUNDS, pause = 0): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    if (pause > 0) await new Promise((wait) => setTimeout(wait, pause));
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
}

/** A hundred thousand applications like the first, each with its delivery. */
async function multiply(owner: pg.Pool): Promise<void> {
  await owner.query(
    `create temp table copies as select gen_random_uuid() as application, gen_random_uuid() as submission, n from generate_series(1, ${WAITING}) n`,
  );
  const copy = async (table: string, changed: Record<string, string>) => {
    const { rows } = await owner.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
      [table],
    );
    const names = rows.map(({ name }) => name);
    const values = names.map((name) => changed[name] ?? `t.${name}`);
    await owner.query(
      `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from copies c, (select * from ${table} where municipality = '${TOWN}' limit 1) t`,
    );
  };
  await copy('application', { id: 'c.application', session_hash: 'null', resume_hash: 'null' });
  await copy('submission', { id: 'c.submission', application_id: 'c.application', reference: `'q' || c.n`, idempotency_key: `'q' || c.n` });
  await copy('delivery', {
    id: 'gen_random_uuid()',
    submission_id: 'c.submission',
    idempotency_key: `c.submission || ':demo'`,
    // one a second, the newest just now
    next_at: `now() - c.n * interval '1 second'`,
    created_at: `now() - c.n * interval '1 second'`,
  });
  await owner.query('analyze');
}
