import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cloneDatabase, type TestDatabase } from '../../tests/postgres.ts';
import { queueDeliveries } from '../server/store/rows.fixture.ts';
import { answerQuestion, claimDeliveries, finishDelivery, openQuestion, parkDelivery, recordStatus } from '#server/store';
import command from './deliver-status.ts';

const config = mkdtempSync(join(tmpdir(), 'schalter-config-'));
const document = JSON.parse(readFileSync(new URL('../server/config/municipalities/musterstadt.json', import.meta.url), 'utf8')) as object;
writeFileSync(join(config, 'musterstadt.json'), JSON.stringify(document));
const databases: TestDatabase[] = [];
afterAll(async () => {
  rmSync(config, { recursive: true });
  for (const database of databases) await database.drop();
});

/** A database with one delivered, one parked and one queued delivery. */
async function database(destination = 'demo'): Promise<TestDatabase> {
  const made = await cloneDatabase();
  databases.push(made);
  await queueDeliveries(made.store, 'musterstadt', 3, destination);
  const [first, second] = await claimDeliveries(made.store, 2, 60_000);
  await finishDelivery(made.store, first!);
  await parkDelivery(made.store, second!, { error: 'answer-422', status: 422 });
  return made;
}

async function run({ url }: TestDatabase, json = false): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const before = { ...process.env };
  Object.assign(process.env, { DATABASE_URL: url, SCHALTER_CONFIG: config });
  try {
    const code = await command.run({ values: {}, positionals: [], json, print: (line) => void lines.push(line) });
    return { code, text: lines.join('\n') };
  } finally {
    process.env = before;
  }
}

describe('deliver status', () => {
  it('prints the equation per destination and in all, and is fine when it holds', async () => {
    const given = await database();
    const { code, text } = await run(given);
    expect(code).toBe(0);
    expect(text.replace(/ +/g, ' ').split('\n')).toEqual([
      'municipality destination submitted delivered queued in flight parked unknown waiting',
      'musterstadt demo 3 1 1 0 1 0 0',
      'all 3 1 1 0 1 0 0',
      'The equation holds: nothing is lost.',
    ]);
    expect(JSON.parse((await run(given, true)).text)).toMatchObject({
      balanced: true,
      findings: [],
      total: { submitted: 3, delivered: 1, queued: 1, sending: 0, parked: 1, unknown: 0, waiting: 0 },
      destinations: [{ municipality: 'musterstadt', destination: 'demo', submitted: 3, breaker: 'closed' }],
    });
  });

  it('counts answers to what a back office asked, and says how many they are', async () => {
    const given = await database();
    const { rows } = await given.owner.query<{ submission: string }>(
      `select submission_id as submission from delivery where state = 'delivered'`,
    );
    const [municipality, submission] = ['musterstadt', rows[0]!.submission];
    const asked = {
      status: 'information_requested',
      at: new Date(),
      source: 'backoffice:demo',
      textKey: null,
      textSealed: null,
      externalId: 'q',
    };
    await recordStatus(given.store, {
      ...asked,
      municipality,
      submission,
      lifecycle: { to: 'information_requested', from: ['forwarded'] },
    });
    const { event, n } = (await openQuestion(given.store, municipality, submission))!;
    const answer = { municipality, submission, event, n, id: randomUUID(), delivery: randomUUID(), channel: 'online', adapter: undefined };
    const sealed = {
      contents: randomBytes(9),
      envelope: randomBytes(9),
      payloadSha256: randomBytes(32),
      answeredAt: new Date(),
      files: [],
    };
    expect((await answerQuestion(given.store, { ...answer, ...sealed })).outcome).toBe('answered');
    const { code, text } = await run(given);
    expect(code).toBe(0);
    expect(text.replace(/ +/g, ' ')).toContain('musterstadt demo 4 1 2 0 1 0 0');
    expect(text).toContain('Of what was submitted, 1 is an answer to what a back office asked.');
    expect(JSON.parse((await run(given, true)).text)).toMatchObject({ balanced: true, total: { submitted: 4, answers: 1 } });
    await given.owner.query(`delete from delivery where followup_id is not null`);
    expect((await run(given)).code).toBe(1);
  });

  it('exits 1 and names the submission when a delivery is gone', async () => {
    const given = await database();
    const { rows } = await given.owner.query<{ submission_id: string }>(
      `delete from delivery where state = 'queued' returning submission_id`,
    );
    const { code, text } = await run(given);
    expect(code).toBe(1);
    expect(text).toContain('musterstadt/demo: the sum differs from what was submitted.');
    expect(text).toContain(`submission ${rows[0]!.submission_id} ordered a delivery that does not exist`);
    expect(text).toContain('THE EQUATION DOES NOT HOLD');
    expect(JSON.parse((await run(given, true)).text)).toMatchObject({ balanced: false });
  });

  it('exits 1 and names a destination that no document knows', async () => {
    const { code, text } = await run(await database('closed-office'));
    expect(code).toBe(1);
    expect(text).toContain('musterstadt/closed-office: something waits for this destination, and no municipality document knows it.');
    expect(text).toContain('The equation holds');
  });
});
