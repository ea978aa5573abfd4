/** The sheet in a real browser: nothing that axe or the browser itself complains about, at a desk's size and at 200 %, and work by keyboard alone. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, Person, type Senses } from '../e2e/person.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { PlainBrowser } from '../portal.ts';
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

const FORM: [string, string][] = [
  ['channel', 'counter'],
  ['person', 'self'],
  ['method', 'idCard'],
  ['verified', 'yes'],
  ['mandate', 'yes'],
  ['purpose', 'fill'],
  ['do', 'start'],
];

/** A clerk at the first sheet of a new application; its address without the section. */
async function begin(senses: Senses, service: string, lang = 'de'): Promise<{ person: Person; sheet: string }> {
  const plain = new PlainBrowser(stage.portal.port);
  await logIn(stage, plain, 'amsel');
  const { location } = await plain.send(`/${lang}/counter`, [...FORM, ['service', service]]);
  const person = await Person.at(browser, senses);
  await person.bringCookies(stage.portal.url, plain.cookies);
  return { person, sheet: stage.portal.url + location!.split('/').slice(0, -1).join('/') };
}

const SENSES: readonly (readonly [string, Senses, string])[] = [
  ['1440 px', { script: true, width: 1440 }, 'de'],
  ['1440 px without scripts', { script: false, width: 1440 }, 'en'],
  ['zoomed to 200 %', { script: true, width: 720, zoom: 2 }, 'de'],
];

describe.each(SENSES)('%s', (_, senses, lang) => {
  it.each(['dog-tax', 'resident-parking', 'bulky-waste'])('%s: every sheet is in order', { timeout: 60_000 }, async (service) => {
    const { person, sheet } = await begin(senses, service, lang);
    const look = async (what: string) => expect([what, await person.faults()]).toEqual([what, []]);
    await person.visit(`${stage.portal.url}/${lang}/counter`);
    await look('start');
    await person.visit(`${sheet}/~check`);
    await look('check');
    const hrefs = await person.page.evaluate(() =>
      [...document.querySelectorAll<HTMLAnchorElement>('[data-sections] a')].map((link) => link.href),
    );
    expect(hrefs.length).toBeGreaterThan(3);
    for (const href of hrefs) {
      await person.visit(href);
      await look(href.split('/').at(-1)!);
      const add = person.page.locator('button[value^="add:"]').first();
      if ((await add.count()) > 0) {
        await add.click();
        await person.page.waitForLoadState();
        await look(`${href.split('/').at(-1)} with an entry`);
      }
    }
    expect(person.complaints).toEqual([]);
    await person.leave();
  });
});

/** What is wrong while a dialog is open, which lies over the page on purpose. */
const inDialog = async (person: Person) => (await person.faults()).filter((fault) => !fault.startsWith('over each other'));

it('by keyboard: on with Enter, a date in one go, saved, to a section, the palette, the keys', async () => {
  const { person, sheet } = await begin({ script: true, width: 1440 }, 'dog-tax');
  const { page } = person;
  const value = (name: string) => page.locator(`[name="${name}"]`).inputValue();
  await person.visit(`${sheet}/person`);
  await page.focus('[name="applicant.givenNames"]');
  for (const text of ['Zaunkönig', 'Haubenmeise']) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.type('27031990');
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('applicant.birthDate.year');
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Control+Enter')]);
  await page.waitForLoadState();
  expect(await value('applicant.familyName')).toBe('Haubenmeise');
  expect([await value('applicant.birthDate.day'), await value('applicant.birthDate.month')].map(Number)).toEqual([27, 3]);
  await page.keyboard.press('?');
  expect(await page.locator('#desk-keys').isVisible()).toBe(true);
  expect(await inDialog(person)).toEqual([]);
  await page.keyboard.press('Escape');
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Alt+Digit4')]);
  await page.waitForLoadState();
  expect(person.path).toMatch(/\/animals$/);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('haush');
  expect(await inDialog(person)).toEqual([]);
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Enter')]);
  await page.waitForLoadState();
  expect(person.path).toMatch(/\/household$/);
  expect(person.complaints).toEqual([]);
  await person.leave();
});
