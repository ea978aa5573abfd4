/** S9: a login that is not what it says: replayed, forged, mixed up, led astray. By a provider that takes part in it. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { onward, pathOf } from '../counter/staff.ts';
import { startFakeProvider, type FakeProvider, type Lies } from '../counter/fake-provider.ts';
import { PlainBrowser, STAFF_SECRET, type Answer } from '../portal.ts';
import { elements, openStage, type Stage } from './stage.ts';

let stage: Stage;
let fake: FakeProvider;
let clerk: PlainBrowser;
beforeAll(async () => {
  fake = await startFakeProvider(STAFF_SECRET);
  stage = await openStage({ identity: { issuer: fake.issuer } });
}, 60_000);
afterAll(async () => {
  await stage?.close();
  await fake?.close();
});
beforeEach(async () => {
  fake.lies = {};
  fake.asked.length = 0;
  clerk = browser();
  await stage.owner.query('delete from staff_session');
});

const browser = () => new PlainBrowser(stage.portal.port);
const LOGIN = '__Host-staff-login';
const STAFF = '__Host-staff';
const sessions = async () => (await stage.owner.query('select 1 from staff_session')).rowCount;
const begin = async (who = clerk, to?: string) =>
  (await who.send(`/de/counter/login${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`)).location!;

let refused = 0;
/** The login is refused with a page that says what to do, and nobody is in. */
async function isRefused(who: PlainBrowser, answer: Answer, status = 400): Promise<void> {
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(status === 400 ? 'Die Anmeldung hat nicht geklappt' : 'Der Anmeldedienst antwortet nicht');
  expect(who.cookies.get(STAFF) ?? '').toBe('');
  expect(await sessions()).toBe(0);
  expect((await who.send('/de/counter')).location).toContain('/counter/login');
  refused += 1;
}

it('the way as it should be: in, with PKCE S256, and the client shows its secret', async () => {
  const answer = await clerk.send(fake.comeBack(await begin()));
  expect(onward(answer)).toBe('/de/counter');
  expect(await sessions()).toBe(1);
  const verifier = fake.asked[0]!.get('code_verifier')!;
  expect(verifier.length).toBeGreaterThanOrEqual(43);
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(fake.challenge());
});

it('a call-back that is opened again, with all that its browser had, from there and from elsewhere', async () => {
  const location = await begin();
  const cookie = clerk.cookies.get(LOGIN)!;
  const back = fake.comeBack(location);
  const thief = browser();
  thief.setCookie(LOGIN, cookie);
  expect((await clerk.send(back)).status).toBe(200);
  expect(clerk.cookies.get(LOGIN)).toBe('');
  await stage.owner.query('delete from staff_session');
  clerk.setCookie(STAFF, '');
  await isRefused(clerk, await clerk.send(back));
  await isRefused(thief, await thief.send(back));
  expect(fake.asked).toHaveLength(1);
});

