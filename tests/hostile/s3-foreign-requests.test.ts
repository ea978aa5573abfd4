/** S3: a page of somebody else's makes a browser send a form. All refused, nothing stored. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlainBrowser } from '../portal.ts';
import { logIn } from '../counter/staff.ts';
import { elements, journey, openStage, upToReview, type Stage } from './stage.ts';

let stage: Stage;
let browser: PlainBrowser;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
  browser = new PlainBrowser(stage.portal.port);
  await upToReview(browser, journey('bulky-waste', 'sofa-free'));
  await logIn(stage, browser, 'eisvogel');
}, 60_000);
afterAll(() => stage.close());

const FORM = { body: Buffer.from('_revision=1&livesHere=no'), type: 'application/x-www-form-urlencoded' };
const JSON_BODY = { body: Buffer.from('{"_revision":"1","livesHere":false}'), type: 'application/json' };
/** Headers that the request has instead of what a browser sends; an empty value takes a header away. */
const ATTACKS: [string, { body: Buffer; type: string }, Record<string, string>][] = [
  ['no Origin', FORM, { origin: '' }],
  ['Origin null', FORM, { origin: 'null' }],
  ['a foreign Origin', FORM, { origin: 'https://attack.example' }],
  ['another port of this host', FORM, { origin: 'http://localhost:1' }],
  ['https where it is http', FORM, { origin: 'https://HOST' }],
  ['our name as the beginning of another', FORM, { origin: 'http://HOST.attack.example' }],
  ['another municipality', FORM, { origin: 'http://neudorf.localhost' }],
  ['text/plain', { ...FORM, type: 'text/plain' }, {}],
  ['no content type', { ...FORM, type: '' }, {}],
  ['JSON', JSON_BODY, {}],
  ['JSON from elsewhere', JSON_BODY, { origin: 'https://attack.example' }],
  ['Sec-Fetch-Site cross-site', FORM, { 'sec-fetch-site': 'cross-site' }],
  ['Sec-Fetch-Site same-site', FORM, { 'sec-fetch-site': 'same-site' }],
  ['Sec-Fetch-Site none', FORM, { 'sec-fetch-site': 'none' }],
  ['a form in disguise', { ...FORM, type: 'application/x-www-form-urlencoded, text/plain' }, {}],
  ['multipart from elsewhere', { body: Buffer.from('--b--\r\n'), type: 'multipart/form-data; boundary=b' }, { origin: 'null' }],
];
const ROUTES = [
  '/de/services/bulky-waste',
  '/de/apply/bulky-waste/resident',
  '/de/apply/bulky-waste/check',
  '/de/save/bulky-waste',
  '/de/help/bulky-waste',
  '/de/confirm/bulky-waste',
  '/de/resume',
  '/de/status',
  '/de/keep',
  '/de/end',
  '/de/counter',
  '/de/counter/sheet/00000000-0000-4000-8000-000000000000/person',
  '/de/counter/station',
  '/de/counter/next',
  '/de/counter/logout',
  '/de',
];

it('every writing route refuses every foreign request', async () => {
  const look = async () =>
    (
      await stage.owner.query(
        "select (select count(*) from application) as a, (select max(revision) from application) as r, (select count(*) from audit) as n, (select count(*) from rate_limit) as l, (select count(*) from session) as s, (select string_agg(desk, ' ') from staff_session) as d, (select count(*) from handover) as h",
      )
    ).rows;
  const before = await look();
  let tried = 0;
  for (const path of ROUTES) {
    for (const [name, form, headers] of ATTACKS) {
      const filled = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.replace('HOST', browser.host)]));
      const { 'content-type': type = form.type, ...rest } = filled;
      const answer = await browser.send(path, { ...form, type }, rest);
      expect([path, name, answer.status]).toEqual([path, name, 403]);
      expect(answer.headers['set-cookie'], name).toBeUndefined();
      tried += 1;
    }
  }
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const answer = await browser.send('/de/apply/bulky-waste/resident', FORM, { 'x-http-method-override': method, origin: 'null' });
    expect(answer.status).toBe(403);
  }
  expect(await look()).toEqual(before);
  console.log(`S3: ${tried} foreign requests on ${ROUTES.length} routes, ${tried} refused, nothing stored`);
});

it.each(['de', 'en'])('says what to do in the language %s', async (lang) => {
  const answer = await browser.send('/de/apply/bulky-waste/resident', FORM, { origin: 'null', 'accept-language': lang });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.body).toContain(`<html lang="${lang}">`);
  expect(answer.body.indexOf(`<section lang="${lang}"><h1>`)).toBeGreaterThan(0);
  expect(elements(answer.body).filter((one) => one.tagName === 'section')).toHaveLength(2);
  expect(answer.body).not.toContain('script');
});
