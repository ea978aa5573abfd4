/** The sheet in a real browser: nothing that axe or the browser itself complains about, at a desk's size and at 200 %, and work by keyboard alone. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, Person, type Senses } from '../e2e/person.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { fillSections, LIVE, RECORD, sheetOf } from './sheets.ts';
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

/** A clerk at the first sheet of a new application; its address without the section. */
async function begin(senses: Senses, service: string, lang = 'de', filled?: string) {
  const plain = new PlainBrowser(stage.portal.port);
  await logIn(stage, plain, 'amsel');
  const { location } = await plain.send(`/${lang}/counter`, [...RECORD, ['service', service], ['do', 'start']]);
  const application = sheetOf(location);
  if (filled) await fillSections(plain, application, journey(service, filled));
  const person = await Person.at(browser, senses);
  await person.bringCookies(stage.portal.url, plain.cookies);
  /** What is wrong with the page, once its script has taken over. */
  const faults = async () => {
    if (senses.script && (await person.page.locator('[data-live]').count()) > 0)
      await person.page.waitForSelector(LIVE, { state: 'attached' });
    return person.faults();
  };
  return { person, plain, faults, sheet: stage.portal.url + location!.split('/').slice(0, -1).join('/') };
}

const SENSES: readonly (readonly [string, Senses, string])[] = [
  ['1440 px', { script: true, width: 1440 }, 'de'],
  ['1440 px without scripts', { script: false, width: 1440 }, 'en'],
  ['zoomed to 200 %', { script: true, width: 720, zoom: 2 }, 'de'],
];

