/**
 * Every kind of page, in German and English, as people see it who look differently: zoomed to 200 %, in the colours of their system, from right
 * to left, in a narrow window. And what a page weighs.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainBrowser } from '../portal.ts';
import { run } from '../travel.ts';
import { openBrowser, Person } from './person.ts';
import { journeys, openStage, received, type Stage } from './stage.ts';

const long = journeys.find((one) => one.service === 'housing-benefit' && one.name === 'family-in-rented-flat')!;
const stopped = journeys.find((one) => one.document.expect.outcome === 'exit' && one.service === 'dog-tax')!;
const short = journeys.find((one) => one.service === 'resident-parking' && one.name === 'new-own-car')!;

let stage: Stage;
let browser: Browser;
/** Zoomed to 200 % on a screen of 1280 pixels: half the width, twice the pixels. */
let person: Person;
/** A person without any application. */
let stranger: Person;
let origin: string;
let reference: string;

beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
  const { port } = stage.world(long).portal;
  origin = `http://localhost:${port}`;
  [person, stranger] = await Promise.all([
    Person.at(browser, { script: true, width: 640, zoom: 2 }),
    Person.at(browser, { script: true, width: 640, zoom: 2 }),
  ]);
  const sender = new PlainBrowser(port);
  const { last } = await run(sender, short);
  reference = last.path.split('/').at(-1)!;
  await received(stage.world(long), reference);
  await run(sender, stopped);
  await run(sender, long, (step) => step.path === 'check');
  await person.bringCookies(origin, sender.cookies);
}, 180_000);
afterAll(async () => {
  await person?.leave();
  await stranger?.leave();
  await browser?.close();
  await stage?.close();
});

const apply = (page: string) => `apply/${long.service}/${page}`;
const pageOf = (kind: string) => long.walk.steps.find((step) => step.page.kind === kind)!.path;
const uploads = long.walk.steps.filter((step) => step.fields.some((field) => field.type.file)).map((step) => step.path);

/** Name, address below the language, status, and whether the person has an application. */
const PAGES: readonly (readonly [string, () => string, number, boolean])[] = [
  ['list of services', () => '', 200, true],
  ['search', () => '?q=hund', 200, true],
  ['search that finds nothing', () => '?q=xyz', 200, true],
  ...['bulky-waste', 'dog-tax', 'homework-notice', 'housing-benefit', 'resident-parking'].map(
    (id) => [`service ${id}`, () => `services/${id}`, 200, true] as const,
  ),
  ...['imprint', 'privacy', 'accessibility'].map((id) => [id, () => `legal/${id}`, 200, true] as const),
  ['form for the resume code', () => 'resume', 200, true],
  ['form for the status', () => 'status', 200, true],
  ['task list', () => `apply/${long.service}`, 200, true],
  ['information', () => apply(pageOf('info')), 200, true],
  ['list with entries', () => apply(pageOf('collection')), 200, true],
  ...uploads.slice(0, 1).map((path) => ['upload', () => apply(path), 200, true] as const),
  ['review', () => apply('check'), 200, true],
  ['receipt', () => `receipt/${reference}`, 200, true],
  ['status', () => `status/${reference}`, 200, true],
  ['exit', () => `apply/${stopped.service}/${stopped.document.expect.pages.at(-1)}`, 200, true],
  ['saved', () => `save/${long.service}`, 200, true],
  ['end of the session', () => 'end', 200, true],
  ['no session', () => 'end', 200, false],
  ['no such page', () => 'nothing/here', 404, false],
  ['no such service', () => 'services/nothing', 404, false],
  ['no application', () => `apply/${long.service}/check`, 410, false],
];

describe.each(['de', 'en'])('in %s', (lang) => {
  it.each(PAGES)(
    '%s',
    async (_name, path, status, mine) => {
      const who = mine ? person : stranger;
      const answer = await who.visit(`${origin}/${lang}/${path()}`.replace(/\/(\?|$)/, '$1'));
      expect([who.path, answer.status()]).toEqual([`/${lang}/${path()}`.replace(/\/?(\?.*)?$/, ''), status]);
      expect(await who.page.locator('html').getAttribute('lang')).toBe(lang);
      expect(await who.faultsInEveryShape()).toEqual([]);
    },
    60_000,
  );

  it('errors on the forms for code and reference', async () => {
    for (const form of ['resume', 'status']) {
      await stranger.visit(`${origin}/${lang}/${form}`);
      await stranger.answer([]);
      expect(await stranger.page.locator('[data-error-summary]').count()).toBe(1);
      expect(await stranger.faultsInEveryShape()).toEqual([]);
    }
  });

  it('the task list names what comes next, and the pages count the same sections', async () => {
    await person.visit(`${origin}/${lang}/apply/${long.service}`);
    const titles = await person.page.locator('.tasks li').allTextContents();
    const next = (await person.page.locator('main .actions a').first().textContent())!.trim();
    expect(next).toMatch(/: ./);
    expect(titles.at(-1)).toContain(next.slice(next.indexOf(': ') + 2));
    const question = long.walk.steps.find((step) => step.page.kind === 'question' && step.section === long.walk.flow.sections[1]!.id)!;
    await person.visit(`${origin}/${lang}/${apply(question.path)}`);
    const prechecks = long.walk.flow.sections.filter((section) => section.precheck).length;
    expect(await person.page.locator('main').textContent()).toMatch(new RegExp(` 1 (von|of) ${titles.length - prechecks}:`));
  });

  it('the same page answered in two windows', async () => {
    const page = long.walk.steps.find((step) => step.fields.length === 1 && step.fields[0]!.type.name === 'yesno')!;
    const url = `${origin}/${lang}/${apply(page.path)}`;
    const second = await person.page.context().newPage();
    await person.visit(url);
    await second.goto(url);
    await second.locator('main form button[type=submit]').first().press('Enter');
    await second.waitForLoadState();
    await second.close();
    await person.answer([]);
    expect(await person.page.locator('[data-error-summary]').count()).toBe(0);
    expect(await person.faultsInEveryShape()).toEqual([]);
  });
});

describe('the weight of a page', () => {
  const questions = long.walk.steps.filter((step) => step.page.kind === 'question');
  const largest = questions.toSorted((a, b) => b.fields.length - a.fields.length)[0]!;

  it('is below 40 KB with everything it loads on a first visit, fonts apart, and no script holds it up', async () => {
    const cookies = await person.page.context().cookies();
    for (const path of [questions[0]!.path, largest.path, uploads[0]!]) {
      const context = await browser.newContext();
      await context.addCookies(cookies);
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await devtools.send('Network.enable');
      const types = new Map<string, string>();
      let bytes = 0;
      devtools.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
      devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (types.get(requestId) !== 'Font') bytes += encodedDataLength;
      });
      await page.goto(`${origin}/de/${apply(path)}`, { waitUntil: 'networkidle' });
      const blocking = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .filter((entry) => 'renderBlockingStatus' in entry && entry.renderBlockingStatus === 'blocking')
          .map(({ name }) => new URL(name).pathname)
          .filter((name) => !name.endsWith('.css')),
      );
      await context.close();
      expect([path, blocking, bytes]).toEqual([path, [], expect.any(Number)]);
      expect([path, bytes, bytes < 40 * 1024]).toEqual([path, bytes, true]);
      expect([...types.values()].sort()).toContain('Script');
    }
  });
});
