/** A login end to end by plain HTTP, against the demo's own provider: there, at a desk, the next person, and out again. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { logIn, onward, pathOf, showWho } from './staff.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
}, 60_000);
afterAll(() => stage?.close());

const browser = (host?: string) => new PlainBrowser(stage.portal.port, host);
const provider = () => new PlainBrowser(stage.identity!.port, '127.0.0.1');
const audit = async (actor: string) =>
  (await stage.owner.query(`select action, subject, detail from audit where actor = $1 order by id`, [actor])).rows;

it('leads to the login, back to where one wanted to go, and asks for the desk once', async () => {
  const clerk = browser();
  expect((await clerk.send('/counter', undefined, { 'accept-language': 'en' })).location).toBe('/en/counter');
  const sent = await clerk.send('/en/counter');
  expect([sent.status, sent.location]).toEqual([303, '/en/counter/login?to=%2Fen%2Fcounter']);
  const login = await clerk.send(sent.location!);
  const there = new URL(login.location!);
  expect(there.origin).toBe(`http://127.0.0.1:${stage.identity!.port}`);
  expect(Object.fromEntries(there.searchParams)).toMatchObject({
    response_type: 'code',
    client_id: 'musterstadt',
    code_challenge_method: 'S256',
    redirect_uri: `http://localhost:${stage.portal.port}/de/counter/callback`,
    prompt: 'login',
    ui_locales: 'en',
  });
  const back = new URL(await showWho(provider(), login.location!, 'amsel'));
  expect(back.origin).toBe(`http://localhost:${stage.portal.port}`);
  const done = await clerk.send(back.pathname + back.search);
  expect(done.body).toContain('<html lang="en"');
  expect(onward(done)).toBe('/en/counter');
  const asked = await clerk.visit('/en/counter');
  expect(asked.path).toBe('/en/counter/station?to=%2Fen%2Fcounter');
  const none = await clerk.send(asked.path, [['to', '/en/counter']]);
  expect(none.status).toBe(422);
  expect(none.body).toContain('Choose your workplace.');
  const elsewhere = await clerk.send('/en/counter/station', [['station', 'gemeindebuero/1']]);
  expect(elsewhere.status).toBe(422);
  const chosen = await clerk.send('/en/counter/station', [
    ['station', 'nord/2'],
    ['to', hidden(asked.body, 'to')!],
  ]);
  expect([chosen.status, chosen.location]).toEqual([303, '/en/counter']);
  const start = await clerk.visit('/en/counter');
  expect(start.path).toBe('/en/counter');
  for (const text of ['Anke Amsel', 'Bürgerbüro Nord, Platz 2', 'Who is there?']) expect(start.body).toContain(text);
  expect(start.headers['cache-control']).toBe('no-store');
  expect(start.body).toContain('<meta name="robots" content="noindex"');
  expect(await audit('staff:amsel')).toEqual([
    { action: 'login', subject: 'amsel', detail: { roles: ['counter'] } },
    { action: 'station', subject: 'amsel', detail: { site: 'nord', desk: '2' } },
  ]);
});

it('the next person: the browser forgets, the clerk stays', async () => {
  const clerk = browser();
  await logIn(stage, clerk, 'buchfink', { station: 'telefon/a' });
  const next = await clerk.send('/de/counter/next', []);
  expect([next.status, next.location, next.headers['clear-site-data']]).toEqual([303, '/de/counter', '"cache", "storage"']);
  expect((await clerk.visit('/de/counter')).body).toContain('Servicetelefon, Platz A');
});

it('out: here at once, at the provider when asked, and the page after it in the same language', async () => {
  const clerk = browser();
  const there = provider();
  const login = await clerk.send('/en/counter/login');
  await clerk.send(pathOf(await showWho(there, login.location!, 'drossel')));
  const out = await clerk.send('/en/counter/logout', []);
  expect([out.status, out.headers['clear-site-data']]).toEqual([200, '"cache", "storage"']);
  const end = new URL(onward(out));
  expect(end.origin).toBe(`http://127.0.0.1:${stage.identity!.port}`);
  const ask = await there.send(end.pathname + end.search);
  expect(ask.body).toContain('Log out');
  const left = await there.send(pathOf(/action="([^"]+)"/.exec(ask.body)![1]!), [
    ['xsrf', hidden(ask.body, 'xsrf')!],
    ['logout', 'yes'],
  ]);
  const page = await clerk.visit(pathOf(left.location!));
  expect([page.path, page.status]).toEqual(['/en/counter/left', 200]);
  expect(page.body).toContain('You are logged out');
  expect((await clerk.send('/en/counter')).location).toContain('/counter/login');
});

describe('without the role', () => {
  it('says what to do, and it is written down', async () => {
    const clerk = browser('neudorf.localhost');
    const refused = await logIn(stage, clerk, 'drossel', { station: '' });
    expect(refused.status).toBe(403);
    for (const text of [
      'Dafür fehlt Ihnen die Berechtigung',
      'Wenden Sie sich an die Teamleitung',
      'Derya Drossel',
      'action="/de/counter/logout"',
    ])
      expect(refused.body).toContain(text);
    expect((await clerk.send('/de/counter/station', [['station', 'gemeindebuero/1']])).status).toBe(403);
    expect((await clerk.send('/de/counter/next', [])).status).toBe(403);
    const rows = (await audit('staff:drossel')).filter((row) => row.action === 'refused');
    expect(rows).toContainEqual({
      action: 'refused',
      subject: '/[lang=lang]/counter',
      detail: { needed: ['counter', 'phone', 'post', 'lead'] },
    });
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect((await clerk.send('/de/counter/logout', [])).status).toBe(200);
  });

  it('a session of one municipality is none in another', async () => {
    const clerk = browser();
    await logIn(stage, clerk, 'eisvogel');
    const other = browser('neudorf.localhost');
    for (const [name, value] of clerk.cookies) other.setCookie(name, value);
    expect((await other.send('/de/counter')).location).toContain('/counter/login');
  });
});

it('a wrong password leads nowhere, and who turns back at the provider is told so', async () => {
  const clerk = browser();
  const there = provider();
  const login = await clerk.send('/de/counter/login');
  const interaction = pathOf((await there.send(pathOf(login.location!))).location!);
  const wrong = await there.send(interaction, [
    ['user', '<b>amsel'],
    ['password', 'x'],
  ]);
  expect(wrong.status).toBe(401);
  expect(wrong.body).toContain('&#60;b&#62;amsel');
  const cancelled = await there.send(interaction, [['cancel', 'yes']]);
  const back = (await there.send(pathOf(cancelled.location!))).location!;
  const page = await clerk.send(pathOf(back));
  expect(page.status).toBe(400);
  expect(page.body).toContain('Die Anmeldung hat nicht geklappt');
});

it('a form that comes too late is not sent on to the provider: 401, and what to do', async () => {
  const late = await browser().send('/de/counter/next', []);
  expect(late.status).toBe(401);
  expect(late.body).toContain('Ihre letzte Eingabe wurde nicht gespeichert');
});

it('the provider away: 503, when to come again, and the citizens notice nothing', async () => {
  const alone = await stage.start({ DEMO_IDENTITY_SECRET: '' });
  const clerk = new PlainBrowser(alone.port);
  const away = await clerk.send('/de/counter/login');
  expect([away.status, away.headers['retry-after']]).toEqual([503, '30']);
  expect(away.body).toContain('Der Anmeldedienst antwortet nicht');
  expect((await clerk.send('/de')).status).toBe(200);
  await alone.stop();
});

it('the session id of nobody is stored, only its hash', async () => {
  const clerk = browser();
  await logIn(stage, clerk, 'amsel');
  const id = clerk.cookies.get('__Host-staff')!;
  const { rows } = await stage.owner.query(`select encode(id_hash, 'hex') as hash from staff_session where subject = 'amsel'`);
  expect(rows).toEqual([{ hash: createHash('sha256').update(id).digest('hex') }]);
  expect(stage.portal.output()).not.toContain(id);
});
