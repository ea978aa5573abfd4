/** S8: the session is new when something was opened with a code, ends by the database's clock, and its cookie is closed to all but us. */
import { createHash } from 'node:crypto';
import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const SID = '__Host-sid';
const APPLY = '/de/apply/resident-parking';
const MARK = 'Wiedehopf';
const draft = () => journey('resident-parking', 'new-own-car', { 'applicant.familyName': MARK });

let stage: Stage;
let browser: PlainBrowser;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.close());
beforeEach(async () => {
  browser = new PlainBrowser(stage.portal.port);
  await stage.owner.query('delete from rate_limit');
});

const code = (saved: Answer) => /\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/.exec(saved.body)![0];
/** Another browser with nothing but this cookie. */
const withSession = (id: string | undefined) => {
  const other = new PlainBrowser(stage.portal.port);
  if (id) other.setCookie(SID, id);
  return other;
};
const opens = async (id: string | undefined) => (await withSession(id).visit(APPLY)).body.includes(MARK);
const birthDate = () => String(draft().answers['applicant.birthDate']);

describe('a new id with a code', () => {
  it('a planted id of a living session is not taken over, and knows nothing of what was opened', async () => {
    await upToReview(browser, draft());
    const kept = code(await browser.send('/de/save/resident-parking'));
    const attacker = new PlainBrowser(stage.portal.port);
    await attacker.send('/de/services/bulky-waste', []);
    const planted = attacker.cookies.get(SID)!;
    const victim = withSession(planted);
    const resumed = await victim.send('/de/resume', [
      ['code', kept],
      ['factor', birthDate()],
    ]);
    expect([resumed.status, resumed.location]).toEqual([303, APPLY]);
    const fresh = victim.cookies.get(SID);
    expect(fresh).not.toBe(planted);
    expect(await opens(fresh)).toBe(true);
    expect(await opens(planted)).toBe(false);
    expect(await opens(browser.cookies.get(SID))).toBe(false);
    const { rows } = await stage.owner.query('select 1 from session where id_hash = $1', [createHash('sha256').update(planted).digest()]);
    expect(rows).toEqual([]);
    // What the session had besides has moved along.
    expect((await victim.visit('/de/apply/bulky-waste')).status).toBe(200);
  });

  it.each(['A'.repeat(43), 'x', `${'A'.repeat(42)}=`, '../../etc', '%00'])(
    'an id that we never gave out (%s) is never used',
    async (planted) => {
      const victim = withSession(planted);
      const begun = await victim.send('/de/services/resident-parking', []);
      expect(begun.status).toBe(303);
      expect(victim.cookies.get(SID)).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(victim.cookies.get(SID)).not.toBe(planted);
    },
  );

  it('a wrong code gives no new session of somebody else and says the same as a wrong second factor', async () => {
    await upToReview(browser, draft());
    const kept = code(await browser.send('/de/save/resident-parking'));
    const other = new PlainBrowser(stage.portal.port);
    const wrongCode = await other.send('/de/resume', [
      ['code', '000-000-000'],
      ['factor', birthDate()],
    ]);
    const wrongFactor = await other.send('/de/resume', [
      ['code', kept],
      ['factor', '1900-01-01'],
    ]);
    expect([wrongCode.status, wrongFactor.status]).toEqual([422, 422]);
    const without = (answer: Answer) =>
      answer.body
        .replace(/value="[^"]*"/g, '')
        .replace(/nonce-[^']*/g, '')
        .replace(/nonce="[^"]*"/g, '');
    expect(without(wrongFactor)).toBe(without(wrongCode));
    expect(await opens(other.cookies.get(SID))).toBe(false);
  });
});

describe('its end', () => {
  /** The database's clock moves on for this session; ours does not. */
  const later = (id: string, column: 'seen_at' | 'expires_at', by: string) =>
    stage.owner.query(`update session set ${column} = ${column} - $1::interval where id_hash = $2`, [
      by,
      createHash('sha256').update(id).digest(),
    ]);

  it.each<[string, 'seen_at' | 'expires_at', string, string]>([
    ['an hour without use', 'seen_at', '58 minutes', '3 minutes'],
    ['twelve hours in any case', 'expires_at', '11 hours 58 minutes', '3 minutes'],
  ])('after %s nothing opens any more, and one can begin anew', async (_, column, nearly, over) => {
    const reference = await submit(browser, journey('bulky-waste', 'sofa-free'));
    await upToReview(browser, draft());
    const id = browser.cookies.get(SID)!;
    await later(id, column, nearly);
    const things = [`/de/receipt/${reference}`, `/de/receipt/${reference}/summary.pdf`, `/de/status/${reference}`];
    // Looking must not make it younger here, so that the next step is past the limit.
    expect(await opens(id)).toBe(true);
    for (const path of things) expect((await browser.send(path)).status).toBe(200);
    await stage.owner.query('update session set seen_at = least(seen_at, now() - $1::interval) where id_hash = $2', [
      column === 'seen_at' ? nearly : '0',
      createHash('sha256').update(id).digest(),
    ]);
    await later(id, column, over);
    expect(await opens(id)).toBe(false);
    expect((await browser.send(APPLY)).status).toBe(410);
    for (const path of things) {
      const answer = await browser.send(path);
      expect([path, answer.status, answer.location]).toEqual([path, 303, '/de/status']);
    }
    expect((await browser.send('/de/keep', [])).status).toBe(410);
    expect((await browser.send('/de/services/resident-parking', [])).status).toBe(303);
    expect(browser.cookies.get(SID)).not.toBe(id);
    expect((await browser.visit(APPLY)).status).toBe(200);
    expect((await browser.visit(APPLY)).body).not.toContain(MARK);
  });
});

describe('its end on purpose', () => {
  const page = async (who: PlainBrowser, lang = 'de') => (await who.send(`/${lang}/end`)).body;

  it('says before what is out of reach afterwards, and offers to keep it', async () => {
    await upToReview(browser, draft());
    for (const [lang, words] of [
      ['de', 'Noch nicht mit einem Code gespeichert'],
      ['en', 'Not saved with a code yet'],
    ] as const) {
      const body = await page(browser, lang);
      expect(body).toContain(words);
      expect(body).toContain(`href="/${lang}/save/resident-parking"`);
      expect(body).not.toContain(MARK);
    }
    await browser.send('/de/save/resident-parking');
    const body = await page(browser);
    expect(body).not.toContain('Noch nicht mit einem Code gespeichert');
    expect(body).toContain('Mit einem Code gespeichert bis');
    // Looking ends nothing.
    expect(await opens(browser.cookies.get(SID))).toBe(true);
  });

  it('leads there from every page, but only where there is something to end', async () => {
    const stranger = new PlainBrowser(stage.portal.port);
    for (const path of ['/de', '/de/services/dog-tax', '/de/resume', '/de/nothing'])
      expect((await stranger.send(path)).body, path).not.toContain('href="/de/end"');
    await upToReview(browser, draft());
    for (const path of ['/de', '/de/services/dog-tax', '/de/resume', '/de/nothing', `${APPLY}/check`, '/de/save/resident-parking'])
      expect((await browser.send(path)).body, path).toContain('href="/de/end"');
  });

  it('the old id is dead, the cookies are gone, the browser is told to forget, and the code still leads back', async () => {
    const reference = await submit(browser, journey('bulky-waste', 'sofa-free'));
    await upToReview(browser, draft());
    const form: [string, string][] = [['_revision', hidden((await browser.visit(APPLY)).body, '_revision')!]];
    const kept = code(await browser.send('/de/save/resident-parking'));
    const id = browser.cookies.get(SID)!;
    const ended = await browser.send('/de/end', []);
    expect([ended.status, ended.location]).toEqual([303, '/de/end']);
    expect(ended.headers['clear-site-data']).toBe('"cache", "storage"');
    expect(ended.headers['cache-control']).toBe('no-store');
    for (const name of [SID, '__Host-case']) {
      const set = (ended.headers['set-cookie'] as string[]).find((one) => one.startsWith(`${name}=`))!;
      expect(set).toMatch(/^[\w-]+=;/);
      expect(set.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Lax', 'Secure']);
    }
    expect(await page(browser)).toContain('Die Sitzung auf diesem Gerät ist beendet');
    expect(await page(browser)).not.toContain('method="post"');
    // Whoever kept the old id has nothing of it, not even a form that was open, which this process could save from memory.
    const thief = withSession(id);
    for (const path of [APPLY, `${APPLY}/check`]) expect((await thief.send(path)).status).toBe(410);
    expect((await thief.send(`${APPLY}/check`, form)).status).toBe(410);
    for (const path of [`/de/receipt/${reference}`, `/de/status/${reference}`])
      expect((await thief.send(path)).location).toBe('/de/status');
    const { rows } = await stage.owner.query('select 1 from session where id_hash = $1', [createHash('sha256').update(id).digest()]);
    expect(rows).toEqual([]);
    const home = new PlainBrowser(stage.portal.port);
    const resumed = await home.send('/de/resume', [
      ['code', kept],
      ['factor', birthDate()],
    ]);
    expect(resumed.location).toBe(APPLY);
    expect(await opens(home.cookies.get(SID))).toBe(true);
  });

  it('a submission that was opened with its reference is closed again, and ending twice is no error', async () => {
    const reference = await submit(browser, journey('dog-tax', 'one-small-dog'));
    const guest = new PlainBrowser(stage.portal.port);
    await guest.send('/de/status', [
      ['reference', reference],
      ['factor', '27.03.1990'],
    ]);
    expect((await guest.send(`/de/status/${reference}`)).body).toContain('href="/de/end"');
    for (let times = 0; times < 2; times++) {
      expect((await guest.send('/de/end', [])).location).toBe('/de/end');
      expect((await guest.send(`/de/status/${reference}`)).location).toBe('/de/status');
    }
  });
});

it('cookies: __Host-, HttpOnly, Secure, SameSite=Lax, Path=/, no Domain, 256 bits', async () => {
  const begun = await browser.send('/de/services/dog-tax', []);
  const cookies = begun.headers['set-cookie'] as string[];
  expect(cookies).toHaveLength(1);
  const [pair, ...flags] = cookies[0]!.split('; ');
  expect(pair).toMatch(/^__Host-sid=[A-Za-z0-9_-]{43}$/);
  expect(flags.sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
  const { rows } = await stage.owner.query(`select encode(id_hash, 'hex') as hash from session`);
  expect(JSON.stringify(rows)).not.toContain(Buffer.from(browser.cookies.get(SID)!, 'base64url').toString('hex'));
});

it('reference and second factor open one submission in one browser, with a cookie as closed, that cannot be changed', async () => {
  const one = await submit(browser, journey('dog-tax', 'one-small-dog'));
  const other = new PlainBrowser(stage.portal.port);
  const second = await submit(other, journey('dog-tax', 'one-small-dog'));
  const guest = new PlainBrowser(stage.portal.port);
  const opened = await guest.send('/de/status', [
    ['reference', one],
    ['factor', '27.03.1990'],
  ]);
  expect(opened.location).toBe(`/de/status/${one}`);
  const cookie = (opened.headers['set-cookie'] as string[])[0]!;
  expect(cookie).toMatch(/^__Host-case=/);
  expect(cookie.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
  expect((await guest.send(`/de/status/${one}`)).status).toBe(200);
  expect((await guest.send(`/de/status/${second}`)).status).toBe(303);
  const [id, until, proof] = guest.cookies.get('__Host-case')!.split('.') as [string, string, string];
  const { rows } = await stage.owner.query<{ id: string }>('select id from submission where reference = $1', [second]);
  for (const forged of [
    `${rows[0]!.id}.${until}.${proof}`,
    `${id}.${Number(until) + 9e9}.${proof}`,
    `${id}.${until}.`,
    `${id}.${until}`,
    `${id}.1.${proof}`,
    'a.b.c',
  ]) {
    guest.setCookie('__Host-case', forged);
    for (const reference of [one, second]) expect((await guest.send(`/de/status/${reference}`)).status).toBe(303);
  }
});
