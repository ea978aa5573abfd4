/** The slip by e-mail: the code and where it goes, once, to who is named; and what the clerk is told when it does not go. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openPostOffice, type PostOffice } from '../../src/server/mail/smtp.fixture.ts';
import { sheetOf, slipIn, START } from '../counter/sheets.ts';
import { logIn } from '../counter/staff.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';

const TO = 'kim.muster@example.org';

let post: PostOffice;
let stage: Stage;
beforeAll(async () => {
  post = await openPostOffice();
  const mail = { server: `smtp://127.0.0.1:${post.port}`, allowPlain: true, allowPrivate: true, from: 'portal@musterstadt.example' };
  stage = await openStage({ identity: 'demo', mail });
}, 90_000);
afterAll(() => stage.close());
beforeEach(() => {
  post.letters.length = 0;
  post.react({});
});

/** A clerk who has just begun an application for somebody. */
async function begin(lang = 'de') {
  const browser = new PlainBrowser(stage.portal.port);
  await logIn(stage, browser, 'amsel');
  const { location } = await browser.send(`/${lang}/counter`, START);
  const page = `/${lang}/counter/sheet/${sheetOf(location)}/person`;
  const { body } = await browser.visit(page);
  const giveBack = (to: string) =>
    browser.send(page, [
      ['_revision', hidden(body, '_revision')!],
      ['_mailTo', to],
      ['do', 'give-back'],
    ]);
  return { browser, body, page, giveBack };
}

it.each([
  ['de', 'Ihr Antrag: Stadt Musterstadt', 'Guten Tag'],
  ['en', 'Your application: Stadt Musterstadt', 'Hello'],
])('goes out in the language %s: the code and the page, neither the second factor nor the service', async (lang, subject, greeting) => {
  const { giveBack } = await begin(lang);
  const done = await giveBack(` ${TO} `);
  expect(done.status).toBe(200);
  const { code, pin } = slipIn(done)!;
  expect(done.body).toContain(TO);
  expect(post.letters).toHaveLength(1);
  const [letter] = post.letters;
  expect([letter!.from, letter!.to]).toEqual(['portal@musterstadt.example', [TO]]);
  const text = letter!.text.replaceAll('=\r\n', '');
  for (const part of [code, `/${lang}/resume`, greeting, `Subject: ${subject}`]) expect(text).toContain(part);
  expect(text).not.toMatch(new RegExp(`\\b${pin}\\b`));
  expect(text).not.toMatch(/hund|dog/i);
  // the code opens it, with the number that was told
  const citizen = new PlainBrowser(stage.portal.port);
  const opened = await citizen.send(`/${lang}/resume`, [
    ['code', code],
    ['factor', pin],
  ]);
  expect(opened.status).toBe(303);
  expect(stage.portal.output()).not.toContain(TO);
});

it('without an address no mail goes out', async () => {
  const { body, giveBack } = await begin();
  expect(body).toContain('name="_mailTo"');
  const done = await giveBack('');
  expect(slipIn(done)).toBeDefined();
  expect(done.body).not.toContain('role="status"');
  expect(post.letters).toEqual([]);
});

it.each(['kim', 'kim@', 'a@example.org, b@example.org', 'kim@example.org\r\nBcc: b@example.org', 'kim@exämple.org'])(
  'what is no address (%j) is said at the field, and nothing is given back',
  async (typed) => {
    const { browser, page, giveBack } = await begin();
    const refused = await giveBack(typed);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain('id="mail-to-error"');
    expect(slipIn(refused)).toBeUndefined();
    expect((await browser.visit(page)).status).toBe(200);
    expect(post.letters).toEqual([]);
  },
);

it('where the mail does not go out the slip is there, and the clerk is told', async () => {
  post.react({ RCPT: '550 no such user' });
  const { giveBack } = await begin();
  const done = await giveBack(TO);
  expect(done.status).toBe(200);
  expect(slipIn(done)).toBeDefined();
  expect(done.body).toContain('Die E-Mail konnte nicht versendet werden');
  expect(stage.portal.output()).toContain('slip_mail_failed');
  expect(stage.portal.output()).not.toContain(TO);
});
