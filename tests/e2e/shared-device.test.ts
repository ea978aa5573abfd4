/** A computer in the library: a person ends the session by keyboard, and the next one presses "back". With and without scripts. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { journey, openStage, upToReview, type Stage } from '../hostile/stage.ts';
import { PlainBrowser } from '../portal.ts';
import { openBrowser, Person } from './person.ts';

const MARK = 'Rohrdommel';
let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage(), openBrowser()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it.each([true, false])('nothing comes back after the end of the session (scripts: %s)', { timeout: 60_000 }, async (script) => {
  const origin = `http://localhost:${stage.portal.port}`;
  const sender = new PlainBrowser(stage.portal.port);
  await upToReview(sender, journey('resident-parking', 'new-own-car', { 'applicant.familyName': MARK }));
  const person = await Person.at(browser, { script, width: 360 });
  try {
    await person.bringCookies(origin, sender.cookies);
    const pages = ['apply/resident-parking/check', 'apply/resident-parking/name'];
    for (const page of pages) {
      await person.visit(`${origin}/de/${page}`);
      expect(await person.page.content()).toContain(MARK);
    }
    await person.press('/de/end');
    expect(await person.faultsInEveryShape()).toEqual([]);
    await person.press('Sitzung jetzt beenden');
    expect([person.path, await person.page.locator('h1').textContent()]).toEqual(['/de/end', 'Die Sitzung auf diesem Gerät ist beendet']);
    expect(await person.faultsInEveryShape()).toEqual([]);
    expect(await person.page.context().cookies()).toEqual([]);
    const seen: string[] = [];
    for (let back = 0; back <= pages.length; back++) {
      await person.page.goBack();
      seen.push(person.path);
      expect(await person.page.content()).not.toContain(MARK);
    }
    expect(seen).toEqual(expect.arrayContaining(pages.map((page) => `/de/${page}`)));
  } finally {
    await person.leave();
  }
});
