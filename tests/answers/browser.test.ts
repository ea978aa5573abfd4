/**
 * The answer's pages in a real browser: by keyboard, wide with scripts and narrow without, German and English, with a long question, errors, files that
 * lie ready, and what was sent. No finding of axe, nothing that scrolls sideways. `SCHALTER_PICTURES` names a folder for pictures of every page.
 */
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logIn } from '../counter/staff.ts';
import { openBrowser, Person } from '../e2e/person.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { PlainBrowser } from '../portal.ts';
import { PDF, until } from '../travel.ts';
import { applicant, ask, caseOf } from './asked.ts';

const LONG = `Bitte reichen Sie die Wohnungsgeberbestätigung und die Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung nach.\n\n${'Außerdem brauchen wir ein Foto. '.repeat(20)}\nhttps://www.example.org/${'sehr-lange-adresse-'.repeat(6)}`;
const PDF_FILE = {
  name: 'Wohnungsgeberbestätigung-mit-einem-sehr-langen-Dateinamen-der-umbrochen-werden-muss.pdf',
  mimeType: 'application/pdf',
  buffer: PDF,
};
const BAD_FILE = { name: 'Programm.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') };

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ identity: 'demo' }), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const pictures = process.env.SCHALTER_PICTURES;
async function look(person: Person, what: string): Promise<void> {
  if (pictures) await person.page.screenshot({ path: join(pictures, `${person.senses.width}-${what}.png`), fullPage: true });
  expect([what, await person.faultsInEveryShape()]).toEqual([what, []]);
}

async function asked() {
  const citizen = await applicant(stage);
  const about = await caseOf(stage, citizen);
  await ask(stage, about, LONG);
  return { citizen, about };
}

it.each([
  ['with scripts, 1280 px', { script: true, width: 1280 }],
  ['without scripts, 360 px', { script: false, width: 360 }],
])('%s: from the question to what was sent', { timeout: 120_000 }, async (_name, senses) => {
  const { citizen, about } = await asked();
  const person = await Person.at(browser, senses);
  try {
    await person.bringCookies(stage.portal.url, citizen.browser.cookies);
    await person.visit(`${stage.portal.url}${citizen.page}`);
    await look(person, 'status');
    await person.reach('the way to the answer', (focus) => focus.tag === 'a' && focus.text.includes('Frage beantworten'));
    await person.page.keyboard.press('Enter');
    await person.page.waitForURL(`**${citizen.answer}`);
    await look(person, 'question');
    await person.visit(`${stage.portal.url}${citizen.answer.replace('/de/', '/en/')}`);
    await look(person, 'question-en');
    await person.visit(`${stage.portal.url}${citizen.answer}`);

    // sent empty: the error is said and leads to the control
    await person.reach('the button', (focus) => focus.tag === 'button' && focus.text.includes('Antwort absenden'));
    await person.page.keyboard.press('Enter');
    await person.page.waitForSelector('[data-error-summary]');
    expect(await person.page.title()).toMatch(/^Fehler: /);
    await look(person, 'empty');

    // a wrong file beside a right one: text and right file are kept
    await person.reach('the text', (focus) => focus.tag === 'textarea');
    await person.page.keyboard.type('Das Foto liegt bei.');
    await person.page.setInputFiles('input[type=file]', [PDF_FILE, BAD_FILE]);
    await person.reach('the button', (focus) => focus.tag === 'button' && focus.text.includes('Antwort absenden'));
    await person.page.keyboard.press('Enter');
    await person.page.waitForSelector('button[name=_remove]');
    expect(await person.page.inputValue('textarea')).toBe('Das Foto liegt bei.');
    await look(person, 'wrong-file');

    await person.reach('the button', (focus) => focus.tag === 'button' && focus.text.includes('Antwort absenden'));
    await person.page.keyboard.press('Enter');
    await person.page.waitForSelector('.panel');
    await look(person, 'sent');
    const answer = await until(() => about.answers[0], 'the answer');
    expect([answer.text, answer.attachments.map(({ name }) => name)]).toEqual(['Das Foto liegt bei.', [PDF_FILE.name]]);
    await person.page.reload();
    await person.visit(`${stage.portal.url}${citizen.page}`);
    await look(person, 'status-after');
  } finally {
    await person.leave();
  }
});

it('whose hour is over, and who comes too late', { timeout: 120_000 }, async () => {
  const { citizen } = await asked();
  const person = await Person.at(browser, { script: false, width: 360 });
  try {
    await person.bringCookies(stage.portal.url, citizen.browser.cookies);
    await person.visit(`${stage.portal.url}${citizen.answer}`);
    await person.page.fill('textarea', 'Ein langer Text');
    await person.page.context().clearCookies();
    await person.page.click('button[type=submit]:has-text("Antwort absenden")');
    await person.page.waitForSelector('#factor');
    await look(person, 'locked');
  } finally {
    await person.leave();
  }
});

it.each(['de', 'en'])('at the counter, %s', { timeout: 120_000 }, async (lang) => {
  const { citizen, about } = await asked();
  const clerk = new PlainBrowser(stage.portal.port);
  await logIn(stage, clerk, 'eisvogel');
  const person = await Person.at(browser, { script: true, width: 1440 });
  const picture = async (what: string) => {
    if (pictures) await person.page.screenshot({ path: join(pictures, `counter-${lang}-${what}.png`), fullPage: true });
    expect([what, await person.faults()]).toEqual([what, []]);
  };
  try {
    await person.bringCookies(stage.portal.url, clerk.cookies);
    const address = `${stage.portal.url}/${lang}/counter/answer?reference=${citizen.reference}`;
    await person.visit(address);
    await picture('open');
    await person.page.click('main button[type=submit]');
    await person.page.waitForSelector('[data-error-summary]');
    await picture('refused');
    await person.page.fill('#factor', citizen.pin);
    await person.page.click('main button[type=submit]');
    await person.page.waitForSelector('textarea');
    await picture('question');
    await person.page.setInputFiles('input[type=file]', [PDF_FILE, BAD_FILE]);
    await person.page.fill('textarea', 'Die Person sagt: 90 cm');
    await person.page.click('.actions button[type=submit]');
    await person.page.waitForSelector('button[name=_remove]');
    await picture('errors');
    await person.page.click('.actions button[type=submit]');
    await person.page.waitForSelector('.panel');
    await picture('sent');
    await until(() => about.answers[0], 'the answer');
  } finally {
    await person.leave();
  }
});
