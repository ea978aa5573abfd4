/**
 * The counter's shell in a real browser: a login with and without scripts, by keyboard, over the provider's pages and back, with no complaint of the
 * browser (its policies are strictest here) and no finding of axe on any page and in any state, in German and English.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../../src/identity-provider/accounts.ts';
import { openBrowser, Person, type Senses } from '../e2e/person.ts';
import { openWorld, type World } from '../portal.ts';

let world: World;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ identity: 'demo' }), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

const WORDS = {
  de: { next: 'Nächste Person', logout: 'Abmelden', again: 'Noch einmal anmelden', role: 'Dafür fehlt Ihnen die Berechtigung' },
  en: { next: 'Next person', logout: 'Log out', again: 'Log in again', role: 'You do not have permission for this' },
} as const;
const MODES: readonly (readonly [string, keyof typeof WORDS, Senses, string])[] = [
  ['without scripts, 360 px', 'de', { script: false, width: 360 }, 'amsel'],
  ['with scripts, 1440 px', 'en', { script: true, width: 1440 }, 'buchfink'],
  ['zoomed to 200 %', 'de', { script: true, width: 640, zoom: 2 }, 'drossel'],
];

async function look(person: Person, what: string): Promise<void> {
  expect([what, await person.faults()]).toEqual([what, []]);
  await person.page.emulateMedia({ forcedColors: 'active' });
  expect([`${what}, forced colours`, await person.layoutFaults()]).toEqual([`${what}, forced colours`, []]);
  await person.page.emulateMedia({ forcedColors: 'none' });
}

/** Types name and password at the provider, where the focus is when the page comes. */
async function type(person: Person, user: string, password: string): Promise<void> {
  await person.page.keyboard.press('Control+A');
  await person.page.keyboard.type(user);
  expect((await person.tab()).name).toBe('password');
  await person.page.keyboard.type(password);
  await Promise.all([person.page.waitForEvent('framenavigated'), person.page.keyboard.press('Enter')]);
  await person.page.waitForLoadState();
}

/** Shows who they are and waits until the portal has them back. */
async function show(person: Person, user: string): Promise<void> {
  await type(person, user, PASSWORD);
  await person.page.waitForURL((url) => url.port === String(world.portal.port) && !/callback|login/.test(url.pathname));
  await person.page.waitForLoadState();
}

describe.each(MODES)('%s', (_, lang, senses, user) => {
  it('in, at a desk, the next person, out, and in again', async () => {
    const words = WORDS[lang];
    const start = `${world.portal.url}/${lang}/counter`;
    const person = await Person.at(browser, senses);
    await person.visit(start);
    expect(new URL(person.page.url()).port).toBe(String(world.identity!.port));
    await look(person, 'the login page');
    await type(person, user, 'nonsense');
    await look(person, 'the login page after a wrong password');
    await show(person, user);
    expect(person.path).toBe(`/${lang}/counter/station`);
    await look(person, 'the choice of the station');
    await person.answer([]);
    await look(person, 'the choice of the station, nothing chosen');
    await person.answer([['station', 'nord/1']]);
    expect(person.path).toBe(`/${lang}/counter`);
    await look(person, 'the start');
    const cookies = await person.page.context().cookies(world.portal.url.replace('http:', 'https:'));
    expect(cookies.find(({ name }) => name === '__Host-staff')).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' });
    await person.page.evaluate(() => localStorage.setItem('left', 'behind'));
    await person.press(words.next);
    expect(person.path).toBe(`/${lang}/counter`);
    expect(await person.page.evaluate(() => localStorage.length)).toBe(0);

    // A link in a page of somebody else's: the Strict cookie stays behind, and the session is found all the same.
    await person.page.route('http://attack.example/', (route) =>
      route.fulfill({ contentType: 'text/html; charset=utf-8', body: `<!doctype html><title>x</title><a href="${start}">Schalter</a>` }),
    );
    const asked: string[] = [];
    person.page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await person.visit('http://attack.example/');
    await person.page.getByRole('link').click();
    await person.page.waitForURL(start);
    expect(asked.filter((path) => path === `/${lang}/counter/login`).length).toBe(2);
    expect(asked.filter((path) => path.includes('interaction'))).toEqual([]);
    expect(person.complaints).toEqual([]);

    await person.press(words.logout);
    await person.page.waitForURL((url) => url.port === String(world.identity!.port));
    await look(person, "the provider's question");
    await person.press(words.logout);
    expect(person.path).toBe(`/${lang}/counter/left`);
    await look(person, 'logged out');
    await person.visit(start);
    expect(person.path).toMatch(/^\/interaction\//);
    await person.leave();
  }, 120_000);

  it('without a role, and a login that fails', async () => {
    const person = await Person.at(browser, senses);
    const words = WORDS[lang];
    await person.visit(`http://neudorf.localhost:${world.portal.port}/${lang}/counter/callback?code=x&state=y`);
    expect(await person.page.getByRole('link', { name: words.again }).count()).toBe(1);
    await look(person, 'a login that failed');
    await person.leave();
    const other = await Person.at(browser, senses);
    // Neudorf has no service telephone and no post room of its own.
    const nobody = user === 'amsel' ? 'drossel' : user;
    await other.visit(`http://neudorf.localhost:${world.portal.port}/${lang}/counter`);
    await show(other, nobody);
    expect(await other.page.locator('h1').innerText()).toBe(words.role);
    await look(other, 'without a role');
    await other.leave();
  }, 120_000);
});

it('citizens load nothing of it', async () => {
  const person = await Person.at(browser, { script: true, width: 1280 });
  const loaded: string[] = [];
  person.page.on('response', async (response) => {
    if (response.url().endsWith('.css')) loaded.push(await response.text());
  });
  await person.visit(`${world.portal.url}/de`);
  await person.page.waitForLoadState('networkidle');
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((css) => css.includes('counter-'))).toEqual([]);
  await person.leave();
});
