/**
 * One application in two real browsers: a citizen at a phone and a clerk at a desk, who logs in at the identity provider. From the citizen to the counter and
 * back, and from the counter to the citizen; what the back office receives in the end tells who entered what, and how.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../../src/identity-provider/accounts.ts';
import type { Step } from '../../src/flow/index.ts';
import { openBrowser, Person, type Senses } from '../e2e/person.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { typed } from '../journeys.ts';
import { until } from '../travel.ts';

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
const APPLY = '/de/apply/dog-tax';
const CODE = 'bdi.reference';
const stuckAt = one.walk.steps.find((step) => step.section === 'payment')!;

const PHONES: readonly (readonly [string, Senses])[] = [
  ['without scripts', { script: false, width: 360 }],
  ['with scripts', { script: true, width: 360 }],
];

const at = (path: string) => `${stage.portal.url}${path}`;
const words = ({ page }: Person) => page.locator('main').innerText();

/** Sends the page that is shown, by keyboard. */
async function answer(person: Person, step: Step): Promise<void> {
  const list = /^(.*)\/\d+\/[^/]+$/.exec(step.path)?.[1];
  if (list && person.path === `${APPLY}/${list}`) await person.answer([['_more', 'yes']]);
  expect(person.path).toBe(`${APPLY}/${step.path}`);
  await person.answer(step.page.collection ? [['_more', 'no']] : typed(step, one.answers));
}

