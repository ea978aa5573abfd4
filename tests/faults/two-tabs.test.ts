/** R13: two tabs on the same application. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinPath } from '../../src/flow/index.ts';
import { run, type Pairs } from '../travel.ts';
import { journeysOf, services } from '../journeys.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { figure, openFaultWorld, sofa, type FaultWorld } from './world.ts';

const PAGE = '/de/apply/bulky-waste/accessNotes';
const NEXT = '/de/apply/bulky-waste/earlierPickups';

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld({ SCHALTER_WORKER: 'off' });
}, 90_000);
afterAll(() => world?.close());

const shown = (html: string) => /<textarea[^>]*>([^<]*)<\/textarea>/.exec(html)?.[1];
const notes = (revision: string, text: string): Pairs => [
  ['_revision', revision],
  ['pickup.notes', text],
];

/** Every unseen value of the form that takes over what was typed. */
function carried(html: string): Pairs {
  const form = html.slice(html.indexOf('<form class="actions"'));
  return [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]);
}

it('R13: the second tab is told, shows both versions, and overwrites nothing by itself', { timeout: 120_000 }, async () => {
  const browser = new PlainBrowser(world.port);
  const { last } = await run(browser, sofa, (step) => step.path === 'accessNotes');
  const application = hidden(last.body, '_revision')!.split('.')[1]!;
  let conflicts = 0;
  for (let round = 1; round <= 50; round += 1) {
    const revision = hidden((await browser.send(PAGE)).body, '_revision')!;
    const one = `round ${round} first tab`;
    const other = `round ${round} second tab`;
    const send = (text: string) => browser.send(PAGE, notes(revision, text));
    // one after the other, and at the same moment
    const answers = round % 2 ? [await send(one), await send(other)] : await Promise.all([send(one), send(other)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, 409]);
    const winner = answers[0]!.status === 303 ? one : other;
    const loser = winner === one ? other : one;
    const told = answers.find((answer) => answer.status === 409)!;
    expect(told.body).toContain('Ihr Antrag wurde inzwischen geändert');
    expect(told.body).toContain(winner);
    expect(told.body).toContain(loser);
    conflicts += 1;
    expect(shown((await browser.send(PAGE)).body)).toBe(winner);
    if (round % 3) continue;
    // the person decides for what was typed second
    const taken = await browser.send(PAGE, carried(told.body));
    expect([taken.status, taken.location]).toEqual([303, NEXT]);
    expect(shown((await browser.send(PAGE)).body)).toBe(loser);
  }
  const [row] = await world.sql<{ saves: number; revision: number }>(
    `select (select count(*)::int from audit where subject = $1::text and action = 'save') as saves, revision from application where id = $1::uuid`,
    [application],
  );
  expect(row!.revision).toBe(row!.saves + 1);
  figure(`R13: 50 rounds, ${conflicts} second saves answered with 409 and both versions, 0 silent overwrites`);
});

it('R13: several ticks survive the decision', { timeout: 60_000 }, async () => {
  const found = services()
    .flatMap((service) => journeysOf(service))
    .flatMap((journey) =>
      journey.walk.steps.flatMap((step) =>
        step.fields
          .filter((field) => field.type.name === 'checkboxes')
          .map((field) => ({ journey, step, path: joinPath(step.prefix, field.id) })),
      ),
    )
    .find(({ journey, path }) => Array.isArray(journey.answers[path]) && (journey.answers[path] as unknown[]).length > 1)!;
  const { journey, step, path } = found;
  const browser = new PlainBrowser(world.port);
  const { last } = await run(browser, journey, (one) => one.path === step.path);
  const ticks = journey.answers[path] as string[];
  const others = last.body.includes(`name="${path}"`);
  expect(others).toBe(true);
  const send = (values: string[]) => {
    const pairs: Pairs = [['_revision', hidden(last.body, '_revision')!], ...values.map((value): [string, string] => [path, value])];
    return browser.send(last.path, pairs);
  };
  expect((await send(ticks.slice(0, 1))).status).toBe(303);
  const told = await send(ticks);
  expect(told.status).toBe(409);
  expect((await browser.send(last.path, carried(told.body))).status).toBe(303);
  const page = await browser.send(last.path);
  const ticked = [...page.body.matchAll(/<input[^>]*type="checkbox"[^>]*>/g)].filter(([input]) => / checked/.test(input));
  expect(ticked).toHaveLength(ticks.length);
});
