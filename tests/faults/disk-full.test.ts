/**
 * R12: the disk is full while somebody saves, and has room again later. The database's refusal is real in code and class (53100) and raised by a trigger:
 * a disk that is really full would take a file system of its own, which only the system's administrator can make.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlainBrowser } from '../portal.ts';
import { filledIn, run, type Pairs } from '../travel.ts';
import { allDelivered, checkDeliveries, figure, openFaultWorld, sofa, type FaultWorld } from './world.ts';

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld();
}, 90_000);
afterAll(() => world?.close());

const fill = (table: string) =>
  world.sql(`create function no_room() returns trigger language plpgsql as $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
    create trigger no_room before insert or update on ${table} for each row execute function no_room()`);
const free = () => world.sql(`drop function no_room() cascade`);

it('R12: a full disk costs nothing that was typed or saved, and needs no restart', { timeout: 120_000 }, async () => {
  const browser = new PlainBrowser(world.port);
  const { last, at } = await run(browser, sofa, (step) => step.page.id === 'contactName');
  const form = (filledIn(last.body, at!, sofa) as Pairs).map(([name, value]): [string, string] => [
    name,
    value === 'Muster' ? 'Blaumeise' : value,
  ]);
  await fill('application');
  const refused = await browser.send(last.path, form);
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBeDefined();
  // the page says how the browser sends it again; personal data are on no page of a failure
  expect(refused.body).toContain('Fragt Ihr Browser, ob er das Formular noch einmal senden soll, bestätigen Sie das');
  expect(refused.body).not.toContain('Blaumeise');
  expect(refused.body).not.toMatch(/53100|could not extend/);
  await free();
  const begun = performance.now();
  const saved = await browser.send(last.path, form);
  expect(saved.status).toBe(303);
  const recovered = (performance.now() - begun) / 1_000;
  expect((await browser.visit(last.path)).body).toContain('Blaumeise');

  // while handing in: nothing half, and the second try is the first submission
  const other = new PlainBrowser(world.port);
  const check = await run(other, sofa, (step) => step.page.kind === 'check');
  const pairs = filledIn(check.last.body, check.at!, sofa) as Pairs;
  await fill('submission');
  expect((await other.send(check.last.path, pairs)).status).toBe(503);
  expect(await world.sql(`select id from submission`)).toEqual([]);
  await free();
  const done = await other.visit((await other.send(check.last.path, pairs)).location!);
  const reference = done.path.split('/').at(-1)!;
  await allDelivered(world, 1);
  await checkDeliveries(world, [reference]);
  figure(
    `R12: disk full while saving and while handing in: 503, sent again as it was, 0 lost, the next save after it took ${recovered.toFixed(2)} s, no restart`,
  );
});
