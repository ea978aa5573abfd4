/** R1: the portal is killed at every named point on the way of a submission, and the citizen, who got no answer, sends again. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../../src/server/faults/index.ts';
import { filledIn, until, run, type Pairs } from '../travel.ts';
import { PlainBrowser, type Answer } from '../portal.ts';
import { allDelivered, checkDeliveries, endLeases, figure, openFaultWorld, sofa, times, type FaultWorld } from './world.ts';

const CHECK = '/de/apply/bulky-waste/check';

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld();
}, 90_000);
afterAll(() => world?.close());

/** A citizen in front of the button that hands in. */
async function ready(): Promise<{ browser: PlainBrowser; form: Pairs }> {
  const browser = new PlainBrowser(world.port);
  const { last, at } = await run(browser, sofa, (step) => step.page.kind === 'check');
  return { browser, form: filledIn(last.body, at!, sofa) as Pairs };
}

const sendOrNothing = (browser: PlainBrowser, form: Pairs): Promise<Answer | undefined> => browser.send(CHECK, form).catch(() => undefined);

/** One kill at a point; gives the reference that the citizen was told in the end. */
async function killAt(point: FaultPoint): Promise<string> {
  const { browser, form } = await ready();
  world.arm(point);
  const first = await sendOrNothing(browser, form);
  await world.death();
  world.arm();
  await endLeases(world);
  await world.restart();
  const again = await browser.send(CHECK, form);
  expect([point, again.status]).toEqual([point, 303]);
  if (first) expect(again.location).toBe(first.location);
  const receipt = await browser.visit(again.location!);
  expect(receipt.status).toBe(200);
  const reference = receipt.path.split('/').at(-1)!;
  expect(receipt.body).toContain(reference);
  return reference;
}

it('R1: killed at any point, every submission exists once and arrives once', { timeout: 3_600_000 }, async () => {
  expect(FAULT_POINTS.length).toBeGreaterThanOrEqual(10);
  const references: string[] = [];
  const rounds = times(2, 20);
  for (let round = 0; round < rounds; round += 1) {
    for (const point of FAULT_POINTS) {
      references.push(await killAt(point));
      // the next point is not to be passed by an older delivery
      await allDelivered(world, references.length);
    }
    // The back office tries a dozen times, with growing pauses up to a minute, and would give up on a portal that is mostly dead for longer.
    if ((round + 1) % 5 === 0 || round + 1 === rounds)
      await until(async () => ((await newsMissing()) === 0 ? true : undefined), 'the news of every application', 300_000);
  }
  expect(new Set(references).size).toBe(references.length);
  await checkDeliveries(world, references);
  const sends = [...world.backoffice.cases.values()].reduce((sum, one) => sum + one.sends, 0);
  figure(
    `R1: ${references.length} kills at ${FAULT_POINTS.length} points, ${references.length} submissions, ${world.backoffice.cases.size} effects, ${sends - references.length} repeated transports absorbed, the same reference each time`,
  );
});

/** Submissions for which the portal has not noted both pieces of news, or has noted one twice. */
async function newsMissing(): Promise<number> {
  const [row] = await world.sql<{ n: number }>(
    `select count(*)::int as n from submission s where (select array_agg(e.status order by e.status) from status_event e
       where e.submission_id = s.id and e.source like 'backoffice:%') is distinct from array['in_progress', 'received']`,
  );
  return row!.n;
}