/** A clerk at a desk, by the login's own pages. */
async function clerkAt(): Promise<Person> {
  const clerk = await Person.at(browser, { script: true, width: 1440 });
  const { page } = clerk;
  await clerk.visit(at('/de/counter'));
  await page.fill('[name=user]', 'amsel');
  await page.fill('[name=password]', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(({ pathname }) => /^\/de\/counter(\/station)?$/.test(pathname));
  // chosen once a day
  if (clerk.path.endsWith('/station')) {
    await page.check('[name=station][value="rathaus/1"]');
    await page.click('main .kern-btn--primary');
    await page.waitForURL(({ pathname }) => pathname === '/de/counter');
  }
  return clerk;
}

/** The record of who is there and what they ask for, as far as the form asks. */
async function record({ page }: Person): Promise<void> {
  for (const [name, value] of [
    ['channel', 'counter'],
    ['person', 'self'],
    ['method', 'idCard'],
    ['verified', 'yes'],
    ['mandate', 'yes'],
    ['purpose', 'fill'],
  ]) {
    const control = page.locator(`[name="${name}"][value="${value}"]`);
    if ((await control.count()) > 0) await control.first().check();
    else await page.selectOption(`select[name="${name}"]`, value!);
  }
}

/** Presses a button of the page and waits for what it leads to. */
async function press({ page }: Person, button: string): Promise<void> {
  const one = page.locator(button).first();
  await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
  await Promise.all([page.waitForEvent('framenavigated'), one.click()]);
  await page.waitForLoadState();
}

/** What the clerk enters on the sheet that is open. */
async function enter({ page }: Person, steps: readonly Step[]): Promise<void> {
  for (const step of steps)
    for (const [name, value] of typed(step, one.answers)) {
      const control = page.locator(`main [name="${name}"]`);
      const type = await control.first().getAttribute('type');
      if (type === 'radio' || type === 'checkbox') await page.locator(`main [name="${name}"][value="${value}"]`).check();
      else await control.first().fill(value);
    }
}

/** The provenance that arrived, by who entered what. */
async function story(reference: string): Promise<Map<string, string[]>> {
  const cases = () => [...stage.backoffice.cases.values()].filter((each) => each.reference === reference);
  const arrived = await until(() => (cases().length > 0 ? cases() : undefined), 'the application');
  expect(arrived).toHaveLength(1);
  const told = new Map<string, string[]>();
  for (const [path, origin] of Object.entries(arrived[0]!.provenance as Record<string, Record<string, string | undefined>>)) {
    const line = [origin.by, origin.channel, origin.source, origin.actor, origin.confirmedAt && 'confirmed'].filter(Boolean).join(' ');
    told.set(line, [...(told.get(line) ?? []), path]);
  }
  return told;
}

const referenceOf = (person: Person) => person.path.split('/').at(-1)!;
const CITIZEN = 'citizen online typed';
const CLERK = 'clerk counter dictated Anke Amsel confirmed';

describe.each(PHONES)('a phone %s', (name, senses) => {
  it('citizen, stuck, to the counter and back', { timeout: 180_000 }, async () => {
    const citizen = await Person.at(browser, senses);
    await citizen.visit(at('/de/services/dog-tax'));
    await citizen.press('Jetzt beantragen');
    for (const step of one.walk.steps) {
      if (citizen.path === APPLY) await citizen.press(`${APPLY}/${step.path}`);
      if (step === stuckAt) break;
      await answer(citizen, step);
    }
    expect(citizen.path).toBe(`${APPLY}/${stuckAt.path}`);
    await citizen.press('/de/help/dog-tax');
    await press(citizen, 'main .kern-btn--primary');
    const code = await citizen.page.locator(CODE).innerText();

    const clerk = await clerkAt();
    await record(clerk);
    await clerk.page.fill('[name=code]', code.toLowerCase().replaceAll('-', ''));
    await clerk.page.fill('[name=factor]', '27.03.1990');
    await press(clerk, 'button[value=claim]');
    expect(clerk.path).toMatch(/\/counter\/sheet\//);
    await citizen.visit(at(`${APPLY}/${stuckAt.path}`));
    expect(await words(citizen)).toContain('Ihr Antrag wird gerade am Schalter bearbeitet');
    await clerk.visit(clerk.page.url().replace(/[^/]+$/, 'payment'));
    await enter(clerk, [stuckAt]);
    await press(clerk, '[data-save]');
    await clerk.visit(clerk.page.url().replace(/[^/]+$/, 'payment'));
    await press(clerk, 'button[value=give-back]');
    expect(await words(clerk)).toContain('Antrag zurückgegeben');

    await citizen.visit(at('/de/confirm/dog-tax'));
    expect(await words(citizen)).toContain('Anke Amsel');
    await press(citizen, 'main .kern-btn--primary');
    await citizen.visit(at(`${APPLY}/check`));
    await citizen.answer(typed(one.walk.steps.at(-1)!, one.answers));
    expect(citizen.path).toMatch(/\/de\/receipt\//);
    const told = await story(referenceOf(citizen));
    expect([...told.keys()].sort()).toEqual([CITIZEN, CLERK].sort());
    expect(told.get(CLERK)).toEqual(['payment.method']);
    console.log(
      `hand-over, phone ${name}: ${told.get(CITIZEN)!.length} answers by the citizen, then at the counter: ${told.get(CLERK)!.join(', ')}; one application`,
    );
    expect([citizen.complaints, clerk.complaints]).toEqual([[], []]);
    await Promise.all([citizen.leave(), clerk.leave()]);
  });

  it('begun at the counter, finished at home with the slip', { timeout: 180_000 }, async () => {
    const clerk = await clerkAt();
    await record(clerk);
    await clerk.page.check('[name=service][value=dog-tax]');
    await press(clerk, 'button[value=start]');
    const section = one.walk.steps[0]!.section;
    await clerk.visit(clerk.page.url().replace(/[^/]+$/, section));
    const first = one.walk.steps.filter((step) => step.section === section);
    for (const step of first) await enter(clerk, [step]);
    await press(clerk, '[data-save]');
    await clerk.visit(clerk.page.url().replace(/[^/]+$/, section));
    await press(clerk, 'button[value=give-back]');
    const code = await clerk.page.locator(CODE).innerText();
    const pin = /\b\d{4}\b/.exec((await words(clerk)).replace(code, ''))![0];

    const citizen = await Person.at(browser, senses);
    await citizen.visit(at('/de/resume'));
    await citizen.answer([
      ['code', code],
      ['factor', pin],
    ]);
    await citizen.visit(at('/de/confirm/dog-tax'));
    expect(await words(citizen)).toContain('Anke Amsel');
    await press(citizen, 'main .kern-btn--primary');
    for (const step of one.walk.steps.slice(first.length)) {
      if (!citizen.path.startsWith(`${APPLY}/${step.path.split('/')[0]}`)) await citizen.visit(at(`${APPLY}/${step.path}`));
      await answer(citizen, step);
    }
    expect(citizen.path).toMatch(/\/de\/receipt\//);
    const told = await story(referenceOf(citizen));
    expect([...told.keys()].sort()).toEqual([CITIZEN, CLERK].sort());
    expect(told.get(CLERK)!.length).toBe(first.length);
    console.log(
      `hand-over, counter to phone ${name}: ${told.get(CLERK)!.length} answers at the counter, ${told.get(CITIZEN)!.length} at home; one application`,
    );
    expect([citizen.complaints, clerk.complaints]).toEqual([[], []]);
    await Promise.all([citizen.leave(), clerk.leave()]);
  });
});