it('ten at once: one is in', async () => {
  const back = fake.comeBack(await begin());
  const cookie = clerk.cookies.get(LOGIN)!;
  const tries = Array.from({ length: 10 }, async () => {
    const one = browser();
    one.setCookie(LOGIN, cookie);
    return (await one.send(back)).status;
  });
  expect((await Promise.all(tries)).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
});

it('a call-back with another state, none, or without a login that was begun here', async () => {
  for (const state of ['x', '']) await isRefused(clerk, await clerk.send(fake.comeBack(await begin(), { state })));
  const stranger = browser();
  await isRefused(stranger, await stranger.send(fake.comeBack(await begin())));
  expect(fake.asked).toHaveLength(0);
});

it('a login that the portal never began: forged, cut, changed, of another municipality', async () => {
  const location = await begin();
  const [text, proof] = clerk.cookies.get(LOGIN)!.split('.') as [string, string];
  const changed = { ...(JSON.parse(Buffer.from(text, 'base64url').toString()) as object), to: 'https://attack.example/' };
  const elsewhere = new PlainBrowser(stage.portal.port, 'neudorf.localhost');
  await begin(elsewhere);
  const forgeries = [
    `${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${proof}`,
    `${text}.`,
    text,
    `${text}.${'A'.repeat(43)}`,
    elsewhere.cookies.get(LOGIN)!,
    '%00',
  ];
  for (const forged of forgeries) {
    clerk.setCookie(LOGIN, forged);
    await isRefused(clerk, await clerk.send(fake.comeBack(location)));
  }
  expect(fake.asked).toHaveLength(0);
});

it("another person's code in one's own login: PKCE", async () => {
  const victim = browser();
  const stolen = new URL(fake.comeBack(await begin(victim)), 'http://x').searchParams.get('code')!;
  await isRefused(clerk, await clerk.send(fake.comeBack(await begin(), { code: stolen })));
  expect(fake.asked).toHaveLength(1);
});

const PAST = () => Math.floor(Date.now() / 1_000) - 600;
const TOKENS: readonly (readonly [string, () => Lies])[] = [
  ['another nonce', () => ({ claims: { nonce: 'x' } })],
  ['no nonce', () => ({ claims: { nonce: undefined } })],
  ['another issuer', () => ({ claims: { iss: 'https://attack.example' } })],
  ['our issuer with more behind it', () => ({ claims: { iss: `${fake.issuer}/` } })],
  ['for somebody else', () => ({ claims: { aud: 'neudorf' } })],
  ['for us and somebody else, given to them', () => ({ claims: { aud: ['musterstadt', 'neudorf'], azp: 'neudorf' } })],
  ['for nobody', () => ({ claims: { aud: undefined } })],
  ['alg none', () => ({ signature: 'none' })],
  ['alg NONE', () => ({ signature: 'none', header: { alg: 'NONE' } })],
  ["signed with the client's secret", () => ({ signature: 'secret' })],
  ['signed with a key that is not published', () => ({ signature: 'foreign' })],
  ['signed with a key that it brings along', () => ({ signature: 'foreign', header: { jwk: {}, jku: 'https://attack.example/' } })],
  ['expired', () => ({ claims: { exp: PAST(), iat: PAST() - 300 } })],
  ['that never expires', () => ({ claims: { exp: undefined } })],
  ['issued in the future', () => ({ claims: { nbf: Math.floor(Date.now() / 1_000) + 3_600 } })],
  ['of nobody', () => ({ claims: { sub: undefined } })],
];
it.each(TOKENS)('an ID token %s', async (_, lies) => {
  const location = await begin();
  fake.lies = lies();
  await isRefused(clerk, await clerk.send(fake.comeBack(location)));
});

it('an answer without an ID token, an error, and an error in the call-back', async () => {
  fake.lies = { answer: { status: 200, body: { access_token: 'a', token_type: 'Bearer' } } };
  await isRefused(clerk, await clerk.send(fake.comeBack(await begin())));
  fake.lies = { answer: { status: 400, body: { error: 'invalid_grant', error_description: 'Frieda Falschgold' } } };
  await isRefused(clerk, await clerk.send(fake.comeBack(await begin())));
  fake.lies = { answer: { status: 503, body: {} } };
  await isRefused(clerk, await clerk.send(fake.comeBack(await begin())), 503);
  const state = new URL(await begin()).searchParams.get('state')!;
  const said = await clerk.send(`/de/counter/callback?${new URLSearchParams({ error: '<b>Falschgold', state }).toString()}`);
  await isRefused(clerk, said);
  expect(said.body).not.toContain('Falschgold');
  expect(stage.portal.output()).not.toContain('Falschgold');
});

it('a provider that answers by a redirect, or says that its parts lie elsewhere: not called, nobody sent there', async () => {
  for (const document of [
    { token_endpoint: 'http://127.0.0.1:9/token' },
    { authorization_endpoint: 'https://attack.example/auth' },
    { jwks_uri: 'http://169.254.169.254/jwks' },
  ]) {
    fake.lies = { document };
    // Its document is read once by a portal.
    const fresh = await stage.start();
    const one = new PlainBrowser(fresh.port);
    const login = await one.send('/de/counter/login');
    const answer = login.status === 303 ? await one.send(fake.comeBack(login.location!)) : login;
    await isRefused(one, answer, 503);
    expect(login.location ?? '').not.toContain('attack');
    await fresh.stop();
  }
}, 60_000);

it.each([
  '//attack.example',
  '/\\attack.example',
  'https://attack.example/de/counter',
  'http://localhost:1/de/counter',
  '/de/counter/../../..//attack.example',
  '/de/counter@attack.example',
  '/de/counter/%2e%2e/%2e%2e/%2f%2fattack.example',
  '\t//attack.example/de/counter',
  '/de/counterfeit',
  '/de/apply/dog-tax',
  'javascript:alert(1)',
  '/de/counter\r\nSet-Cookie: x=y',
])('no way out of the counter by %j', async (to) => {
  const answer = await clerk.send(fake.comeBack(await begin(clerk, to)));
  // Where it goes, as a browser reads it: a page of the counter here, or simply its start.
  const target = new URL(onward(answer), `http://${clerk.host}`);
  expect(target.host).toBe(clerk.host);
  expect(target.pathname).toMatch(/^\/de\/counter(\/|$)/);
  // And so with a login that lives already, and after the choice of the station.
  const again = await clerk.send(`/de/counter/login?to=${encodeURIComponent(to)}`);
  const station = await clerk.send('/de/counter/station', [
    ['station', 'rathaus/1'],
    ['to', to],
  ]);
  for (const location of [again.location!, station.location!])
    expect(new URL(location, `http://${clerk.host}`).pathname).toMatch(/^\/de\/counter(\/|$)/);
  for (const { headers } of [answer, again, station]) expect(JSON.stringify(headers['set-cookie'] ?? [])).not.toContain('x=y');
  refused += 1;
});

it('a link in a page of somebody else: asked again from a page of ours before anybody is sent to the provider', async () => {
  const answer = await clerk.send('/de/counter/login?to=/de/counter/station', undefined, { 'sec-fetch-site': 'cross-site' });
  expect([answer.status, answer.location]).toEqual([200, undefined]);
  expect(pathOf(onward(answer))).toBe('/de/counter/login?to=%2Fde%2Fcounter%2Fstation');
});

it.each(['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', '{@html 1}</title>'])(
  'a name like %s stays a name',
  async (name) => {
    const location = await begin();
    fake.lies = { claims: { name } };
    await clerk.send(fake.comeBack(location));
    await clerk.send('/de/counter/station', [['station', 'rathaus/1']]);
    const all = elements((await clerk.visit('/de/counter')).body);
    expect(all.filter(({ tagName }) => tagName === 'img')).toEqual([]);
    expect(all.filter(({ tagName }) => tagName === 'script').map(({ attrs }) => attrs.find((one) => one.name === 'src')?.value)).toEqual([
      '/enhance.js',
    ]);
    const said = all.flatMap(({ childNodes }) =>
      childNodes.flatMap((node) => (node.nodeName === '#text' && 'value' in node ? [node.value] : [])),
    );
    expect(said.filter((text) => text === name)).toHaveLength(1);
  },
);

it('logins begun from one address are limited: 429, and when to come again', async () => {
  await stage.owner.query('delete from rate_limit');
  const begun: Answer[] = [];
  for (let n = 0; n < 201; n += 1) begun.push(await clerk.send('/de/counter/login'));
  expect(begun.slice(0, 200).every(({ status }) => status === 303)).toBe(true);
  const last = begun.at(-1)!;
  expect([last.status, Number(last.headers['retry-after']) > 0]).toEqual([429, true]);
  expect(last.body).toContain('Zu viele Anmeldungen');
  await stage.owner.query('delete from rate_limit');
});

it('the figure', () => {
  console.log(`S9: ${refused} logins refused: replay, state, nonce, PKCE, issuer, audience, algorithm, signature, time, open redirect`);
  expect(refused).toBeGreaterThan(40);
});
