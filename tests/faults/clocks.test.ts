/** R11: three nodes on one database, one with a clock an hour fast, one an hour slow. What one stamps another one judges. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hidden, PlainBrowser, root, type TestPortal } from '../portal.ts';
import { run, until } from '../travel.ts';
import { allDelivered, checkDeliveries, figure, openFaultWorld, sofa, times, type FaultWorld } from './world.ts';

const PRELOAD = `--import ${pathToFileURL(join(root, 'tests/faults/shifted-clock.ts')).href}`;

let world: FaultWorld;
let fast: TestPortal;
let slow: TestPortal;
beforeAll(async () => {
  world = await openFaultWorld();
  const wrong = (hours: number) =>
    world.another({ NODE_OPTIONS: `${PRELOAD} --disable-warning=ExperimentalWarning`, CLOCK_SHIFT_HOURS: String(hours) });
  fast = await wrong(1);
  slow = await wrong(-1);
}, 120_000);
afterAll(async () => {
  await Promise.all([fast?.stop(), slow?.stop()]);
  await world?.close();
});

const nodes = () => [world.port, fast.port, slow.port];

/** The same person at another node. */
function sameAt(browser: PlainBrowser, port: number): PlainBrowser {
  const there = new PlainBrowser(port);
  for (const [name, value] of browser.cookies) there.setCookie(name, value);
  return there;
}

it('the wrong clocks are really wrong', async () => {
  const hour = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/.well-known/security.txt`, { headers: { host: `localhost:${port}` } });
    const expires = /Expires: (.*)/.exec(await answer.text())![1]!;
    return Math.round((Date.parse(expires) - Date.now()) / 3_600_000 - 180 * 24);
  };
  expect(await Promise.all([fast, slow].map(({ port }) => hour(port)))).toEqual([1, -1]);
});

it('R11: nothing twice, no lease lost early, no signature refused, news from everywhere', { timeout: 600_000 }, async () => {
  const count = times(12, 90);
  const references: string[] = [];
  for (let n = 0; n < count; n += 3)
    await Promise.all(
      nodes().map(async (port) => {
        const { last } = await run(new PlainBrowser(port), sofa);
        references.push(last.path.split('/').at(-1)!);
      }),
    );
  await allDelivered(world, count);
  const attempts = await world.sql<{ outcome: string; status: number; n: number }>(
    `select outcome, status, count(*)::int as n from delivery_attempt group by 1, 2`,
  );
  expect(attempts).toEqual([{ outcome: 'delivered', status: 200, n: count }]);
  const told = async () => {
    const [row] = await world.sql<{ n: number }>(
      `select count(distinct submission_id)::int as n from status_event where source like 'backoffice:%' and status = 'in_progress'`,
    );
    return row!.n === count ? true : undefined;
  };
  await until(told, 'the news of every application', 60_000);
  await checkDeliveries(world, references);
  const cases = [...world.backoffice.cases.values()];
  expect(cases.map(({ sends }) => sends)).toEqual(cases.map(() => 1));
  // what the office reads is when it was, whichever node said so
  for (const { submittedAt, receivedAt } of cases) expect(Math.abs(Date.parse(receivedAt) - Date.parse(submittedAt))).toBeLessThan(60_000);
  figure(
    `R11: nodes at 0, +1 h and -1 h: ${count} submissions, ${count} attempts, 0 doubles, 0 leases lost, 0 refused signatures, news of all`,
  );
});

it(
  'a session that one node began lives at the others, and so does what reference and second factor opened',
  { timeout: 120_000 },
  async () => {
    for (const [from, to] of [
      [fast, slow],
      [slow, fast],
    ] as const) {
      const browser = new PlainBrowser(from.port);
      const { last, at } = await run(browser, sofa, (step) => step.page.kind === 'check');
      const page = await sameAt(browser, to.port).visit(last.path);
      expect([page.status, page.path]).toEqual([200, `/de/apply/bulky-waste/${at!.path}`]);
      expect(hidden(page.body, '_revision')).toBe(hidden(last.body, '_revision'));
      const done = await run(new PlainBrowser(from.port), sofa);
      const reference = done.last.path.split('/').at(-1)!;
      const asked = new PlainBrowser(from.port);
      const opened = await asked.send('/de/status', [
        ['reference', reference],
        ['factor', /Ihre Nummer (\d+)/.exec(done.last.body)![1]!],
      ]);
      expect(opened.status).toBe(303);
      const status = await sameAt(asked, to.port).visit(opened.location!);
      expect([status.status, status.path]).toEqual([200, `/de/status/${reference}`]);
    }
  },
);
