/**
 * The dog tax by keyboard alone, from the intake to the reference number on the sheet, and beside it the same journey on the citizens' pages: keys,
 * seconds and pages of both. What is asserted is what the sheet is for: at least three times fewer pages to load. Seconds are printed and no more.
 */
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, Person } from '../e2e/person.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { typed } from '../journeys.ts';
import { PlainBrowser } from '../portal.ts';
import { LIVE } from './sheets.ts';
import { logIn } from './staff.ts';

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ identity: 'demo' }), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const one = journey('dog-tax', 'one-small-dog', { 'applicant.familyName': 'Haubenmeise' });

/** Somebody who has nothing but a keyboard, and counts. */
class Typist {
  keys = 0;
  loads = 0;
  readonly begun = Date.now();
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.loads += 1;
    });
  }

  async press(key: string): Promise<void> {
    this.keys += 1;
    await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    this.keys += text.length;
    await this.page.keyboard.type(text);
  }

  async load(key: string): Promise<void> {
    await Promise.all([this.page.waitForEvent('framenavigated'), this.press(key)]);
    await this.page.waitForLoadState();
    if ((await this.page.locator('[data-live]').count()) > 0) await this.page.waitForSelector(LIVE, { state: 'attached' });
  }

  readonly at = () =>
    this.page.evaluate(() => {
      const it = document.activeElement as HTMLInputElement;
      return {
        tag: it.localName,
        name: it.name ?? '',
        type: it.type ?? '',
        value: it.value ?? '',
        id: it.id,
        main: it.matches('main .kern-btn--primary'),
      };
    });

  /** Fills in the control that has the focus, by the keys that it knows. */
  async enter(text: string, select: string | undefined): Promise<void> {
    const { type, value, name } = await this.at();
    if (type === 'radio') return this.choose(name, text);
    if (type === 'checkbox') return (await this.page.locator(':focus').isChecked()) ? undefined : this.press('Space');
    if (select !== undefined) {
      // a searchable list: the first letters, the arrow, the choice
      await this.type(select.slice(0, 8));
      await this.press('ArrowDown');
      return this.press('Enter');
    }
    if (value !== text) await this.type(text);
  }

  /** Radio buttons: the arrows go round, the first press of the space bar takes the first. */
  async choose(name: string, wanted: string): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const { value } = await this.at();
      if (value === wanted) {
        if (!(await this.page.locator(`[name="${name}"][value="${wanted}"]`).isChecked())) await this.press('Space');
        return;
      }
      await this.press('ArrowDown');
    }
    throw new Error(`${name} has no ${wanted}`);
  }

  report(): { keys: number; seconds: number; loads: number } {
    return { keys: this.keys, seconds: (Date.now() - this.begun) / 1000, loads: this.loads };
  }
}

/** Name of a control -> what to enter; the name behind a searchable list's field is that of its select. */
const answers = new Map(one.walk.steps.flatMap((step) => typed(step, one.answers)));

/** Goes once through what can be reached with Tab, entering what is known, until `stop`. */
async function through(
  typist: Typist,
  done: Set<string>,
  stop: (focus: { main: boolean; name: string; value: string }) => boolean,
): Promise<void> {
  const { page } = typist;
  // a choice from a list leads on by itself
  let ledOn = false;
  for (let n = 0; n < 300; n++) {
    if (!ledOn) await typist.press('Tab');
    const focus = await typist.at();
    if (stop(focus)) return;
    const listed = await page.evaluate(() => {
      const box = document.activeElement?.closest('.combobox');
      const select = box?.parentElement?.querySelector('select');
      return select ? { name: select.name, options: [...select.options].map(({ value, text }) => [value, text] as const) } : null;
    });
    const name = listed?.name ?? focus.name;
    const text = answers.get(name);
    ledOn = false;
    if (text === undefined || done.has(name)) continue;
    done.add(name);
    await typist.enter(text, listed?.options.find(([value]) => value === text)?.[1]);
    ledOn = (await typist.at()).name !== focus.name;
  }
  throw new Error('there is no end to it');
}

/** From the intake to the reference number, on the sheet. */
async function clerk(): Promise<ReturnType<Typist['report']>> {
  const plain = new PlainBrowser(stage.portal.port);
  await logIn(stage, plain, 'amsel');
  const person = await Person.at(browser, { script: true, width: 1440 });
  await person.bringCookies(stage.portal.url, plain.cookies);
  await person.visit(`${stage.portal.url}/de/counter`);
  const typist = new Typist(person.page);
  const { page } = typist;
  const wanted = new Map([
    ['method', 'idCard'],
    ['verified', 'yes'],
    ['service', 'dog-tax'],
  ]);
  for (let n = 0; n < 80; n++) {
    await typist.press('Tab');
    const focus = await typist.at();
    if (focus.value === 'start' && focus.tag === 'button') break;
    if (focus.name === 'mandate') await typist.press('Space');
    const choice = wanted.get(focus.name);
    if (choice === undefined) continue;
    wanted.delete(focus.name);
    await typist.choose(focus.name, choice);
  }
  await typist.load('Enter');
  for (let sheet = 0; sheet < 30 && !page.url().includes('/~check'); sheet++) {
    const done = new Set<string>();
    const empty = await page.locator('button[value^="add:"]').count();
    const entries = await page.locator('.sheet-entry').count();
    // a list that needs an entry gets one first
    const adds = empty > 0 && entries === 0 && page.url().includes('/animals');
    await through(typist, done, ({ main, value }) => (adds ? value.startsWith('add:') : main));
    await typist.load('Enter');
  }
  await through(typist, new Set(), ({ name, main }) => name === '_how' || main);
  await typist.choose('_how', 'spoken');
  await through(typist, new Set(), ({ main }) => main);
  await typist.load('Enter');
  expect(await page.locator('bdi.reference').textContent()).toMatch(/^\d\d-/);
  expect(person.complaints).toEqual([]);
  await person.leave();
  return typist.report();
}

/** The same on the citizens' pages, from the service's page to the receipt. */
async function citizen(): Promise<ReturnType<Typist['report']>> {
  const person = await Person.at(browser, { script: true, width: 1440 });
  await person.visit(`${stage.portal.url}/de/services/dog-tax`);
  const typist = new Typist(person.page);
  const { page } = typist;
  const begins = page.locator('main form .kern-btn--primary');
  for (let n = 0; n < 60 && !(await begins.evaluate((button) => button === document.activeElement)); n++) await typist.press('Tab');
  await typist.load('Enter');
  for (let n = 0; n < 80 && !page.url().includes('/receipt/'); n++) {
    const done = new Set<string>();
    // one dog, and then no other
    const more = page.locator('[name="_more"]');
    if ((await more.count()) > 0) answers.set('_more', (await page.locator('main [href*="/dogs/1/"]').count()) > 0 ? 'no' : 'yes');
    await through(typist, done, ({ main }) => main);
    await typist.load('Enter');
  }
  expect(page.url()).toContain('/receipt/');
  await person.leave();
  return typist.report();
}

it('takes at least three times fewer pages than the citizens have', { timeout: 180_000 }, async () => {
  const sheet = await clerk();
  const pages = await citizen();
  for (const [who, { keys, seconds, loads }] of [
    ['clerk on the sheet', sheet],
    ['citizens’ pages', pages],
  ] as const)
    console.log(`dog tax by keyboard, ${who}: ${keys} keys, ${seconds.toFixed(1)} s, ${loads} pages loaded`);
  expect(pages.loads).toBeGreaterThanOrEqual(3 * sheet.loads);
});
