/**
 * Every journey of every service in a real browser, by keyboard alone: without scripts in a window of 320 pixels, with them in a wide one.
 * Each page and each of its states is looked at once a mode: no finding of axe, nothing that scrolls sideways or lies over something else,
 * no complaint of the browser.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { typed, type Journey } from '../journeys.ts';
import { openBrowser, Person, type Senses, type Upload } from './person.ts';
import { comparable, journeys, openStage, received, type Stage } from './stage.ts';
import { PDF } from '../travel.ts';

const MODES: readonly (readonly [string, Senses])[] = [
  ['without scripts, 320 px', { script: false, width: 320 }],
  ['with scripts, 1280 px', { script: true, width: 1280 }],
];

// Two people at once: as many as small machines have cores.
vi.setConfig({ maxConcurrency: 2 });

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

/** Pages that were looked at, so that each is looked at once a mode. */
const seen = new Set<string>();
function fresh(person: Person, state: string): boolean {
  const key = `${person.senses.script} ${state}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

async function look(person: Person, what: string): Promise<void> {
  const faults = fresh(person, what) ? await person.faults() : person.complaints;
  expect([what, faults]).toEqual([what, []]);
}

/** Pages of one kind ask with the same controls. */
const kindOf = (step: Step): string => `${step.page.kind}: ${[...new Set(step.fields.map((field) => field.type.name))].sort().join(', ')}`;
const pageOf = (journey: Journey, step: Step): string => `${journey.service}/${step.path.replaceAll(/\/\d+\//g, '/')}`;

/** Looks at the page in German; the first of its kind in English, too. */
async function lookAt(person: Person, journey: Journey, step: Step): Promise<void> {
  const page = pageOf(journey, step);
  await look(person, page);
  if (!fresh(person, `English ${kindOf(step)}`)) return;
  const german = person.page.url();
  await person.visit(german.replace('/de/', '/en/'));
  await look(person, `${page} in English`);
  await person.visit(german);
}

/**
 * Sends a page empty: what is missing is said, and with scripts the focus goes there. Optional pages go on instead. In the narrow window each page
 * is sent, because long words show there; in the wide one a page of each kind.
 */
async function sendEmpty(person: Person, journey: Journey, step: Step): Promise<void> {
  const page = pageOf(journey, step);
  const once = person.senses.script ? kindOf(step) : page;
  if (step.fields.every((field) => field.type.silent) || !fresh(person, `${once} was sent empty`)) return;
  const { path } = person;
  await person.answer([]);
  if (person.path === path) {
    const { errors, focused } = await person.page.evaluate(() => {
      const summary = document.querySelector('[data-error-summary]');
      return { errors: summary !== null, focused: summary === document.activeElement };
    });
    if (errors) expect([await person.page.title(), focused]).toEqual([expect.stringMatching(/^Fehler: /), person.senses.script]);
    expect([page, await person.layoutFaults()]).toEqual([page, []]);
    await look(person, `${kindOf(step)} sent empty`);
  }
  await person.visit(new URL(path, person.page.url()).href);
}

function uploads(step: Step, journey: Journey): Map<string, Upload[]> {
  return new Map(
    step.fields.flatMap((field) => {
      const path = joinPath(step.prefix, field.id);
      const value = journey.answers[path];
      if (!field.type.file || !Array.isArray(value)) return [];
      const files = (value as { name: string }[]).map(({ name }) => ({
        name: name.replace(/\.\w+$/, '.pdf'),
        mimeType: 'application/pdf',
        buffer: PDF,
      }));
      return [[path, files]];
    }),
  );
}

/** Answers a page as the journey says. It may come back, with questions that follow from an answer, or with warnings, which are confirmed. */
async function answer(person: Person, journey: Journey, step: Step): Promise<void> {
  const { path } = person;
  const warnings = step.page.kind === 'check' ? journey.walk.warnings : step.warnings;
  const pairs: (readonly [string, string])[] = [
    ...(step.page.collection ? [['_more', 'no'] as const] : typed(step, journey.answers)),
    ...warnings.filter((one) => one.level === 'should').map((one) => ['_confirm', one.rule] as const),
  ];
  let missing = await person.answer(pairs, uploads(step, journey));
  for (let again = 0; again < 3 && missing.size > 0 && person.path === path; again++) {
    await look(person, `${pageOf(journey, step)} again ${again}`);
    const rest = pairs.filter(([name]) => missing.has(name) || name === '_more');
    missing = await person.answer(rest);
  }
  // What was confirmed on its own page is not asked again before sending.
  missing.delete('_confirm');
  expect([...missing]).toEqual([]);
}

/** Walks a journey; gives the pages it went over. */
async function play(person: Person, journey: Journey, origin: string): Promise<string[]> {
  const apply = `/de/apply/${journey.service}`;
  const visited: string[] = [];
  await person.visit(`${origin}/de/services/${journey.service}`);
  await look(person, `service ${journey.service}`);
  await person.press('Jetzt beantragen');
  for (const step of journey.walk.steps) {
    const url = `${apply}/${step.path}`;
    if (person.path === apply) {
      await look(person, `tasks of ${journey.service}`);
      await person.press(url);
    }
    const list = /^(.*)\/\d+\/[^/]+$/.exec(step.path)?.[1];
    if (list && person.path === `${apply}/${list}`) await person.answer([['_more', 'yes']]);
    expect(person.path).toBe(url);
    visited.push(step.path);
    await lookAt(person, journey, step);
    if (step.page.kind === 'exit') break;
    await sendEmpty(person, journey, step);
    await answer(person, journey, step);
    if (journey.document.expect.outcome === 'stop' && step.path === journey.walk.stop) {
      expect(await person.page.locator('[data-error-summary]').count()).toBe(1);
      break;
    }
  }
  return visited;
}

describe.concurrent.each(MODES)('%s', (_mode, senses) => {
  it.for(journeys.map((journey) => [`${journey.service}: ${journey.name}`, journey] as const))(
    '%s',
    { timeout: 1_200_000 },
    async ([, journey], { onTestFinished }) => {
      const world = stage.world(journey);
      const person = await Person.at(browser, senses);
      onTestFinished(() => person.leave());
      const expected = journey.document.expect;
      expect(await play(person, journey, `http://${stage.host(journey)}:${world.portal.port}`)).toEqual(expected.pages);
      if (expected.outcome !== 'submit') return;
      expect(person.path).toMatch(/^\/de\/receipt\/\d\d-[0-9A-Z]{7}-[0-9A-Z]$/);
      await look(person, `receipt of ${journey.service}`);
      const arrived = await received(world, person.path.split('/').at(-1)!);
      expect(comparable(arrived.payload)).toEqual(comparable(expected.payload));
      expect(arrived.sends).toBe(1);
    },
  );
});
