/**
 * S22: limits, exactly, over all four portals of one database: ten tries of a code in a quarter of an hour, by who tries and by what is tried; saves and
 * files of one application; applications of one subscriber; logins of staff. Beyond it 429 with a time, and a page that keeps what was typed.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newReference } from '../../src/server/applications/codes.ts';
import { PlainBrowser, type Answer, type TestPortal } from '../portal.ts';
import { RATES } from '../../src/server/web/rates.ts';
import { SAVES, UPLOADS } from '../../src/server/store/index.ts';
import { filledIn, multipart, PDF, run } from '../travel.ts';
import { journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const LIMIT = 10;
const SUBMITS = 5;
let stage: Stage;
let portals: TestPortal[];
beforeAll(async () => {
  const env = { SCHALTER_PROXIES: '127.0.0.1', SCHALTER_SUBMITS_PER_HOUR: String(SUBMITS) };
  stage = await openStage({ env, identity: 'demo' });
  portals = [stage.portal, ...(await Promise.all([1, 2, 3].map(() => stage.start(env))))];
}, 60_000);
afterAll(async () => {
  process.stdout.write(
    `S22: ${portals.length} portals on one database: exactly ${LIMIT} tries of each kind, ${SAVES.limit} saves and ${UPLOADS.limit} files of an application, ` +
      `${SUBMITS} applications, ${RATES.login.limit} logins; the next is answered 429 with a time\n`,
  );
  await Promise.all(portals.slice(1).map((one) => one.stop()));
  await stage.close();
});
beforeEach(() => stage.owner.query('delete from rate_limit'));

type Try = (n: number) => { lang?: string; path: string; form: [string, string][]; from: string };

/** `times` tries at once, in turn at all portals. */
function tries(times: number, one: Try): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: times }, (_, n) => {
      const { path, form, from, lang = 'de' } = one(n);
      return new PlainBrowser(portals[n % portals.length]!.port).send(`/${lang}/${path}`, form, { 'x-forwarded-for': from });
    }),
  );
}

const counts = (answers: Answer[]) => [
  answers.filter((one) => one.status === 422).length,
  answers.filter((one) => one.status === 429).length,
];
const resume = (code: string, factor = 'x'): [string, string][] => [
  ['code', code],
  ['factor', factor],
];
const look = (reference: string, factor = 'x'): [string, string][] => [
  ['reference', reference],
  ['factor', factor],
];

describe('by who tries', () => {
  it.each<[string, Try]>([
    ['resume codes', (n) => ({ path: 'resume', form: resume(`AAA-AAA-${100 + n}`), from: '203.0.113.7' })],
    ['references', () => ({ path: 'status', form: look(newReference(2026)), from: '203.0.113.7' })],
    [
      'one household in IPv6',
      (n) => ({ path: 'resume', form: resume(`AAA-AAA-${100 + n}`), from: `2001:db8:1:${(0x100 + n).toString(16)}::${n}` }),
    ],
    [
      'addresses that the client made up',
      (n) => ({ path: 'resume', form: resume(`AAA-AAA-${100 + n}`), from: `10.0.0.${n}, 203.0.113.7` }),
    ],
  ])('%s: exactly ten of forty', async (_, one) => {
    const answers = await tries(40, one);
    expect(counts(answers)).toEqual([LIMIT, 30]);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      const seconds = Number(answer.headers['retry-after']);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(15 * 60);
    }
    expect(answers.filter(({ status }) => status === 422).every(({ headers }) => headers['retry-after'] === undefined)).toBe(true);
  });

  it('nobody pays for a neighbour, also behind one proxy', async () => {
    await tries(20, (n) => ({ path: 'resume', form: resume(`AAA-AAA-${100 + n}`), from: '203.0.113.7' }));
    const others = await tries(20, (n) => ({ path: 'resume', form: resume(`BBB-AAA-${100 + n}`), from: `203.0.113.${100 + n}` }));
    expect(counts(others)).toEqual([20, 0]);
    const households = await tries(20, (n) => ({ path: 'resume', form: resume(`CCC-AAA-${100 + n}`), from: `2001:db8:${n + 2}::1` }));
    expect(counts(households)).toEqual([20, 0]);
  });

  it('a minute over the end of the window one can try again', async () => {
    const one: Try = (n) => ({ path: 'resume', form: resume(`AAA-AAA-${100 + n}`), from: '203.0.113.7' });
    await tries(11, one);
    await stage.owner.query(`update rate_limit set window_end = window_end - interval '16 minutes'`);
    expect(counts(await tries(11, one))).toEqual([LIMIT, 1]);
  });
});

