/**
 * S20: what lies in the database was altered, moved or is from another time; keys can be read by others. The portal shows nothing of it and hands
 * nothing on. Every bit, cut and context of a single seal is tried in src/server/store/sealing.test.ts.
 */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainBrowser, type TestPortal } from '../portal.ts';
import { alive, journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const MARKS = ['Rotkehlchen', 'Blaumeise'];
let stage: Stage;
/** A second portal that has opened nothing yet: the first one remembers what it opened. */
let fresh: TestPortal;
const people: PlainBrowser[] = [];
const references: string[] = [];
beforeAll(async () => {
  stage = await openStage();
  fresh = await stage.start({ SCHALTER_WORKER: 'off' });
  for (const mark of MARKS) {
    const browser = new PlainBrowser(stage.portal.port);
    references.push(await submit(browser, journey('dog-tax', 'one-small-dog', { 'applicant.familyName': mark })));
    await upToReview(browser, journey('resident-parking', 'new-own-car', { 'applicant.familyName': mark }));
    const later = new PlainBrowser(fresh.port);
    for (const [name, value] of browser.cookies) later.setCookie(name, value);
    people.push(later);
  }
  const neighbour = new PlainBrowser(stage.portal.port, 'neudorf.localhost');
  await upToReview(neighbour, journey('dog-tax', 'one-small-dog', { 'applicant.familyName': 'Nachbar' }));
}, 60_000);
afterAll(async () => {
  await fresh.stop();
  await stage.close();
});

const flip = (column: string, at: string) => `set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;
const other = (column: string) => `(select o.${column} from TABLE o where o.id <> t.id and KIND order by o.municipality, o.id limit 1)`;
/** Each leaves the database as it was. */
async function tampered(table: 'application' | 'submission', set: string, look: () => Promise<void>): Promise<void> {
  const kind = table === 'application' ? `o.lifecycle = 'draft'` : 'true';
  const mine = table === 'application' ? `t.lifecycle = 'draft' and t.municipality = 'musterstadt'` : 'true';
  await stage.owner.query(`create table kept as select * from ${table}`);
  try {
    const { rowCount } = await stage.owner.query(
      `update ${table} t set ${set.replaceAll('TABLE', 'kept').replaceAll('KIND', kind)} where ${mine}`,
    );
    expect(rowCount).toBe(2);
    await look();
  } finally {
    const { rows } = await stage.owner.query<{ names: string }>(
      `select string_agg(format('%I = k.%I', column_name, column_name), ', ') as names from information_schema.columns where table_name = $1 and column_name in ('content', 'payload', 'summary_pdf', 'key_epoch', 'wrapped_key', 'revision')`,
      [table],
    );
    await stage.owner.query(`update ${table} t set ${rows[0]!.names} from kept k where k.id = t.id`);
    await stage.owner.query('drop table kept');
  }
}

describe('a draft does not open', () => {
  it.each<[string, string]>([
    ['with the content of another application', `content = ${other('content')}`],
    [
      'with content and key of another application',
      `content = ${other('content')}, wrapped_key = ${other('wrapped_key')}, key_epoch = ${other('key_epoch')}`,
    ],
    ['with the key of another application', `wrapped_key = ${other('wrapped_key')}`],
    [
      "with a neighbour's key",
      `wrapped_key = (select o.wrapped_key from kept o where o.municipality = 'neudorf'), content = (select o.content from kept o where o.municipality = 'neudorf')`,
    ],
    ['as an older revision', 'revision = revision - 1'],
    ['as a newer revision', 'revision = revision + 1'],
    ['with one bit changed at the end', `content = ${flip('content', 'length(content) - 1')}`],
    ['with one bit changed in the nonce', `content = ${flip('content', '1')}`],
    ['with one bit changed in the tag', `content = ${flip('content', '13')}`],
    ['with another version byte', `content = ${flip('content', '0')}`],
    ['cut by four bytes', 'content = substring(content from 1 for length(content) - 4)'],
    ['with a tag of four bytes', 'content = substring(content from 1 for 17) || substring(content from 30)'],
    ['empty', `content = ''`],
    ['with one bit changed in its key', `wrapped_key = ${flip('wrapped_key', '40')}`],
    ['under the month before', `key_epoch = '2020-01'`],
    ['under the key of the codes', `key_epoch = 'hash'`],
    ['under a path', `key_epoch = '../x'`],
  ])('%s', async (_, set) => {
    await tampered('application', set, async () => {
      for (const browser of people) {
        const answer = await browser.visit('/de/apply/resident-parking');
        expect(answer.status).toBe(500);
        expect(answer.body).toContain('Es ist ein Fehler aufgetreten');
        for (const mark of [...MARKS, 'Nachbar']) expect(answer.body).not.toContain(mark);
        const saved = await browser.send('/de/apply/resident-parking/check', [['_revision', '1']]);
        expect(saved.status).toBe(500);
      }
    });
    expect(await alive(fresh)).toBe(true);
  });
});

describe('a submission does not open', () => {
  it.each<[string, string]>([
    ['with the payload of another', `payload = ${other('payload')}`],
    ['with payload and key of another', `payload = ${other('payload')}, wrapped_key = ${other('wrapped_key')}`],
    ['with one bit changed', `payload = ${flip('payload', 'length(payload) - 1')}`],
    ['as another revision', 'revision = revision + 1'],
    ['under another month', `key_epoch = '2020-01'`],
  ])('%s', async (_, set) => {
    await tampered('submission', set, async () => {
      for (const [n, browser] of people.entries()) {
        const answer = await browser.send(`/de/receipt/${references[n]}/summary.pdf`);
        expect(answer.status).toBe(500);
        for (const mark of MARKS) expect(answer.body).not.toContain(mark);
      }
    });
  });
});

it('put back, everything opens: it was the seal that refused', async () => {
  for (const [n, browser] of people.entries()) {
    expect((await browser.visit('/de/apply/resident-parking')).body).toContain(MARKS[n]);
    expect((await browser.send(`/de/receipt/${references[n]}/summary.pdf`)).status).toBe(200);
  }
  expect(fresh.output()).toContain('SealBroken');
  console.log('S20: 17 ways to tamper with a draft, 5 with a submission: none opened');
});

describe('keys that others can read', () => {
  it.each<[string, () => string, number, number]>([
    ['a key for the group', () => join(keys(), 'musterstadt', readdirSync(join(keys(), 'musterstadt'))[0]!), 0o640, 0o600],
    ['a key for everybody', () => join(keys(), 'musterstadt', readdirSync(join(keys(), 'musterstadt'))[0]!), 0o604, 0o600],
    ["a municipality's folder", () => join(keys(), 'musterstadt'), 0o750, 0o700],
    ['the folder of all keys', keys, 0o705, 0o700],
  ])('%s: the start is refused, with what to do', async (_, path, wrong, right) => {
    const at = path();
    chmodSync(at, wrong);
    try {
      await expect(stage.start()).rejects.toThrow(`chmod ${right === 0o600 ? '600' : '700'} ${at}`);
    } finally {
      chmodSync(at, right);
    }
  });

  it('with rights put right it starts', async () => {
    await (await stage.start({ SCHALTER_WORKER: 'off' })).stop();
  });
});

function keys(): string {
  return join(stage.dataDir, 'keys');
}
