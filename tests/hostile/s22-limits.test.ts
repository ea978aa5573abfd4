/** S22: guessing codes. Ten tries a quarter of an hour, by who tries and by what is tried, exactly, over all four portals of one database. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newReference } from '../../src/server/applications/codes.ts';
import { PlainBrowser, type Answer, type TestPortal } from '../portal.ts';
import { journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const LIMIT = 10;
let stage: Stage;
let portals: TestPortal[];
beforeAll(async () => {
  const env = { SCHALTER_PROXIES: '127.0.0.1' };
  stage = await openStage({ env });
  portals = [stage.portal, ...(await Promise.all([1, 2, 3].map(() => stage.start(env))))];
}, 60_000);
afterAll(async () => {
  process.stdout.write(
    `S22: ${portals.length} portals on one database: exactly ${LIMIT} tries of each kind, the next is answered 429 with a time\n`,
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