describe('by what is tried, from as many addresses as there are', () => {
  it('the second factor of a reference: the right one is not seen after ten wrong ones', async () => {
    const reference = await submit(new PlainBrowser(stage.portal.port), journey('dog-tax', 'one-small-dog'));
    const from = (n: number) => `198.51.100.${n}`;
    const answers = await tries(60, (n) => ({ path: 'status', form: look(reference.toLowerCase(), `01.01.${1940 + n}`), from: from(n) }));
    expect(counts(answers)).toEqual([LIMIT, 50]);
    const [right] = await tries(1, () => ({ path: 'status', form: look(reference, '27.03.1990'), from: '192.0.2.1' }));
    expect(right!.status).toBe(429);
  });

  it('the second factor of a resume code', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    await upToReview(browser, journey('bulky-waste', 'sofa-free'));
    const code = /\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/.exec((await browser.send('/de/save/bulky-waste')).body)![0];
    const answers = await tries(60, (n) => ({
      path: 'resume',
      form: resume(n % 2 ? code : code.replaceAll('-', ''), String(1000 + n)),
      from: `198.51.100.${n}`,
    }));
    const opened = answers.filter(({ status }) => status === 303).length;
    expect(counts(answers)).toEqual([LIMIT - opened, 50]);
    expect(opened).toBeLessThanOrEqual(1);
  });
});

/** The same person at each of the portals. */
function everywhere(browser: PlainBrowser): PlainBrowser[] {
  return portals.map(({ port }) => {
    const one = new PlainBrowser(port);
    for (const [name, value] of browser.cookies) one.setCookie(name, value);
    return one;
  });
}

const secondsOf = ({ headers }: Answer) => Number(headers['retry-after']);

describe('by an application', () => {
  it('saves, in turn at all portals: exactly so many, then the page keeps what was typed and says until when', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    const played = journey('bulky-waste', 'sofa-free');
    const stop = played.walk.steps.findIndex((step) => step.path === 'contactName');
    await run(browser, { ...played, walk: { ...played.walk, steps: played.walk.steps.slice(0, stop) } });
    const page = '/de/apply/bulky-waste/contactName';
    const pairs = filledIn((await browser.visit(page)).body, played.walk.steps[stop]!, played) as [string, string][];
    const [revision, application] = pairs.find(([name]) => name === '_revision')![1].split('.') as [string, string];
    const people = everywhere(browser);
    const form = (n: number): [string, string][] =>
      pairs.map(([name, value]) => [name, name === '_revision' ? `${Number(revision) + n}.${application}` : value]);
    // a revision for each page that was saved on the way here
    const before = Number(revision) - 1;
    const saves = [];
    for (let n = 0; n < SAVES.limit - before; n++) saves.push((await people[n % people.length]!.send(page, form(n))).status);
    expect(saves.filter((status) => status !== 303)).toEqual([]);
    const typed = form(SAVES.limit - before).map(([name, value]): [string, string] => [
      name,
      name === 'contact.name' ? 'Zaunkönig' : value,
    ]);
    const refused = await Promise.all(people.map((one) => one.send(page, typed)));
    expect(refused.map(({ status }) => status)).toEqual([429, 429, 429, 429]);
    for (const answer of refused) {
      expect(answer.body).toContain('Warten Sie');
      expect(answer.body).toContain('Zaunkönig');
      expect(secondsOf(answer)).toBeGreaterThan(0);
      expect(secondsOf(answer)).toBeLessThanOrEqual(SAVES.window / 1000);
    }
    await stage.owner.query(`update application set saves_until = now() where id = $1`, [application]);
    expect((await people[1]!.send(page, typed)).status).toBe(303);
  });

  it('files, in turn at all portals: exactly so many are taken, and the page says when to go on', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    const played = journey('dog-tax', 'two-dangerous-dogs');
    const stop = played.walk.steps.findIndex((step) => step.fields.some(({ type }) => type.file));
    await run(browser, { ...played, walk: { ...played.walk, steps: played.walk.steps.slice(0, stop) } });
    const step = played.walk.steps[stop]!;
    const page = `/de/apply/dog-tax/${step.path}`;
    const field = [step.prefix, step.fields.find(({ type }) => type.file)!.id].filter(Boolean).join('.');
    const people = everywhere(browser);
    const taken = async () =>
      Number((await stage.owner.query<{ n: string }>(`select count(*) as n from audit where action = 'upload'`)).rows[0]!.n);
    const before = await taken();
    const files = Array.from({ length: 40 }, (_, n) => ({ field, name: `${n}.pdf`, bytes: Buffer.concat([PDF, Buffer.from(`\n% ${n}`)]) }));
    const answers = [];
    for (let n = 0; n < UPLOADS.limit / files.length + 1; n++) {
      const { body } = await browser.visit(page);
      const revision = /name="_revision" value="([^"]+)"/.exec(body)![1]!;
      answers.push(await people[n % people.length]!.send(page, multipart([['_revision', revision]], files)));
    }
    const last = answers.pop()!;
    expect(answers.filter(({ status }) => status === 429)).toEqual([]);
    expect(last.status).toBe(429);
    expect(secondsOf(last)).toBe(UPLOADS.window / 1000);
    expect(last.body).toContain('Warten Sie zehn Minuten');
    expect((await taken()) - before).toBe(UPLOADS.limit);
  });
});

