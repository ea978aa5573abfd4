/** S8 for staff: a new id at each login, the old one dead, an end by the database's clock and by the clerk in all tabs, closed cookies. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { logIn, onward } from '../counter/staff.ts';
import { PlainBrowser } from '../portal.ts';
import { openStage, type Stage } from './stage.ts';

const STAFF = '__Host-staff';

let stage: Stage;
let clerk: PlainBrowser;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
}, 60_000);
afterAll(() => stage?.close());
beforeEach(() => {
  clerk = new PlainBrowser(stage.portal.port);
});

/** Another tab or another machine with nothing but this session. */
const withSession = (id: string) => {
  const other = new PlainBrowser(stage.portal.port);
  other.setCookie(STAFF, id);
  return other;
};
const opens = async (id: string) => (await withSession(id).send('/de/counter')).status === 200;
const idOf = (browser: PlainBrowser) => browser.cookies.get(STAFF)!;
const later = (id: string, column: 'seen_at' | 'expires_at', by: string) =>
  stage.owner.query(`update staff_session set ${column} = ${column} - $1::interval where id_hash = $2`, [
    by,
    createHash('sha256').update(id).digest(),
  ]);

it('a planted id is not taken over, and knows nothing of the login', async () => {
  for (const planted of ['A'.repeat(43), 'x', '../../etc']) {
    clerk.setCookie(STAFF, planted);
    await logIn(stage, clerk, 'amsel');
    expect(idOf(clerk)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(idOf(clerk)).not.toBe(planted);
    expect(await opens(planted)).toBe(false);
    expect(await opens(idOf(clerk))).toBe(true);
    await clerk.send('/de/counter/logout', []);
  }
});

it('a new id at each login; the old one is dead, also where it was left open', async () => {
  await logIn(stage, clerk, 'amsel');
  const first = idOf(clerk);
  const elsewhere = new PlainBrowser(stage.portal.port);
  await logIn(stage, elsewhere, 'amsel');
  expect(idOf(elsewhere)).not.toBe(first);
  expect(await opens(first)).toBe(false);
  expect(await opens(idOf(elsewhere))).toBe(true);
  expect((await clerk.send('/de/counter/next', [])).status).toBe(401);
});

it.each<['seen_at' | 'expires_at', string, string]>([
  ['seen_at', '29 minutes 50 seconds', '15 seconds'],
  ['expires_at', '11 hours 59 minutes', '2 minutes'],
])('ends by the clock of the database (%s)', async (column, nearly, over) => {
  await logIn(stage, clerk, 'buchfink', { station: 'telefon/b' });
  const id = idOf(clerk);
  await later(id, column, nearly);
  expect((await clerk.send('/de/counter')).status).toBe(200);
  await later(id, column, column === 'seen_at' ? '30 minutes 1 second' : over);
  expect((await clerk.send('/de/counter')).location).toBe('/de/counter/login?to=%2Fde%2Fcounter');
  expect((await clerk.send('/de/counter/next', [])).status).toBe(401);
  expect((await clerk.send('/de/counter/station', [['station', 'nord/1']])).status).toBe(401);
  const again = await logIn(stage, clerk, 'buchfink', { station: '' });
  expect(idOf(clerk)).not.toBe(id);
  // The desk of the day is still known after half an hour; after twelve it is asked again.
  expect(again.path).toBe(column === 'seen_at' ? '/de/counter' : '/de/counter/station?to=%2Fde%2Fcounter');
});

it('logout ends all tabs, on the server', async () => {
  await logIn(stage, clerk, 'drossel');
  const id = idOf(clerk);
  const tab = withSession(id);
  expect((await tab.send('/de/counter')).status).toBe(200);
  const out = await clerk.send('/de/counter/logout', []);
  expect(onward(out)).toContain('/session/end?');
  expect(idOf(clerk)).toBe('');
  expect((await tab.send('/de/counter')).location).toContain('/counter/login');
  expect((await tab.send('/de/counter/next', [])).status).toBe(401);
  expect(await opens(id)).toBe(false);
  // Once more does no harm, and nobody is logged out by a link.
  expect((await clerk.send('/de/counter/logout', [])).status).toBe(200);
  await logIn(stage, clerk, 'drossel');
  expect((await clerk.send('/de/counter/logout')).location).toBe('/de/counter');
  expect(await opens(idOf(clerk))).toBe(true);
});

it('cookies: __Host-, HttpOnly, Secure, Path=/, no Domain; the session Strict, the login Lax and ten minutes', async () => {
  const login = await clerk.send('/de/counter/login');
  const [begun] = login.headers['set-cookie'] as string[];
  expect(begun).toMatch(/^__Host-staff-login=[\w.-]+; /);
  expect(begun!.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure']);
  const seen: string[] = [];
  const send = clerk.send.bind(clerk);
  clerk.send = async (...args) => {
    const answer = await send(...args);
    seen.push(...((answer.headers['set-cookie'] as string[] | undefined) ?? []));
    return answer;
  };
  await logIn(stage, clerk, 'amsel');
  const given = seen.filter((cookie) => cookie.startsWith(`${STAFF}=`));
  expect(given).toHaveLength(1);
  const [pair, ...flags] = given[0]!.split('; ');
  expect(pair).toMatch(/^__Host-staff=[A-Za-z0-9_-]{43}$/);
  expect(flags.sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']);
});

it("a clerk's session opens nothing of a citizen's, and a citizen's nothing of the counter", async () => {
  await clerk.send('/de/services/dog-tax', []);
  const citizen = clerk.cookies.get('__Host-sid')!;
  const other = withSession(citizen);
  expect((await other.send('/de/counter')).location).toContain('/counter/login');
  await logIn(stage, clerk, 'amsel');
  const mixed = new PlainBrowser(stage.portal.port);
  mixed.setCookie('__Host-sid', idOf(clerk));
  expect((await mixed.send('/de/apply/dog-tax')).status).toBe(410);
});