describe.each(SENSES)('%s', (_, senses, lang) => {
  it.each([
    ['dog-tax'],
    ['resident-parking'],
    ['bulky-waste'],
    ['housing-benefit'],
    ['housing-benefit', 'family-in-rented-flat'],
    ['dog-tax', 'everything-unusual'],
  ])('%s %s: every sheet is in order', { timeout: 120_000 }, async (service: string, filled?: string) => {
    const { person, sheet, faults } = await begin(senses, service, lang, filled);
    const look = async (what: string) => expect([what, await faults()]).toEqual([what, []]);
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
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Alt+Digit0')]);
  await page.waitForLoadState();
  expect(person.path).toMatch(/\/~check$/);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('haush');
  expect(await inDialog(person)).toEqual([]);
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Enter')]);
  await page.waitForLoadState();
  expect(person.path).toMatch(/\/household$/);
  expect(person.complaints).toEqual([]);
  await person.leave();
});

describe.each(SENSES)('%s', (_, senses, lang) => {
  it(
    'the two versions, the slip for a colleague and for the citizen, mistyped and to be brought: in order',
    { timeout: 60_000 },
    async () => {
      const { person, plain, sheet, faults } = await begin(senses, 'dog-tax', lang);
      const { page } = person;
      const look = async (what: string) => expect([what, await faults()]).toEqual([what, []]);
      const go = async (what: () => Promise<unknown>) => {
        await Promise.all([page.waitForEvent('framenavigated'), what()]);
        await page.waitForLoadState();
      };
      const path = `${new URL(sheet).pathname}/person`;
      await person.visit(`${sheet}/person`);
      await page.fill('[name="applicant.familyName"]', 'Haubenmeise-Zaunkönig-Blaukehlchen von und zu Wiedehopf am langen See');
      await page.fill('[name="applicant.birthDate.day"]', '31');
      await page.fill('[name="applicant.birthDate.month"]', '2');
      await page.fill('[name="applicant.birthDate.year"]', '1990');
      await page.fill('[name="applicant.email"]', 'nichts');
      await go(() => page.click('[data-keep]'));
      await look('mistyped');
      await page.click('.sheet-ways summary >> nth=0');
      await page.selectOption('#park', 'applicant.givenNames');
      await page.check('#park-number');
      await page.fill('#park-note', 'Die Person ruft am Freitag mit der langen Nummer aus der Geburtsurkunde noch einmal an');
      await go(() => page.click('button[value="park"]'));
      await page.click('.sheet-ways summary >> nth=0');
      await look('to be brought');
      const revision = hidden((await plain.visit(path)).body, '_revision')!;
      await plain.send(path, [
        ['_revision', revision],
        ['_page', 'name'],
        ['applicant.familyName', 'Pirol'],
      ]);
      await page.fill('[name="applicant.familyName"]', 'Zaunkönig');
      await go(() => page.click('[data-keep]'));
      expect(await page.content()).toContain('Pirol');
      await look('two versions');
      await person.visit(`${sheet}/person`);
      await page.click('.sheet-ways summary >> nth=-1');
      await look('ways out');
      await page.fill('#hand-on-note', 'Bringt die Chipnummer am Freitag');
      await go(() => page.click('button[value="hand-on"]'));
      expect(await page.locator('bdi.reference').count()).toBe(1);
      await look('slip for a colleague');
      await person.visit(`${sheet}/person`);
      expect(person.path).toMatch(/\/counter$/);
      await look('not in hand any more');
      expect(person.complaints).toEqual([]);
      await person.leave();
    },
  );
});

it('what nobody shall read stands behind dots until one is in it, and everything is covered after a minute at rest', async () => {
  const { person, sheet } = await begin({ script: true, width: 1440 }, 'dog-tax', 'de', 'moved-large-mixed-breed');
  const { page } = person;
  await page.clock.install();
  await person.visit(`${sheet}/payment`);
  await page.waitForSelector(LIVE, { state: 'attached' });
  const iban = page.locator('[name="payment.iban"]');
  const dots = () => iban.evaluate((input) => getComputedStyle(input).getPropertyValue('-webkit-text-security'));
  expect(await iban.inputValue()).toMatch(/^DE/);
  expect(await dots()).toBe('disc');
  await iban.focus();
  expect(await dots()).toBe('none');
  expect(await page.locator('[data-sensitive]').count()).toBe(1);
  const covered = () => page.evaluate(() => getComputedStyle(document.querySelector('main')!).filter !== 'none');
  await page.keyboard.press('Tab');
  await page.clock.runFor(59_000);
  expect(await covered()).toBe(false);
  await page.clock.runFor(2_000);
  expect(await covered()).toBe(true);
  await page.keyboard.press('Shift');
  expect(await covered()).toBe(false);
  await page.clock.runFor(61_000);
  await page.mouse.move(200, 300);
  expect(await covered()).toBe(false);
  expect(person.complaints).toEqual([]);
  await person.leave();
});

it('the script that comes late takes nothing away: what was opened, chosen and written stays, and a press counts', async () => {
  const { person, sheet } = await begin({ script: true, width: 1440 }, 'dog-tax');
  const { page } = person;
  let arrive = () => {};
  const late = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(/\/live\/de-[^/]*\.js$/, async (route) => {
    await late;
    await route.continue();
  });
  await person.visit(`${sheet}/person`);
  await page.fill('[name="applicant.familyName"]', 'Zaunkönig');
  await page.click('.sheet-ways summary >> nth=-1');
  await page.fill('#hand-on-note', 'Bringt die Chipnummer am Freitag');
  await page.locator('button[value="hand-on"]').hover();
  await page.mouse.down();
  arrive();
  // time for a script that does not wait
  await page.waitForTimeout(1000);
  expect(await page.locator(LIVE).count()).toBe(0);
  await page.mouse.move(0, 0);
  await page.mouse.up();
  await page.waitForSelector(LIVE, { state: 'attached' });
  expect(await page.inputValue('[name="applicant.familyName"]')).toBe('Zaunkönig');
  expect(await page.inputValue('#hand-on-note')).toBe('Bringt die Chipnummer am Freitag');
  await Promise.all([page.waitForEvent('framenavigated'), page.locator('button[value="hand-on"]').click()]);
  expect(await page.locator('bdi.reference').count()).toBe(1);
  expect(person.complaints).toEqual([]);
  await person.leave();
});
