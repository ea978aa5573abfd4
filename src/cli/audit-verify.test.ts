/** S19: the log of access. Whoever owns the database can switch its guard off; what is altered, taken out, moved or cut is found all the same. */
import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { cloneDatabase, type TestDatabase } from '../../tests/postgres.ts';
import { draftIn, handedOver, handsIn, handsOn } from '../server/store/rows.fixture.ts';
import { loadCounterDraft, releaseDrafts } from '#server/store';
import command from './audit-verify.ts';

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

/** A log of 60 rows in one municipality and 4 in another, written by parallel stations. */
async function logged(): Promise<TestDatabase> {
  const made = await cloneDatabase();
  databases.push(made);
  const serve = async (municipality: string) => {
    const hands = await handsIn(made.store, municipality, 'Zoë “Ö” Müller');
    const draft = await draftIn(made.store, municipality);
    await handsOn(made.store, hands, await handedOver(made.store, draft));
    await loadCounterDraft(made.store, hands, draft.id);
    await loadCounterDraft(made.store, hands, randomUUID());
    await releaseDrafts(made.store, hands);
  };
  await Promise.all(Array.from({ length: 15 }, () => serve('musterstadt')));
  await serve('neudorf');
  return made;
}

async function run({ url }: TestDatabase, values: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const before = { ...process.env };
  Object.assign(process.env, { DATABASE_URL: url });
  try {
    const code = await command.run({ values, positionals: [], json: false, print: (line) => void lines.push(line) });
    return { code, text: lines.join('\n') };
  } finally {
    process.env = before;
  }
}

/** As the owner, with the guard off. */
const tamper = ({ owner }: TestDatabase, statement: string) =>
  owner.query(`begin; alter table access_log disable trigger all; ${statement}; alter table access_log enable trigger all; commit`);

it('parallel stations write one chain without gaps, and it is proved', async () => {
  const { code, text } = await run(await logged());
  expect(text).toMatch(/musterstadt\s+60\s+[0-9a-f]{64}\nneudorf\s+4\s+[0-9a-f]{64}\nThe log is as it was written\./);
  expect(code).toBe(0);
});

const columns = ['at', 'actor', 'actor_name', 'site', 'desk', 'application', 'purpose', 'action', 'code'];
const otherwise = (column: string) =>
  ({ at: `at + interval '1 microsecond'`, application: 'gen_random_uuid()', code: 'gen_random_uuid()', desk: 'null' })[column] ??
  `coalesce(${column}, '') || 'x'`;

it('S19: every way to tamper with the log is found, and the first bad row is named', { timeout: 60_000 }, async () => {
  const database = await logged();
  const { rows: heads } = await database.owner.query(
    `select n, encode(hash, 'hex') as hash from access_log_head where municipality = 'musterstadt'`,
  );
  const attacks: [string, string, string][] = [
    ...columns.map((column): [string, string, string] => [
      `alter ${column}`,
      `update access_log set ${column} = ${otherwise(column)} where municipality = 'musterstadt' and n = 7`,
      'musterstadt: row 7 says something else',
    ]),
    ['delete', `delete from access_log where municipality = 'musterstadt' and n = 7`, 'musterstadt: row 7 is missing'],
    ['delete the first', `delete from access_log where municipality = 'musterstadt' and n = 1`, 'musterstadt: row 1 is missing'],
    ['cut the end', `delete from access_log where municipality = 'musterstadt' and n > 50`, 'musterstadt: row 51 should be'],
    [
      'delete and close the gap',
      `delete from access_log where municipality = 'musterstadt' and n = 7; update access_log set n = n - 1 where municipality = 'musterstadt' and n > 7`,
      'musterstadt: row 7 says something else',
    ],
    [
      'exchange two',
      `update access_log set n = case n when 7 then 1007 else 1008 end where municipality = 'musterstadt' and n in (7, 8);
       update access_log set n = case n when 1007 then 8 else 7 end where municipality = 'musterstadt' and n in (1007, 1008)`,
      'musterstadt: row 7 says something else',
    ],
    [
      'alter and hash anew',
      `update access_log l set action = 'nothing' where municipality = 'musterstadt' and n = 7;
       update access_log l set hash = access_hash(l) where municipality = 'musterstadt' and n = 7`,
      'musterstadt: row 8 does not follow',
    ],
    [
      'put one in at the end',
      `insert into access_log select municipality, n + 1, at, actor, actor_name, site, desk, application, purpose, action, code, hash, previous
       from access_log where municipality = 'musterstadt' order by n desc limit 1; update access_log_head set n = n + 1 where municipality = 'musterstadt'`,
      'musterstadt: row 61 says something else',
    ],
    ['take everything', `delete from access_log where municipality = 'neudorf'`, 'neudorf: row 1 should be'],
  ];
  let found = 0;
  for (const [name, statement, told] of attacks) {
    await tamper(
      database,
      `create temporary table kept as select * from access_log; create temporary table kept_head as select * from access_log_head; ${statement}`,
    );
    const { code, text } = await run(database);
    expect([name, code, text.includes(told), text]).toEqual([name, 1, true, text]);
    found += 1;
    await tamper(
      database,
      `delete from access_log; insert into access_log select * from kept; drop table kept;
       delete from access_log_head; insert into access_log_head select * from kept_head; drop table kept_head`,
    );
    expect((await run(database)).code, name).toBe(0);
  }

  // The owner writes the whole chain anew: only what was noted down elsewhere tells.
  const noted = `musterstadt:${heads[0].n}:${heads[0].hash}`;
  expect((await run(database, { noted })).code).toBe(0);
  await tamper(
    database,
    `delete from access_log where municipality = 'musterstadt' and n = 60;
     update access_log_head set (n, hash) = (select n, hash from access_log where municipality = 'musterstadt' and n = 59) where municipality = 'musterstadt'`,
  );
  expect((await run(database)).code).toBe(0);
  expect(await run(database, { noted })).toMatchObject({
    code: 1,
    text: expect.stringContaining('musterstadt: row 60 should be') as string,
  });
  found += 1;
  await expect(run(database, { noted: 'x' })).rejects.toThrow('--noted');
  console.log(`S19: ${found} ways to tamper with the log, ${found} found, the row named`);
});
