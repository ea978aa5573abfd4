/** P-07: who notices a relative, a colleague or a bar on information hands the application to the lead; nobody else opens it from then on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RECORD, sheetOf, slipIn, START } from '../counter/sheets.ts';
import { logIn } from '../counter/staff.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
}, 90_000);
afterAll(() => stage.close());

async function clerk(user: string): Promise<PlainBrowser> {
  const browser = new PlainBrowser(stage.portal.port);
  await logIn(stage, browser, user);
  return browser;
}

it.each([
  ['de', 'Diesen Antrag öffnet nur die Leitung'],
  ['en', 'Only the team lead opens this application'],
])('by the pages, in the language %s', async (lang, told) => {
  const first = await clerk('amsel');
  const { location } = await first.send(`/${lang}/counter`, START);
  const page = `/${lang}/counter/sheet/${sheetOf(location)}/person`;
  const { body } = await first.visit(page);
  expect(body).toContain('value="restricted"');
  const handed = await first.send(page, [
    ['_revision', hidden(body, '_revision')!],
    ['_purpose', 'restricted'],
    ['_note', 'Schwager'],
    ['do', 'hand-on'],
  ]);
  const { code, pin } = slipIn(handed)!;
  const claim: [string, string][] = [...RECORD, ['code', code], ['factor', pin], ['do', 'claim']];
  for (const user of ['buchfink', 'drossel', 'amsel']) {
    const refused = await (await clerk(user)).send(`/${lang}/counter`, claim);
    expect([user, refused.status]).toEqual([user, 422]);
    expect(refused.body).toContain(told);
    expect(refused.body).not.toContain('Schwager');
  }
  const lead = await clerk('eisvogel');
  const taken = await lead.send(`/${lang}/counter`, claim);
  expect(taken.status).toBe(303);
  expect((await lead.visit(taken.location!)).body).toContain('Schwager');
});
