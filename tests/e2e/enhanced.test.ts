/** What the browser script adds, by keyboard. Everything also works without it: see browser.test.ts. */
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PlainBrowser } from '../portal.ts';
import { PDF, run } from '../travel.ts';
import { openBrowser, Person } from './person.ts';
import { journeys, openStage, type Stage } from './stage.ts';

const dogs = journeys.find((one) => one.service === 'dog-tax' && one.name === 'everything-unusual')!;
const pageWith = (type: string) => dogs.walk.steps.find((step) => step.fields.some((field) => field.type.name === type))!.path;

let stage: Stage;
let browser: Browser;
let origin: string;
let cookies: ReadonlyMap<string, string>;
let person: Person;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
  const { port } = stage.world(dogs).portal;
  origin = `http://localhost:${port}`;
  const sender = new PlainBrowser(port);
  await run(sender, dogs, (step) => step.path === 'check');
  cookies = sender.cookies;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});
beforeEach(async () => {
  person = await Person.at(browser, { script: true, width: 1280 });
  page = person.page;
  await person.bringCookies(origin, cookies);
});
afterEach(() => person.leave());

const open = (path: string) => person.visit(`${origin}/de/apply/dog-tax/${path}`);
const focused = () => page.locator(':focus');

describe('the searchable list', () => {
  const list = pageWith('combobox');

  beforeEach(async () => {
    await open(list);
    await person.reach('the list', (focus) => focus.role === 'combobox');
    await page.keyboard.press('Control+A');
  });

  it('finds while typing, without accents and case, and says how many', async () => {
    await page.keyboard.type('DEUTSCHE D');
    const found = page.locator('[role=option]');
    expect(await found.allTextContents()).toEqual(['Deutsche Dogge']);
    expect(await page.locator('.combobox [role=status]').textContent()).toMatch(/1/);
    expect(await focused().getAttribute('aria-expanded')).toBe('true');
    expect(await person.faults()).toEqual([]);
  });

  it('takes the choice with the arrow keys and Enter, which does not send the page', async () => {
    const { path } = person;
    await page.keyboard.type('Deutsche D');
    await page.keyboard.press('ArrowDown');
    expect(await focused().getAttribute('aria-activedescendant')).toBeTruthy();
    await page.keyboard.press('Enter');
    expect(await focused().inputValue()).toBe('Deutsche Dogge');
    expect(await page.locator('select').evaluate((select: HTMLSelectElement) => select.selectedOptions[0]!.text)).toBe('Deutsche Dogge');
    expect(await focused().getAttribute('aria-expanded')).toBe('false');
    expect(person.path).toBe(path);
  });

  it('closes with Escape and keeps what was chosen', async () => {
    const before = await page.locator('select').inputValue();
    await page.keyboard.type('Dog');
    await page.keyboard.press('Escape');
    expect(await focused().getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Tab');
    expect(await page.locator('select').inputValue()).toBe(before);
  });
});

describe('sending', () => {
  it('happens once, when the button is pressed, and never by filling in', async () => {
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await open(pageWith('radios'));
    await person.reach('a choice', (focus) => focus.type === 'radio');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(sent).toEqual([]);
    await person.reach('the button', (focus) => focus.main);
    const arrived = page.waitForEvent('framenavigated');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter').catch(() => undefined);
    await arrived;
    expect(sent).toHaveLength(1);
  });
});

describe('uploads', () => {
  const upload = pageWith('file');
  /** Large enough that sending takes a while on a slow line. */
  const big = {
    name: 'Bescheid.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from(PDF.toString().replace('trailer', `%${'-'.repeat(400_000)}\ntrailer`)),
  };

  beforeEach(async () => {
    await open(upload);
    // One file is there already: make room for the new one.
    while ((await page.locator('button[name=_remove]').count()) > 0) {
      await person.reach('remove', (focus) => focus.name === '_remove');
      await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Enter')]);
      await page.waitForLoadState();
    }
    await person.reach('the file', (focus) => focus.type === 'file');
  });

  it('show how far they are, and lead to the next page', async () => {
    const { path } = person;
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 200_000,
    });
    await focused().setInputFiles(big);
    await person.reach('the button', (focus) => focus.main);
    await page.keyboard.press('Enter');
    await page.locator('progress').waitFor();
    expect(await page.locator('[data-progress] [role=status]').textContent()).toMatch(/\d Prozent/);
    await page.waitForURL((url) => url.pathname !== path);
    expect(person.complaints).toEqual([]);
  });

  it('say when they are refused, with the focus on what is wrong, and go on afterwards', async () => {
    const { path } = person;
    await focused().setInputFiles({ name: 'Bescheid.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ no document') });
    await person.reach('the button', (focus) => focus.main);
    await page.keyboard.press('Enter');
    await page.locator('[data-error-summary]:focus').waitFor();
    expect(await page.title()).toMatch(/^Fehler: /);
    expect(await person.faults()).toEqual([]);
    await person.reach('the file', (focus) => focus.type === 'file');
    await focused().setInputFiles(big);
    await person.reach('the button', (focus) => focus.main);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname !== path);
  });

  it('lose nothing when the connection breaks', async () => {
    await focused().setInputFiles(big);
    await page.context().setOffline(true);
    await person.reach('the button', (focus) => focus.main);
    await page.keyboard.press('Enter');
    await page.locator('[data-progress]', { hasText: 'nicht' }).waitFor();
    await page.context().setOffline(false);
    expect(await page.locator('input[type=file]').evaluate((input: HTMLInputElement) => input.files!.length)).toBe(1);
    const { path } = person;
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname !== path);
  });
});

