/** R20: an old backup is restored, and what it shows as waiting was sent long ago. Nothing is sent again unasked, and nothing is lost. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlainBrowser, root } from '../portal.ts';
import { run, until } from '../travel.ts';
import { allDelivered, figure, openFaultWorld, sofa, type FaultWorld } from './world.ts';

const exec = promisify(execFile);

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld({ SCHALTER_WORKER: 'off' });
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
const status = async () => ((await schalter('deliver', 'status')) as { balanced: boolean; total: object }) ?? {};
const sends = () => [...world.backoffice.cases.values()].map((one) => one.sends);

it(
  'R20: a restored backup sends nothing again unasked, and what it holds is settled by the office or sent with its old key',
  { timeout: 180_000 },
  async () => {
    const database = join(world.dataDir, 'postgres');
    const handIn = async () => (await run(new PlainBrowser(world.port), sofa)).last.path.split('/').at(-1)!;
    const references = [await handIn(), await handIn(), await handIn(), await handIn()];
    await world.portal.stop();
    await exec('cp', ['-a', database, `${database}-backup`]);

    // life goes on: all four are sent, and a fifth that the backup does not know
    await world.restart({ SCHALTER_WORKER: 'on' });
    await handIn();
    await allDelivered(world, 5);
    expect(sends()).toEqual([1, 1, 1, 1, 1]);
    // The office has told all its news: what it still has to tell would settle what the restored portal holds.
    const told = () => [...world.backoffice.cases.values()].every(({ news }) => news.some(({ status }) => status === 'in_progress'));
    await until(() => (told() ? true : undefined), 'the news of every application', 60_000);
    await world.portal.stop();

    rmSync(database, { recursive: true });
    await exec('mv', [`${database}-backup`, database]);
    expect(await schalter('deliver', 'restored')).toEqual({ held: [{ municipality: 'musterstadt', destination: 'demo', held: 4 }] });
    expect(await schalter('deliver', 'restored')).toEqual({ held: [] });
    await world.restart({ SCHALTER_WORKER: 'on' });
    await sleep(3_000);
    expect(sends()).toEqual([1, 1, 1, 1, 1]);
    expect(await status()).toMatchObject({ balanced: true, total: { submitted: 4, unknown: 4, queued: 0 } });

    // the office tells of one of them by itself
    const first = [...world.backoffice.cases.values()].find((one) => one.reference === references[0])!;
    const news = await fetch(`http://127.0.0.1:${world.backoffice.port}/cases/${encodeURIComponent(first.key)}/news`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ status: 'in_progress' }),
      redirect: 'manual',
    });
    expect(news.status).toBeLessThan(400);
    const settled = async () => {
      const [row] = await world.sql<{ n: number }>(`select count(*)::int as n from delivery where state = 'delivered'`);
      return row!.n === 1 ? true : undefined;
    };
    await until(settled, 'the office’s word');

    expect(await schalter('deliver', 'restored', '--send', 'musterstadt/demo')).toEqual({ sent: 3 });
    await allDelivered(world, 4);
    expect(world.backoffice.cases.size).toBe(5);
    expect(sends().sort()).toEqual([1, 1, 2, 2, 2]);
    expect(await status()).toMatchObject({ balanced: true, total: { submitted: 4, delivered: 4, unknown: 0 } });
    const audit = await world.sql<{ action: string; n: number }>(
      `select action, count(*)::int as n from audit where action like '%-restored' group by 1 order by 1`,
    );
    expect(audit).toEqual([
      { action: 'hold-restored', n: 4 },
      { action: 'send-restored', n: 3 },
    ]);
    figure(
      'R20: backup with 4 waiting deliveries restored after they were sent: 4 held, 0 sent unasked, 1 settled by the office, 3 sent with the old key, 0 second effects',
    );
  },
);
