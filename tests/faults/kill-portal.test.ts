/** R2: the portal is killed while citizens save. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Saver } from './saver.ts';
import { figure, full, openFaultWorld, times, type FaultWorld } from './world.ts';

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld({ SCHALTER_WORKER: 'off' });
}, 90_000);
afterAll(() => world?.close());

it('R2: kill -9 of the portal during saves loses nothing that was acknowledged', { timeout: 300_000 }, async () => {
  const savers = await Promise.all([1, 2, 3, 4].map((n) => Saver.at(world, `citizen ${n}`)));
  let going = true;
  const saving = Promise.all(savers.map((saver) => saver.saveWhile(() => going)));
  saving.catch(() => undefined);
  const kills = times(4, 20);
  let slowest = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(200 + 37 * ((kill * 7) % 11));
    await world.kill();
    slowest = Math.max(slowest, await world.restart());
  }
  await sleep(300);
  going = false;
  await saving;
  for (const saver of savers) await saver.check(world);
  const saves = savers.reduce((sum, saver) => sum + saver.acknowledged.length, 0);
  const unanswered = savers.reduce((sum, saver) => sum + saver.lost.unanswered, 0);
  expect(saves).toBeGreaterThan(kills);
  expect(unanswered).toBeGreaterThan(0);
  if (full) expect(slowest).toBeLessThan(10_000);
  figure(`R2: ${kills} kills, ${saves} saves acknowledged, 0 lost, ready again in at most ${(slowest / 1000).toFixed(1)} s`);
});
