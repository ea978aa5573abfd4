/** Finishing in a real browser: every page in order with and without scripts and at 200 %, a signature drawn with the mouse, a second screen that follows. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, Person, type Senses } from '../e2e/person.ts';
import { openDesk, type Desk } from '../handover/desk.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import type { PlainBrowser } from '../portal.ts';
import { until } from '../travel.ts';
import { checkOf, clerkAt, clerkOf, filled, keep, referenceOn, reviewForm } from './at-the-desk.ts';

let stage: Stage;
let desk: Desk;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ identity: 'demo' }), openBrowser()]);
  desk = await openDesk(stage);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

/** Names as long as people have them. */
const dog = () =>
  journey('dog-tax', 'one-small-dog', {
    'applicant.familyName': 'Schmidt-Wolfeschlegelsteinhausen von und zu Hohenlohe-Langenburg',
    'applicant.givenNames': 'Maximiliane Friederike Wilhelmine',
  });

async function personAs(plain: PlainBrowser, senses: Senses): Promise<Person> {
  const person = await Person.at(browser, senses);
  await person.bringCookies(stage.portal.url, plain.cookies);
  return person;
}

const SENSES: readonly (readonly [string, Senses, 'de' | 'en'])[] = [
  ['1440 px', { script: true, width: 1440 }, 'de'],
  ['1440 px without scripts', { script: false, width: 1440 }, 'en'],
  ['zoomed to 200 %', { script: true, width: 720, zoom: 2 }, 'de'],
];

describe.each(SENSES)('%s', (name, senses, lang) => {
  it('review, text to read out, second screen, what was handed in', { timeout: 90_000 }, async () => {
    const plain = await clerkAt(stage);
    const application = await filled(stage, desk, plain, dog());
    const person = await personAs(plain, senses);
    const look = async (what: string, path: string) => {
      if (path) await person.visit(stage.portal.url + path);
      keep(`${what}-${name.replace(/\W+/g, '-')}.png`, await person.page.screenshot({ fullPage: true }));
      expect([what, await person.faults()]).toEqual([what, []]);
    };
    await look('start', `/${lang}/counter`);
    await look('screen', `/${lang}/counter/view`);
    await look('read', `/${lang}/counter/read/${application}`);
    const check = checkOf(application).replace('/de/', `/${lang}/`);
    await look('check', check);
    await person.page.check('#how-signature');
    await look('check-signature', '');
    await person.page.click('[data-save]');
    await look('check-refused', '');
    await person.page.check('#how-spoken');
    await look('check-spoken', '');
    const page = await plain.send(check);
    const done = await plain.send(
      check,
      reviewForm(page, dog(), [
        ['_how', 'signature'],
        ['_signer', 'M. Schmidt-Wolfeschlegelsteinhausen'],
      ]),
    );
    const reference = referenceOn(done);
    await look('case', `/${lang}/counter/case/${reference}`);
    const address = `/${lang}/counter`;
    await person.visit(stage.portal.url + address);
    await person.page.fill('#reference', '26-ZZZZZZZ-Z');
    await person.page.click('button[value=open]');
    await look('start-refused', '');
    await plain.send(`/${lang}/counter/next`, []);
    await look('screen-nobody', `/${lang}/counter/view`);
    await person.leave();
  });
});

it('a signature is drawn with the mouse; cleared it is none', { timeout: 60_000 }, async () => {
  const plain = await clerkAt(stage);
  const one = dog();
  const application = await filled(stage, desk, plain, one);
  const person = await personAs(plain, { script: true, width: 1440 });
  const { page } = person;
  await person.visit(stage.portal.url + checkOf(application));
  await page.check('#how-signature');
  for (const box of await page.locator('.sheet-finish input[type=checkbox]').all()) await box.check();
  const pad = page.locator('.confirm__pad');
  await pad.scrollIntoViewIfNeeded();
  const draw = async () => {
    const place = (await pad.boundingBox())!;
    await page.mouse.move(place.x + 20, place.y + 60);
    await page.mouse.down();
    for (let n = 1; n < 24; n += 1) {
      await page.mouse.move(place.x + 20 + n * 12, place.y + 60 + (n % 2 ? 40 : -20), { steps: 3 });
      await page.waitForTimeout(15);
    }
    await page.mouse.up();
  };
  const strokes = () => page.locator('input[name=_strokes]').inputValue();
  await draw();
  expect(await strokes()).toMatch(/^M\d+ \d+(L\d+ \d+)+/);
  await page.click('[data-pad] button');
  expect(await strokes()).toBe('');
  await draw();
  keep('drawn.png', await page.screenshot({ fullPage: true }));
  await page.click('[data-save]');
  await page.waitForLoadState();
  keep('done.png', await page.screenshot({ fullPage: true }));
  const reference = await page.locator('.reference').innerText();
  const got = await until(() => [...stage.backoffice.cases.values()].find((each) => each.reference === reference), 'the application');
  expect((got.handling as { confirmation: { drawing: string } }).confirmation.drawing).toMatch(/^<svg .*<path d="M\d+ \d+L/);
  expect(await person.faults()).toEqual([]);
  const cookie = [...plain.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  for (const paper of ['summary', 'receipt', 'missing']) {
    const answer = await fetch(`${stage.portal.url}/de/counter/case/${reference}/${paper}.pdf`, { headers: { cookie } });
    expect([paper, answer.status]).toEqual([paper, 200]);
    keep(`${paper}.pdf`, Buffer.from(await answer.arrayBuffer()));
  }
  await person.leave();
});

it('the second screen follows what is saved, and is empty for the next person', { timeout: 60_000 }, async () => {
  const plain = await clerkAt(stage);
  const application = await filled(stage, desk, plain, dog());
  const person = await personAs(plain, { script: true, width: 1280 });
  await person.visit(`${stage.portal.url}/de/counter/view`);
  const shows = (text: string) => person.page.getByText(text).first().waitFor({ timeout: 10_000 });
  await shows('Maximiliane');
  const who = await clerkOf(stage, plain);
  await desk.save(who, await desk.open(who, application), { 'applicant.givenNames': 'Blaukehlchen' });
  await shows('Blaukehlchen');
  await plain.send('/de/counter/next', []);
  await shows('Bitte warten Sie');
  expect(await person.page.content()).not.toContain('Blaukehlchen');
  expect(await person.faults()).toEqual([]);
  await person.leave();
});
