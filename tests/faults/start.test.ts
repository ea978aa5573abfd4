/** R5: killed while the first database is made, and while it is migrated: every start after it is clean, and a migration is there whole or not at all. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '#server/store';
import { until } from '../travel.ts';
import { root } from '../portal.ts';
import { killHard, processesIn, silent } from '../postgres.ts';
import { figure, times } from './world.ts';

let dataDir: string;
let store: Store | undefined;
const portals: ChildProcess[] = [];
const base = () => join(dataDir, 'postgres');

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'schalter-start-'));
  await chmod(dataDir, 0o755);
});
afterEach(async () => {
  for (const portal of portals.splice(0)) portal.kill('SIGKILL');
  await store?.close();
  store = undefined;
  await killDatabase();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** A portal's database as a process of its own: made, started, migrated. */
function begin(): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'src/server/store/postgres/portal.fixture.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  portals.push(child);
  return child;
}

/** All processes of the cluster and of clusters in the making: the machine went down, not only the portal. */
async function killDatabase(): Promise<void> {
  const folders = await readdir(base()).catch(() => []);
  for (const folder of ['', ...folders]) {
    killHard(await processesIn(join(base(), folder)));
  }
}

async function killed(portal: ChildProcess): Promise<void> {
  portal.kill('SIGKILL');
  if (portal.signalCode === null && portal.exitCode === null) await once(portal, 'exit');
}

it('R5: starts clean after kills during the first start', { timeout: 300_000 }, async () => {
  const kills = times(4, 10);
  let slowest = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    // every kill meets a first start, at another moment of it
    await rm(base(), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    const portal = begin();
    await sleep(100 + (1_400 * kill) / kills);
    await killed(portal);
    await killDatabase();
    const begun = performance.now();
    store = await openStore({ dataDir, logger: silent });
    slowest = Math.max(slowest, performance.now() - begun);
    expect(await store.pending()).toEqual([]);
    expect((await readdir(base())).filter((name) => name.startsWith('init-'))).toEqual([]);
    await store.close();
    store = undefined;
  }
  // an initdb that outlives its portal is cleared away at the next start
  await rm(base(), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  const portal = begin();
  await until(async () => ((await readdir(base()).catch(() => [])).some((name) => name.startsWith('init-')) ? true : undefined), 'initdb');
  await killed(portal);
  store = await openStore({ dataDir, logger: silent });
  await until(async () => ((await processesIn(base())).length === 0 ? true : undefined), 'the end of initdb');
  await store.close();
  store = await openStore({ dataDir, logger: silent });
  expect((await readdir(base())).filter((name) => name.startsWith('init-'))).toEqual([]);
  figure(`R5: ${kills} kills during the first start, ${kills} clean starts, ready after at most ${(slowest / 1000).toFixed(1)} s`);
});

it('R5: a migration that is killed leaves nothing half', { timeout: 300_000 }, async () => {
  store = await openStore({ dataDir, logger: silent });
  const admin = new pg.Client({ ...store.embedded!.connection });
  await admin.connect();
  await admin.query(`drop schema public cascade; create schema public; drop schema schalter_migration cascade`);
  const migrations = await store.pending();
  const holds = async (text: string) => ((await admin.query(text)).rows.length > 0 ? true : undefined);
  const session = `from pg_stat_activity where application_name = 'schalter-owner'`;
  // tables that are made early and late on the way: a transaction that holds the name stops the migration there
  const places = ['audit', 'application', 'file', 'delivery', 'periodic'];
  const kills = times(2, 5);
  for (let kill = 0; kill < kills; kill += 1) {
    const blocker = new pg.Client({ ...store.embedded!.connection });
    await blocker.connect();
    await blocker.query(`begin; create table ${places[places.length - 1 - kill]} (x int)`);
    const portal = begin();
    await until(() => holds(`select 1 ${session} and wait_event_type = 'Lock'`), 'the migration at its place');
    await killed(portal);
    // the database notices within seconds that nobody waits for its answer
    await until(async () => ((await holds(`select 1 ${session}`)) ? undefined : true), 'the end of its session');
    await blocker.query('rollback');
    await blocker.end();
    const { rows } = await admin.query(`select table_name from information_schema.tables where table_schema = 'public'`);
    expect(rows).toEqual([]);
    expect(await store.pending()).toEqual(migrations);
  }
  await admin.end();
  expect(await store.migrate()).toEqual(migrations);
  expect(await store.pending()).toEqual([]);
  figure(`R5: ${kills} kills during a migration, ${kills} times nothing of it was left, then all ${migrations.length} in one go`);
});