describe('the time limit', () => {
  it('is announced two minutes before, and Escape asks for more time', async () => {
    await page.clock.install();
    await open('check');
    const { now, ends } = await page.locator('dialog').evaluate((dialog) => ({
      now: Date.parse(dialog.dataset.sessionNow!),
      ends: Date.parse(dialog.dataset.sessionEnds!),
    }));
    await page.clock.fastForward(ends - now - 125_000);
    expect(await page.locator('dialog').isVisible()).toBe(false);
    await page.clock.runFor(10_000);
    expect(await page.locator('dialog').isVisible()).toBe(true);
    expect(await page.locator('dialog :focus').count()).toBe(1);
    expect(await page.locator('dialog [data-announce]').textContent()).toMatch(/2/);
    const kept = page.waitForResponse((response) => response.url().endsWith('/de/keep'));
    await page.keyboard.press('Escape');
    expect((await kept).status()).toBe(204);
    await page.locator('dialog').waitFor({ state: 'hidden' });
    expect(person.complaints).toEqual([]);
  });
});

describe('small things', () => {
  it('an error in the summary leads to its control', async () => {
    await open(pageWith('name'));
    const name = await page.locator('main form input[type=text]').first().getAttribute('name');
    await person.answer([[name!, '']]);
    await person.reach('the error', (focus) => focus.tag === 'a' && focus.href.startsWith('#f-'));
    await page.keyboard.press('Enter');
    expect(await focused().getAttribute('name')).toBe(name);
  });

  it('the list of services filters while typing', async () => {
    await person.visit(`${origin}/de`);
    await person.reach('the search', (focus) => focus.type === 'search');
    await page.keyboard.type('hund');
    const shown = () => page.locator('#services > li:visible').count();
    expect(await shown()).toBe(1);
    expect(await page.locator('[data-found-count]').textContent()).toMatch(/1/);
    await page.keyboard.type('xyz');
    expect([await shown(), await page.locator('[data-none]').isVisible()]).toEqual([0, true]);
  });

  it('the page with the code offers to copy and to print it', async () => {
    await person.visit(`${origin}/de/save/dog-tax`);
    expect(await page.locator('[data-copy], [data-print]').filter({ visible: true }).count()).toBe(2);
  });
});
