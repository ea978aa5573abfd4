/**
 * R19: a backup is made while people hand in, without stopping anything; it is restored where nothing else is left but keys and documents, and the deliveries
 * go on. PostgreSQL's own way by plain SQL: start, copy the files, stop, add the label.
 */
import { execFile } from 'node:child_process';
import { globSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlainBrowser, root } from '../portal.ts';
import { run, until } from '../travel.ts';
import { allDelivered, drain, figure, openFaultWorld, sofa, times, type FaultWorld } from './world.ts';

const exec = promisify(execFile);

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld();
}, 90_000);
afterAll(() => world?.close());

async function schalter(...words: string[]): Promise<unknown> {
  const { stdout } = await exec(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'src/cli/main.ts'), ...words, '--json'],
    { cwd: root, env: { ...process.env, SCHALTER_DATA: world.dataDir, SCHALTER_CONFIG: join(world.dataDir, 'config') } },
  );
  return JSON.parse(stdout);
}

/** A copy of the running database; gives when what it holds ends. */
async function backUp(from: string, to: string): Promise<number> {
  const client = new pg.Client({ host: join(from, 'run'), port: 5432, user: 'schalter', database: 'schalter' });
  await client.connect();
  await client.query(`select pg_backup_start('R19', true)`);
  // files that change or vanish while they are copied are what the log makes good
  await exec('cp', ['-a', from, to]).catch(() => undefined);
  const stopped = Date.now();
  const { rows } = await client.query<{ labelfile: string }>(`select labelfile from pg_backup_stop(false)`);
  await client.end();
  const [version] = globSync('**/PG_VERSION', { cwd: to }).toSorted((one, other) => one.length - other.length);
  const data = join(to, dirname(version!));
  const log = join(dirname(version!), 'pg_wal');
  rmSync(join(to, log), { recursive: true });
  await exec('cp', ['-a', join(from, log), join(to, log)]);
  rmSync(join(data, 'postmaster.pid'), { force: true });
  await exec('cp', ['-a', join(data, 'PG_VERSION'), join(data, 'backup_label')]);
  writeFileSync(join(data, 'backup_label'), rows[0]!.labelfile);
  return stopped;
}

it('R19: a backup under load holds all that was acknowledged before its end, and sends nothing twice', { timeout: 300_000 }, async () => {
  const database = join(world.dataDir, 'postgres');
  const acknowledged: { reference: string; at: number }[] = [];
  let going = true;
  const citizens = Promise.all(
    [1, 2, 3].map(async () => {
      while (going) {
        const { last } = await run(new PlainBrowser(world.port), sofa);
        acknowledged.push({ reference: last.path.split('/').at(-1)!, at: Date.now() });
      }
    }),
  );
  citizens.catch(() => undefined);
  const more = (count: number) => {
    const enough = acknowledged.length + count;
    return until(() => (acknowledged.length >= enough ? true : undefined), `${count} more applications`, 120_000);
  };
  await more(times(4, 100));
  // what waits in the backup is sent after it
  world.backoffice.faults.set('500', 0);
  await more(3);
  const begun = performance.now();
  const end = await backUp(database, `${database}-backup`);
  const took = performance.now() - begun;
  await more(2);
  world.backoffice.faults.set('none', 0);
  going = false;
  await citizens;
  await drain(world);
  const before = acknowledged.filter(({ at }) => at < end).map(({ reference }) => reference);
  expect(before.length).toBeGreaterThan(3);
  expect(acknowledged.length).toBeGreaterThan(before.length);
  await world.portal.stop();
  rmSync(database, { recursive: true });
  await exec('mv', [`${database}-backup`, database]);

  const restoring = performance.now();
  const { held } = (await schalter('deliver', 'restored')) as { held: { held: number }[] };
  const waited = held.reduce((sum, one) => sum + one.held, 0);
  expect(waited).toBeGreaterThan(0);
  await world.restart();
  const restored = performance.now() - restoring;
  const there = (await world.sql<{ reference: string }>(`select reference from submission`)).map(({ reference }) => reference);
  expect(before.filter((reference) => !there.includes(reference))).toEqual([]);
  await schalter('deliver', 'restored', '--send', 'musterstadt/demo');
  await allDelivered(world, there.length);
  expect(await schalter('deliver', 'status')).toMatchObject({
    balanced: true,
    total: { submitted: there.length, delivered: there.length },
  });
  // one case for each that was ever acknowledged, those that the backup does not know among them
  const cases = [...world.backoffice.cases.values()];
  expect(cases.map(({ reference }) => reference).sort()).toEqual(acknowledged.map(({ reference }) => reference).sort());
  // and the portal works
  await run(new PlainBrowser(world.port), sofa);
  figure(
    `R19: backup of ${(took / 1_000).toFixed(2)} s under load, ${before.length} acknowledged before its end: 0 missing after the restore; ready again in ` +
      `${(restored / 1_000).toFixed(1)} s; ${waited} held and sent with their old keys, ${cases.length} effects of ${acknowledged.length}, 0 second ones`,
  );
});
