/**
 * The deliveries desk from outside: what the demo back office refuses or swallows is seen there, and people decide about it, without scripts. In a real
 * browser no page of it has a finding, in German and English, wide and narrow, empty, with errors and with long names.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journey, openStage, submit, type Stage } from '../hostile/stage.ts';
import { openBrowser, Person } from '../e2e/person.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { logIn } from './staff.ts';

const LONG = 'Amt für Ordnung, Straßenverkehr, Bewohnerparkausweise und Verwaltungszustellungsangelegenheiten der Verwaltungsgemeinschaft';
const archive = {
  id: 'archive',
  name: LONG,
  adapter: 'http-json',
  url: 'http://127.0.0.1:9/submissions',
  secrets: ['env:DEMO_BACKOFFICE_SECRET'],
  allowHttp: true,
  allowPrivate: true,
};
const DESK = '/de/admin/deliveries';
const MARK = 'Zaunkönig';

let stage: Stage;
let browser: Browser;
let falke: PlainBrowser;
let gimpel: PlainBrowser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ identity: 'demo', destinations: [archive] }), openBrowser()]);
  [falke, gimpel] = [new PlainBrowser(stage.portal.port), new PlainBrowser(stage.portal.port)];
  await logIn(stage, falke, 'falke', { to: DESK, station: '' });
  await logIn(stage, gimpel, 'gimpel', { to: DESK, station: '' });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const fault = (kind: string, times = 1) =>
  fetch(`http://127.0.0.1:${stage.backoffice.port}/faults`, { method: 'POST', body: JSON.stringify({ kind, times }) });

async function until(path: string, what: RegExp): Promise<string> {
  for (const deadline = Date.now() + 15_000; ; await new Promise((wait) => setTimeout(wait, 100))) {
    const { body } = await falke.send(path);
    if (what.test(body)) return body;
    if (Date.now() > deadline) throw new Error(`${path} does not show ${what}`);
  }
}

/** An application that the back office refuses; gives the path of its delivery. */
async function refused(): Promise<{ reference: string; path: string }> {
  await fault('reject');
  const citizen = new PlainBrowser(stage.portal.port);
  const reference = await submit(citizen, journey('dog-tax', 'one-small-dog', { 'applicant.familyName': MARK }));
  const list = await until(`${DESK}/demo?state=parked`, new RegExp(reference));
  const path = new RegExp(`href="(${DESK}/demo/[0-9a-f-]{36})"[^<]*<bdi dir="ltr">${reference}`).exec(list)![1]!;
  return { reference, path };
}

const arrived = (key: RegExp) => [...stage.backoffice.cases.keys()].filter((one) => key.test(one));

