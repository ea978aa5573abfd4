/** R3: all processes of the embedded database are killed under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../travel.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { killHard, processesIn } from '../postgres.ts';
import { Saver } from './saver.ts';
import { figure, full, openFaultWorld, times, type FaultWorld } from './world.ts';

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld({ SCHALTER_WORKER: 'off' });
}, 90_000);
afterAll(() => world?.close());

async function killDatabase(): Promise<void> {
  const pids = await processesIn(join(world.dataDir, 'postgres', 'cluster'));
  expect(pids.length).toBeGreaterThan(1);
  killHard(pids);
}

it('R3: kill -9 of the database under load loses nothing, and the portal says what to do meanwhile', { timeout: 300_000 }, async () => {
  const savers = await Promise.all([1, 2, 3, 4].map((n) => Saver.at(world, `citizen ${n}`)));
  const before = world.portal;
  let going = true;
  const saving = Promise.all(savers.map((saver) => saver.saveWhile(() => going)));
  saving.catch(() => undefined);
  const kills = times(3, 20);
  let slowest = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(250 + 41 * ((kill * 7) % 11));
    await killDatabase();
    const killed = performance.now();
    await until(async () => ((await new PlainBrowser(world.port).send('/readyz')).status === 200 ? true : undefined), 'the database');
    slowest = Math.max(slowest, performance.now() - killed);
  }
  await sleep(300);
  going = false;
  await saving;
  for (const saver of savers) await saver.check(world);
  expect(world.portal).toBe(before);
  expect(before.process.exitCode).toBeNull();
  const refused = savers.flatMap((saver) => saver.lost.unavailable);
  expect(refused.length).toBeGreaterThan(0);
  // the portal never broke off a connection: every request got a page
  expect(savers.map((saver) => saver.lost.unanswered)).toEqual([0, 0, 0, 0]);
  for (const answer of refused) {
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.body).toContain('Der Dienst ist gerade nicht erreichbar');
    expect(answer.body).toContain('noch einmal senden');
  }
  const saves = savers.reduce((sum, saver) => sum + saver.acknowledged.length, 0);
  if (full) expect(slowest).toBeLessThan(10_000);
  figure(
    `R3: ${kills} kills of the database, ${saves} saves acknowledged, 0 lost, ${refused.length} answered with 503, ready again in at most ${(slowest / 1000).toFixed(1)} s`,
  );
});

it('R3: an English reader is told in English, and the same form is taken afterwards', { timeout: 60_000 }, async () => {
  const browser = new PlainBrowser(world.port);
  await browser.send('/en/services/bulky-waste', []);
  const page = await browser.visit('/en/apply/bulky-waste');
  const form: [string, string][] = [
    ['_revision', hidden(page.body, '_revision')!],
    ['livesHere', 'yes'],
  ];
  await killDatabase();
  const refused = await browser.send(page.path, form);
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('The service cannot be reached right now');
  expect(refused.body).toContain('send the form again');
  const taken = await until(async () => {
    const answer = await browser.send(page.path, form);
    return answer.status === 503 ? undefined : answer;
  }, 'the database');
  expect([taken.status, taken.location]).toEqual([303, '/en/apply/bulky-waste/wasteOrigin']);
});