describe('by a subscriber', () => {
  it('applications handed in at once at all portals: exactly so many; the others stay as they are', async () => {
    const people = await Promise.all(
      Array.from({ length: SUBMITS + 3 }, async (_, n) => {
        const browser = new PlainBrowser(portals[n % portals.length]!.port);
        await upToReview(browser, journey('bulky-waste', 'sofa-free'));
        return browser;
      }),
    );
    const { walk } = journey('bulky-waste', 'sofa-free');
    const check = walk.steps.at(-1)!;
    const page = `/de/apply/bulky-waste/${check.path}`;
    const send = async (browser: PlainBrowser, from: string) => {
      const form = filledIn((await browser.visit(page)).body, check, journey('bulky-waste', 'sofa-free')) as [string, string][];
      return browser.send(page, form, { 'x-forwarded-for': from });
    };
    const answers = await Promise.all(people.map((browser) => send(browser, '203.0.113.7')));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(SUBMITS);
    const refused = people.filter((_, n) => answers[n]!.status === 429);
    expect(refused).toHaveLength(3);
    const one = answers.find(({ status }) => status === 429)!;
    expect(secondsOf(one)).toBeLessThanOrEqual(3600);
    expect(one.body).toContain('Ihr Antrag ist gespeichert');
    // a neighbour is served, and the same person an hour later
    expect((await send(refused[0]!, '203.0.113.8')).location).toMatch(/\/receipt\//);
    await stage.owner.query(`update rate_limit set window_end = now()`);
    expect((await send(refused[1]!, '203.0.113.7')).location).toMatch(/\/receipt\//);
  });

  it('logins of staff: exactly as many as an office needs at eight', async () => {
    const answers = await Promise.all(
      Array.from({ length: RATES.login.limit + 12 }, (_, n) =>
        new PlainBrowser(portals[n % portals.length]!.port).send('/de/counter/login', undefined, { 'x-forwarded-for': '203.0.113.9' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(RATES.login.limit);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(12);
    for (const answer of refused) expect(secondsOf(answer)).toBeGreaterThan(0);
  });
});

it.each([
  ['de', 'zu viele Versuche'],
  ['en', 'too many tries'],
])('the page says so in the language %s and keeps the code', async (lang, words) => {
  const answers = await tries(12, () => ({ lang, path: 'resume', form: resume('AAA-AAA-AAA'), from: '203.0.113.7' }));
  const page = answers.find(({ status }) => status === 429)!;
  expect(page.body).toContain(`<html lang="${lang}"`);
  expect(page.body).toContain(words);
  expect(page.body).toContain('value="AAA-AAA-AAA"');
});

it('the table holds no address and no code', async () => {
  await tries(3, () => ({ path: 'resume', form: resume('AAA-AAA-AAA'), from: '203.0.113.7' }));
  const { rows } = await stage.owner.query<{ key: Buffer }>('select key from rate_limit');
  expect(rows).toHaveLength(2);
  for (const { key } of rows) expect(key).toHaveLength(32);
});