describe('without scripts', () => {
  it('a refusal is read, sent again and arrives; no page shows an answer', async () => {
    const { path, reference } = await refused();
    const overview = await falke.send(DESK);
    expect(overview.body).toContain('Es ist nichts verloren gegangen');
    const before = await falke.send(path);
    expect(before.body).toContain('Der Empfänger antwortete mit 422');
    expect(before.body).not.toContain('Straße fehlt im Verzeichnis');
    const words = await falke.send(path, [['do', 'words']]);
    expect(words.body).toContain('Straße fehlt im Verzeichnis');
    for (const { body } of [overview, before, words]) expect(body).not.toContain(MARK);
    const { rows } = await stage.owner.query(`select action, actor_name from access_log order by n desc limit 1`);
    expect(rows).toEqual([{ action: 'read-words', actor_name: 'Frieda Falke' }]);
    expect((await falke.send(path, [['do', 'again']])).body).toContain('wird noch einmal gesendet');
    expect((await falke.send(path, [['do', 'again']])).status).toBe(409);
    await until(path, /Zugestellt/);
    expect(JSON.stringify([...stage.backoffice.cases.values()])).toContain(reference);
  });

  it('all of a destination', async () => {
    const both = [await refused(), await refused()];
    await until(`${DESK}/demo`, /Alle 2 angehaltenen Zustellungen noch einmal senden/);
    expect((await falke.send(`${DESK}/demo`, [['do', 'again-all']])).body).toContain('2 Zustellungen werden noch einmal gesendet');
    await until(`${DESK}/demo?state=parked`, /Hier liegt nichts/);
    // the next refusal is not for them
    for (const { path } of both) await until(path, /Zugestellt/);
  });

  it('another destination takes a second person', async () => {
    const { path } = await refused();
    const wish: [string, string][] = [
      ['do', 'propose'],
      ['target', 'archive'],
      ['reason', 'refused'],
    ];
    expect((await falke.send(path, [['do', 'propose']])).status).toBe(422);
    expect((await falke.send(path, wish)).body).toContain('Jetzt muss eine zweite Person bestätigen');
    const page = await falke.send(path);
    expect(page.body).not.toContain('value="confirm"');
    const confirm = (body: string): [string, string][] => [
      ['do', 'confirm'],
      ['redirection', hidden(body, 'redirection')!],
    ];
    expect((await falke.send(path, confirm(page.body))).status).toBe(422);
    expect((await gimpel.send(DESK)).body).toContain('Warten auf eine zweite Person');
    const second = await gimpel.send(path);
    expect((await gimpel.send(path, confirm(second.body))).body).toContain('geht an den neuen Empfänger');
    const overview = await until(DESK, /Amt für Ordnung/);
    expect(overview).toContain('Es ist nichts verloren gegangen');
    await until(`${DESK}/archive?state=queued`, /nimmt keine Verbindung an/);
    expect(arrived(/:archive$/)).toEqual([]);
    // what `deliver status` and the metrics say is what the page says
    const metrics = await (await fetch(`http://127.0.0.1:${stage.portal.port}/metrics`)).text();
    expect(metrics).toMatch(/schalter_deliveries\{municipality="musterstadt",destination="archive",state="submitted"\} 1/);
  });

  it('is for its role alone, and its role opens nothing else', async () => {
    const { path } = await refused();
    const lead = new PlainBrowser(stage.portal.port);
    await logIn(stage, lead, 'eisvogel');
    for (const page of [DESK, `${DESK}/demo`, path]) {
      expect((await lead.send(page)).status, page).toBe(403);
      expect((await lead.send(page, [['do', 'again']])).status, page).toBe(page === DESK ? 405 : 403);
      expect((await new PlainBrowser(stage.portal.port).send(page)).status, page).toBe(303);
    }
    expect((await falke.send('/de/counter')).location).toBe(DESK);
    expect((await falke.send('/de/counter/station')).status).toBe(403);
    expect((await falke.send('/admin/deliveries')).location).toBe(DESK);
    for (const nonsense of [`${DESK}/nowhere`, `${DESK}/demo/x`, path.replace('/demo/', '/archive/')])
      expect((await falke.send(nonsense)).status, nonsense).toBe(404);
  });
});

describe.each([
  ['de', 1440],
  ['en', 1440],
  ['de', 360],
  ['en', 360],
] as const)('%s, %i px', (lang, width) => {
  it('has no findings', { timeout: 120_000 }, async () => {
    const { path } = await refused();
    const desk = DESK.replace('de', lang);
    const person = await Person.at(browser, { script: width === 1440, width, lang });
    await person.bringCookies(stage.portal.url, falke.cookies);
    const look = async (what: string) => expect([what, await person.faults()]).toEqual([what, []]);
    await person.visit(stage.portal.url + desk);
    await look('the overview');
    await person.visit(`${stage.portal.url}${desk}/demo`);
    await look('a destination');
    await person.visit(`${stage.portal.url}${desk}/archive?state=queued`);
    await look('a destination that is away');
    await person.visit(`${stage.portal.url}${desk}/archive?state=unknown`);
    await look('nothing there');
    await person.visit(stage.portal.url + path.replace('/de/', `/${lang}/`));
    await look('a delivery');
    await person.press(lang === 'de' ? 'Worte zeigen' : 'Show the words');
    await look('a delivery with its words');
    await person.press(lang === 'de' ? 'Vorschlagen' : 'Propose');
    await look('a proposal');
    expect(person.complaints).toEqual([]);
    await person.leave();
  });
});
