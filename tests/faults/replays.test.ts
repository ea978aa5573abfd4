/** R15: the same form sent ten times at once, as from impatient clicks, and once more later: one effect, the same answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filledIn, multipart, run, type Pairs } from '../travel.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { allDelivered, checkDeliveries, figure, openFaultWorld, sofa, times, withFile, type FaultWorld } from './world.ts';

const APPLY = '/de/apply/bulky-waste';
const ROUNDS = times(2, 20);

let world: FaultWorld;
const references: string[] = [];
beforeAll(async () => {
  world = await openFaultWorld();
}, 90_000);
afterAll(() => world?.close());

/** Ten at once and one later; gives where all of them led. */
async function elevenTimes(send: () => Promise<Answer>): Promise<string> {
  const answers = await Promise.all(Array.from({ length: 10 }, send));
  answers.push(await send());
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 303));
  const led = new Set(answers.map(({ location }) => location));
  expect([...led]).toHaveLength(1);
  return [...led][0]!;
}

const applicationIn = (html: string) => hidden(html, '_revision')!.split('.')[1]!;
const count = async (text: string, ...values: unknown[]) =>
  (await world.sql<{ n: number }>(`select count(*)::int as n ${text}`, values))[0]!.n;

describe('R15: one effect and the same answer', () => {
  it('start', { timeout: 120_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = new PlainBrowser(world.port);
      // a session, from another service
      await browser.send('/de/services/dog-tax', []);
      const before = await count(`from application where service = 'bulky-waste'`);
      expect(await elevenTimes(() => browser.send('/de/services/bulky-waste', []))).toBe(APPLY);
      expect(await count(`from application where service = 'bulky-waste'`)).toBe(before + 1);
    }
    figure(`R15: start, ${ROUNDS} times 11 posts: ${ROUNDS} applications`);
  });

  it('save', { timeout: 120_000 }, async () => {
    const browser = new PlainBrowser(world.port);
    const { last, at } = await run(browser, sofa, (step) => step.path === 'pickupAddress');
    const audited = () => count(`from audit where subject = $1 and action = 'save'`, applicationIn(last.body));
    const before = await audited();
    for (let round = 0; round < ROUNDS; round += 1) {
      const form = filledIn((await browser.send(last.path)).body, at!, sofa) as Pairs;
      const street = form.find(([name]) => name.endsWith('street'))!;
      street[1] = `Musterstraße ${round}`;
      expect(await elevenTimes(() => browser.send(last.path, form))).toBe(`${APPLY}/pickupPlace`);
    }
    expect(await audited()).toBe(before + ROUNDS);
    figure(`R15: save, ${ROUNDS} times 11 posts: ${ROUNDS} revisions, no conflict shown`);
  });

  it('adding, finishing and removing an entry', { timeout: 120_000 }, async () => {
    const browser = new PlainBrowser(world.port);
    const { last } = await run(browser, sofa, (step) => step.path === 'items');
    const form = async (name: string, value: string): Promise<Pairs> => [
      ['_revision', hidden((await browser.send(last.path)).body, '_revision')!],
      [name, value],
    ];
    const more = await form('_more', 'yes');
    expect(await elevenTimes(() => browser.send(last.path, more))).toBe(`${APPLY}/items/2/itemKind`);
    for (const [page, name, value] of [
      ['itemKind', 'items.2.kind', 'table'],
      ['itemQuantity', 'items.2.quantity', '1'],
    ] as const) {
      const shown = await browser.send(`${last.path}/2/${page}`);
      const pairs: Pairs = [
        ['_revision', hidden(shown.body, '_revision')!],
        [name, value],
      ];
      expect((await browser.send(`${last.path}/2/${page}`, pairs)).status).toBe(303);
    }
    const remove = await form('_removeEntry', '2');
    expect(await elevenTimes(() => browser.send(last.path, remove))).toBe(`${APPLY}/items`);
    const enough = await form('_more', 'no');
    expect(await elevenTimes(() => browser.send(last.path, enough))).toBe(`${APPLY}/pickupAddress`);
    figure('R15: entries, 3 times 11 posts: 1 added, 1 removed, 1 list finished');
  });

  it('upload', { timeout: 120_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = new PlainBrowser(world.port);
      const { last, at } = await run(browser, withFile.journey, (step) => step.path === withFile.step.path);
      const form = filledIn(last.body, at!, withFile.journey) as { body: Buffer; type: string };
      await elevenTimes(() => browser.send(last.path, form));
      const application = applicationIn(last.body);
      expect(await count(`from file where application_id = $1::uuid`, application)).toBe(1);
      const page = await browser.send(last.path);
      expect(page.body.match(/name="_remove"/g)).toHaveLength(1);
      // another file under the same, now old revision is another file and not lost
      const path = /name="([^"]+)"; filename/.exec(form.body.toString())![1]!;
      const second = multipart([['_revision', hidden(last.body, '_revision')!]], [{ field: path, name: 'zweite.pdf' }]);
      expect((await browser.send(last.path, second)).status).toBe(303);
      expect(await count(`from file where application_id = $1::uuid`, application)).toBe(2);
    }
    figure(`R15: upload, ${ROUNDS} times 11 posts: ${ROUNDS} files`);
  });

  it('submit', { timeout: 240_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = new PlainBrowser(world.port);
      const { last, at } = await run(browser, sofa, (step) => step.page.kind === 'check');
      const form = filledIn(last.body, at!, sofa) as Pairs;
      const receipt = await elevenTimes(() => browser.send(last.path, form));
      references.push(receipt.split('/').at(-1)!);
      // a new application of the same service does not take the old form
      await browser.send('/de/services/bulky-waste', []);
      expect((await browser.send(last.path, form)).location).toBe(receipt);
      const late = await browser.send(`${APPLY}/resident`, [
        ['_revision', hidden(last.body, '_revision')!],
        ['livesHere', 'no'],
      ]);
      expect(late.status).toBe(409);
    }
    await allDelivered(world, references.length);
    await checkDeliveries(world, references);
    figure(`R15: submit, ${ROUNDS} times 11 posts: ${references.length} receipts, ${world.backoffice.cases.size} effects`);
  });
});
