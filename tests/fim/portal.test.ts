/**
 * The drafts of all real schemas, finished as a person would, in the running portal: every journey page by page without a script, and of each schema
 * one in a real browser with scripts, down to the payload at the back office.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payloadValidator } from '../../src/package/index.ts';
import { openBrowser, Person, type Upload } from '../e2e/person.ts';
import { received } from '../e2e/stage.ts';
import { journeysOf, typed, type Journey } from '../journeys.ts';
import { openWorld, PlainBrowser, type World } from '../portal.ts';
import { PDF, run } from '../travel.ts';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { TODAY, writeFinished } from './material.ts';

const finished = writeFinished();
const journeys = new Map(
  finished.services.map((service) => [
    service,
    journeysOf(service, finished.dir).filter(({ document }) => document.expect.outcome === 'submit'),
  ]),
);

let world: World;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([
    openWorld({ env: { SCHALTER_TODAY: TODAY, SCHALTER_FLOWS: finished.dir }, offers: finished.services }),
    openBrowser(),
  ]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
  finished.clean();
});

/** The payload that arrived fits the schema that was generated from the FIM schema. */
async function arrives(path: string, journey: Journey): Promise<void> {
  expect(path).toMatch(/^\/de\/receipt\//);
  const { payload } = await received(world, path.split('/').at(-1)!);
  expect(payloadValidator(journey.pkg.payload.schema)(payload as never)).toEqual([]);
}

describe.each(finished.services)('%s', (service) => {
  it('every journey without a script', { timeout: 300_000 }, async () => {
    for (const journey of journeys.get(service)!) {
      const { visited, last } = await run(new PlainBrowser(world.portal.port), journey);
      expect(visited).toEqual(journey.document.expect.pages);
      await arrives(last.path, journey);
    }
  });

  it('the longest in a real browser', { timeout: 300_000 }, async () => {
    const journey = [...journeys.get(service)!].sort((a, b) => b.walk.steps.length - a.walk.steps.length)[0]!;
    const person = await Person.at(browser, { script: true, width: 1280 });
    try {
      expect(await play(person, journey)).toEqual(journey.document.expect.pages);
      await arrives(person.path, journey);
      expect(person.complaints).toEqual([]);
      process.stdout.write(
        `FIM: ${service}: ${journey.walk.steps.length} pages in a browser, ${journeys.get(service)!.length} journeys without a script\n`,
      );
    } finally {
      await person.leave();
    }
  });
});

async function play(person: Person, journey: Journey): Promise<string[]> {
  const apply = `/de/apply/${journey.service}`;
  const visited: string[] = [];
  await person.visit(`http://localhost:${world.portal.port}/de/services/${journey.service}`);
  await person.press('Jetzt beantragen');
  const kinds = new Set<string>();
  for (const step of journey.walk.steps) {
    const url = `${apply}/${step.path}`;
    const list = /^(.*)\/\d+\/[^/]+$/.exec(step.path)?.[1];
    if (person.path === apply) await person.press(list ? `${apply}/${list}` : url);
    if (list && person.path === `${apply}/${list}`) await person.answer([['_more', 'yes']]);
    expect(person.path).toBe(url);
    visited.push(step.path);
    const kind = `${step.page.kind} ${step.fields.map(({ type }) => type.name).join()}`;
    if (!kinds.has(kind)) expect([step.path, await person.faults()]).toEqual([step.path, []]);
    kinds.add(kind);
    const pairs: (readonly [string, string])[] = step.page.collection ? [['_more', 'no']] : typed(step, journey.answers);
    const missing = await person.answer(pairs, uploads(step, journey));
    if (missing.size > 0 && person.path === url) await person.answer(pairs.filter(([name]) => missing.has(name)));
  }
  return visited;
}

function uploads(step: Step, journey: Journey): Map<string, Upload[]> {
  return new Map(
    step.fields.flatMap((field) => {
      const path = joinPath(step.prefix, field.id);
      const value = journey.answers[path];
      if (!field.type.file || !Array.isArray(value)) return [];
      return [
        [
          path,
          (value as { name: string }[]).map(({ name }) => ({
            name: name.replace(/\.\w+$/, '.pdf'),
            mimeType: 'application/pdf',
            buffer: PDF,
          })),
        ],
      ];
    }),
  );
}
