/**
 * The print queue from outside: an application for an office without a web service lies there, the post room opens it with everything that belongs to it,
 * and once it is printed it is delivered. In a real browser its pages have no finding.
 */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journey, openStage, submit, type Stage } from '../hostile/stage.ts';
import { openBrowser, Person } from '../e2e/person.ts';
import { PlainBrowser } from '../portal.ts';
import { logIn } from './staff.ts';

const LONG = 'Amt für Ordnung, Straßenverkehr, Bewohnerparkausweise und Verwaltungszustellungsangelegenheiten der Verwaltungsgemeinschaft';
const PRINTS = '/de/counter/prints';
const MARK = 'Zaunkönig';

let stage: Stage;
let browser: Browser;
let post: PlainBrowser;
beforeAll(async () => {
  const office = { id: 'office', name: LONG, adapter: 'print' };
  [stage, browser] = await Promise.all([
    openStage({ identity: 'demo', destinations: [office], serves: { 'dog-tax': 'office' } }),
    openBrowser(),
  ]);
  post = new PlainBrowser(stage.portal.port);
  await logIn(stage, post, 'drossel', { station: 'rathaus/post' });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

async function laidOut(): Promise<{ reference: string; path: string }> {
  const citizen = new PlainBrowser(stage.portal.port);
  const reference = await submit(citizen, journey('dog-tax', 'one-small-dog', { 'applicant.familyName': MARK }));
  for (const deadline = Date.now() + 15_000; ; await new Promise((wait) => setTimeout(wait, 100))) {
    const { body } = await post.send(PRINTS);
    const path = new RegExp(`href="(${PRINTS}/[0-9a-f-]{36})"[^<]*<bdi dir="ltr">${reference}`).exec(body)?.[1];
    if (path) return { reference, path };
    if (Date.now() > deadline) throw new Error('it does not lie in the queue');
  }
}

const stateOf = async (path: string) =>
  (await stage.owner.query<{ state: string }>(`select state from delivery where id = $1`, [path.split('/').at(-1)])).rows[0]!.state;
const lastLogged = async () =>
  (await stage.owner.query<{ action: string; actor_name: string }>(`select action, actor_name from access_log order by n desc limit 1`))
    .rows[0];

describe('a print', () => {
  it('is listed without a name, opened with a row in the log, and delivered once it is printed', async () => {
    const { reference, path } = await laidOut();
    const list = await post.send(PRINTS);
    const page = await post.send(path);
    for (const { body } of [list, page]) expect(body).not.toContain(MARK);
    expect(await lastLogged()).toEqual({ action: 'print-open', actor_name: 'Derya Drossel' });
    const pdf = await post.send(`${path}/application.pdf`);
    expect(pdf.headers['content-type']).toBe('application/pdf');
    expect(pdf.headers['content-disposition']).toBe(`inline; filename="${reference}.pdf"`);
    expect(pdf.body.startsWith('%PDF-')).toBe(true);
    expect((await post.send(`${path}/00000000-0000-0000-0000-000000000000`)).status).toBe(404);
    expect((await post.send(path, [['do', 'nonsense']])).status).toBe(422);
    expect(await stateOf(path)).toBe('waiting');
    expect((await post.send(path, [['do', 'printed']])).body).toContain(`${reference} ist gedruckt`);
    expect(await stateOf(path)).toBe('delivered');
    expect(await lastLogged()).toMatchObject({ action: 'print-done' });
    for (const gone of [path, `${path}/application.pdf`]) expect((await post.send(gone)).status).toBe(404);
    expect((await post.send(path, [['do', 'printed']])).status).toBe(404);
    const { rows } = await stage.owner.query(
      `select a.lifecycle from application a join submission s on s.application_id = a.id where s.reference = $1`,
      [reference],
    );
    expect(rows).toEqual([{ lifecycle: 'forwarded' }]);
  });

  it('is for the post room: not for the counter, and not for who looks after deliveries', async () => {
    const { path } = await laidOut();
    for (const [user, station, to] of [
      ['amsel', 'rathaus/1', '/de/counter'],
      ['falke', '', '/de/admin/deliveries'],
    ] as const) {
      const other = new PlainBrowser(stage.portal.port);
      await logIn(stage, other, user, { to, station });
      for (const page of [PRINTS, path, `${path}/application.pdf`]) expect([page, (await other.send(page)).status]).toEqual([page, 403]);
      expect((await other.send(path, [['do', 'printed']])).status).toBe(403);
    }
    expect(await stateOf(path)).toBe('waiting');
  });

  it('is on the desk of deliveries as a media break, and counts', async () => {
    await laidOut();
    const desk = new PlainBrowser(stage.portal.port);
    await logIn(stage, desk, 'falke', { to: '/de/admin/deliveries', station: '' });
    const { body } = await desk.send('/de/admin/deliveries');
    expect(body).toMatch(/Papier(<!--.*?-->)*, Medienbruch/);
    expect(body).toContain('Es ist nichts verloren gegangen');
  });
});

describe.each([
  ['de', 1440],
  ['en', 360],
] as const)('%s, %i px', (lang, width) => {
  it('has no findings', { timeout: 120_000 }, async () => {
    const { path } = await laidOut();
    const person = await Person.at(browser, { script: width === 1440, width, lang });
    await person.bringCookies(stage.portal.url, post.cookies);
    const look = async (what: string) => expect([what, await person.faults()]).toEqual([what, []]);
    await person.visit(`${stage.portal.url}/${lang}/counter/prints`);
    await look('the queue');
    await person.visit(stage.portal.url + path.replace('/de/', `/${lang}/`));
    await look('a print');
    await person.press(lang === 'de' ? 'Gedruckt und auf dem Weg' : 'Printed and on its way');
    await look('a print that is done');
    await stage.owner.query(`update delivery set state = 'delivered', delivered_at = now() where state = 'waiting'`);
    await person.visit(`${stage.portal.url}/${lang}/counter/prints`);
    await look('nothing to print');
    expect(person.complaints).toEqual([]);
    await person.leave();
  });
});
