/** The deliveries desk: who decides what, four eyes, and that the equation holds whatever people decide. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  claimDeliveries,
  createStaffSession,
  decideDelivery,
  deliveryFigures,
  deskCase,
  deskLines,
  markUnknown,
  openRedirections,
  parkDelivery,
  proposeRedirection,
  refuseRedirection,
  replayParked,
  submissionById,
  type DeskClerk,
} from '#server/store';
import type { HttpJsonDestination } from '#server/config';
import {
  answerWith,
  CANARY,
  eventually,
  handIn,
  openOffice,
  openTestFile,
  settingsFor,
  testKeys,
  testSummary,
} from './deliveries.fixture.ts';
import { redirect, wordsOf } from './desk.ts';
import type { Envelope } from './envelope.ts';
import { equation } from './equation.ts';
import { createWorker } from './worker.ts';

const { store, owner } = await testDatabase();
const keys = await testKeys();

let town = 0;
const newTown = () => `amt-${(town += 1)}`;
async function clerk(municipality: string, subject: string, roles = ['deliveries']): Promise<DeskClerk> {
  const { hash } = await createStaffSession(store, municipality, { subject, name: `Name of ${subject}`, roles }, { absolute: 3_600_000 });
  return { municipality, sessionHash: hash };
}
const target = (id: string, more: Partial<HttpJsonDestination> = {}): HttpJsonDestination => ({
  id,
  name: id,
  adapter: 'http-json',
  url: 'http://127.0.0.1:9/',
  secrets: [],
  ...more,
});
const everything = () => equation(store, () => true);
const logged = async (municipality: string) =>
  (await owner.query<{ action: string }>(`select action from access_log where municipality = $1 order by n`, [municipality])).rows.map(
    (row) => row.action,
  );

/** An application that its destination refused for good, with the office's words. */
async function parked(municipality: string) {
  const office = await openOffice();
  office.react(answerWith(422, `Frau ${CANARY} ist unbekannt`));
  const handed = await handIn(store, keys, municipality);
  const worker = workerFor(municipality, { office: office.url });
  await worker.start();
  await eventually(async () => (await stateOf(handed.delivery)) === 'parked');
  await worker.stop();
  return { ...handed, office };
}

function workerFor(municipality: string, urls: Record<string, string>) {
  const settings = Object.entries(urls).map(([id, url]) => settingsFor(url, { id }));
  return createWorker({
    store,
    keys,
    destination: (of, id) => (of === municipality ? settings.find((one) => one.id === id) : undefined),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    openAttachment: (_municipality, _application, _key, id) => openTestFile(id),
    summary: testSummary,
    poll: 30,
    pause: () => 0,
    grace: 300,
  });
}

const stateOf = async (id: string) =>
  (await owner.query<{ state: string }>(`select state from delivery where id = $1`, [id])).rows[0]?.state;

describe('who decides', () => {
  it('nobody without the role, from another municipality or after the session; each try is written down', async () => {
    const municipality = newTown();
    const { delivery } = await parked(municipality);
    const others = [
      await clerk(municipality, 'anke', ['counter', 'phone', 'post', 'lead']),
      { municipality, sessionHash: Buffer.alloc(32) },
      { municipality, sessionHash: (await clerk(newTown(), 'elsewhere')).sessionHash },
    ];
    const gone = await clerk(municipality, 'gone');
    await owner.query(`update staff_session set seen_at = now() - interval '31 minutes' where id_hash = $1`, [gone.sessionHash]);
    for (const who of [...others, gone]) {
      const found = (await deskCase(store, municipality, delivery))!.delivery;
      expect(await decideDelivery(store, who, delivery, 'again')).toBe('forbidden');
      expect(await replayParked(store, who, 'office')).toBeNull();
      expect(await wordsOf({ store, keys }, who, found)).toBeUndefined();
      expect(await proposeRedirection(store, who, { id: randomUUID(), delivery, target: 'archive', reason: 'outage' })).toBe('forbidden');
    }
    expect(await stateOf(delivery)).toBe('parked');
    expect(await logged(municipality)).toEqual(
      [...others, gone].flatMap(() => [
        'delivery-again-refused',
        'delivery-again-all-refused',
        'read-words-refused',
        'redirect-propose-refused',
      ]),
    );
  });

  it("reads a back office's words, which the log knows and no table has in clear", async () => {
    const municipality = newTown();
    const { delivery, application } = await parked(municipality);
    const who = await clerk(municipality, 'falke');
    const found = (await deskCase(store, municipality, delivery))!;
    expect(found.delivery).toMatchObject({ state: 'parked', words: true, lastError: 'answer-422' });
    expect(JSON.stringify(found)).not.toContain(CANARY);
    expect(await wordsOf({ store, keys }, who, found.delivery)).toBe(`Frau ${CANARY} ist unbekannt`);
    const { rows } = await owner.query(`select action, application, purpose from access_log where municipality = $1`, [municipality]);
    expect(rows).toEqual([{ action: 'read-words', application, purpose: 'deliveries' }]);
  });
});

describe('what is decided', () => {
  it('one or all parked are sent again, with the same key, and counted from the start', async () => {
    const municipality = newTown();
    const who = await clerk(municipality, 'falke');
    const first = await parked(municipality);
    const others = [await parked(municipality), await parked(municipality)];
    expect(await decideDelivery(store, who, first.delivery, 'arrived')).toBe('changed');
    expect(await decideDelivery(store, who, first.delivery, 'again')).toBe('done');
    expect(await decideDelivery(store, who, first.delivery, 'again')).toBe('changed');
    expect((await deskLines(store, municipality, 'office', 'parked', { most: 10, skip: 0 })).map((line) => line.id)).toEqual(
      others.map((one) => one.delivery),
    );
    expect(await replayParked(store, who, 'office')).toBe(2);
    const office = await openOffice();
    const worker = workerFor(municipality, { office: office.url });
    await worker.start();
    for (const one of [first, ...others]) await eventually(async () => (await stateOf(one.delivery)) === 'delivered');
    await worker.stop();
    expect(office.calls.map((call) => call.headers['idempotency-key']).sort()).toEqual(
      [first, ...others].map((one) => `${one.submission}:office`).sort(),
    );
    const { rows } = await owner.query(
      `select actor, count(*)::int as n from audit where municipality = $1 and action = 'resolve-delivery' group by 1`,
      [municipality],
    );
    expect(rows).toEqual([{ actor: 'staff:falke', n: 3 }]);
    expect((await everything()).balanced).toBe(true);
  });

  it('an uncertain one has arrived, or is sent again', async () => {
    const municipality = newTown();
    const who = await clerk(municipality, 'falke');
    for (const [decision, state] of [
      ['arrived', 'delivered'],
      ['again', 'queued'],
    ] as const) {
      const { delivery } = await handIn(store, keys, municipality);
      const claimed = (await claimDeliveries(store, 100, 60_000)).find((one) => one.id === delivery)!;
      await markUnknown(store, claimed, { error: 'TIMEOUT' });
      expect(await decideDelivery(store, who, delivery, decision)).toBe('done');
      expect(await stateOf(delivery)).toBe(state);
    }
    expect((await everything()).balanced).toBe(true);
  });
});

describe('another destination', () => {
  it('takes two people, a delivery and a key of its own; the equation holds at every step, and the first destination is not asked again', async () => {
    const municipality = newTown();
    const one = await parked(municipality);
    const [first, second] = [await clerk(municipality, 'falke'), await clerk(municipality, 'gimpel')];
    const id = randomUUID();
    const lines = async () =>
      Object.fromEntries(
        (await deliveryFigures(store))
          .filter((row) => row.municipality === municipality)
          .map((row) => [row.destination, [row.submitted, row.delivered, row.queued, row.parked]]),
      );
    expect(await proposeRedirection(store, first, { id, delivery: one.delivery, target: 'archive', reason: 'refused' })).toBe('proposed');
    expect(await proposeRedirection(store, second, { id: randomUUID(), delivery: one.delivery, target: 'other', reason: 'refused' })).toBe(
      'open',
    );
    expect(await openRedirections(store, municipality)).toMatchObject([{ id, source: 'office', target: 'archive', proposedBy: 'falke' }]);
    expect(await lines()).toEqual({ office: [1, 0, 0, 1] });
    const { delivery } = (await deskCase(store, municipality, one.delivery))!;
    const change = { redirection: id, target: target('archive', { envelope: 2 }) };
    expect(await redirect({ store, keys }, first, delivery, change)).toBe('same-person');
    // the same person with another session is the same person
    expect(await redirect({ store, keys }, await clerk(municipality, 'falke'), delivery, change)).toBe('same-person');
    expect(await redirect({ store, keys }, second, delivery, change)).toBe('confirmed');
    expect(await redirect({ store, keys }, second, delivery, change)).toBe('changed');
    expect(await lines()).toEqual({ office: [0, 0, 0, 0], archive: [1, 0, 1, 0] });
    expect(await everything()).toMatchObject({ balanced: true, findings: [] });

    const archive = await openOffice();
    const before = one.office.calls.length;
    const worker = workerFor(municipality, { office: one.office.url, archive: archive.url });
    await worker.start();
    await eventually(() => archive.calls.length > 0);
    await eventually(async () => (await lines()).archive?.[1] === 1);
    await worker.stop();
    expect(one.office.calls.length).toBe(before);
    expect(archive.calls.map((call) => call.headers['idempotency-key'])).toEqual([`${one.submission}:archive`]);
    const [was, is] = [one.envelopes[0]!, JSON.parse(archive.calls[0]!.body.toString()) as Envelope];
    expect(is).toEqual({ ...was, id: `${one.submission}:archive`, $schema: was.$schema.replace('.v1.', '.v2.') });
    expect((await submissionById(store, municipality, one.submission))!.lifecycle).toBe('forwarded');
    expect(await logged(municipality)).toEqual([
      'redirect-propose',
      'redirect-propose-refused',
      'redirect-confirm-refused',
      'redirect-confirm-refused',
      'redirect-confirm',
      'redirect-confirm-refused',
    ]);
  });

  it('can be left again: back at the first destination it is the first delivery, with its key', async () => {
    const municipality = newTown();
    const one = await parked(municipality);
    const [first, second] = [await clerk(municipality, 'falke'), await clerk(municipality, 'gimpel')];
    const move = async (from: string, to: string) => {
      const { rows } = await owner.query<{ id: string }>(`select id from delivery where submission_id = $1 and destination = $2`, [
        one.submission,
        from,
      ]);
      const id = randomUUID();
      await proposeRedirection(store, first, { id, delivery: rows[0]!.id, target: to, reason: 'test' });
      const { delivery } = (await deskCase(store, municipality, rows[0]!.id))!;
      return redirect({ store, keys }, second, delivery, { redirection: id, target: target(to) });
    };
    expect(await move('office', 'archive')).toBe('confirmed');
    expect((await submissionById(store, municipality, one.submission))!.destinations).toEqual(['archive']);
    expect(await move('archive', 'office')).toBe('confirmed');
    expect(await stateOf(one.delivery)).toBe('queued');
    expect((await everything()).findings).toEqual([]);
    expect((await submissionById(store, municipality, one.submission))!.destinations).toEqual(['office']);
  });

  it('not for what has left meanwhile, not twice to the same, and not against the table itself', async () => {
    const municipality = newTown();
    const [first, second] = [await clerk(municipality, 'falke'), await clerk(municipality, 'gimpel')];
    const both = await handIn(store, keys, municipality, { destinations: ['office', 'archive'] });
    const propose = (to: string, id = randomUUID()) =>
      proposeRedirection(store, first, { id, delivery: both.delivery, target: to, reason: 'outage' });
    expect(await propose('archive')).toBe('there');
    const id = randomUUID();
    expect(await propose('other', id)).toBe('proposed');
    const claimed = (await claimDeliveries(store, 100, 60_000)).find((one) => one.id === both.delivery)!;
    const { delivery } = (await deskCase(store, municipality, both.delivery))!;
    expect(await redirect({ store, keys }, second, delivery, { redirection: id, target: target('other') })).toBe('changed');
    await parkDelivery(store, claimed, { error: 'answer-422' });
    expect((await openRedirections(store, municipality)).length).toBe(0);
    const again = randomUUID();
    expect(await propose('other', again)).toBe('proposed');
    expect(await refuseRedirection(store, second, again)).toBe('refused');
    expect(await refuseRedirection(store, second, again)).toBe('changed');
    await expect(
      owner.query(
        `insert into redirection (id, municipality, submission_id, delivery_id, source, target, reason, proposed_by, proposed_name, decided_by, decided_at, outcome)
         values (gen_random_uuid(), $1, $2, $3, 'office', 'x', 'r', 'falke', 'n', 'falke', now(), 'confirmed')`,
        [municipality, both.submission, both.delivery],
      ),
    ).rejects.toMatchObject({ code: '23514' });
    expect((await everything()).findings).toEqual([]);
  });

  it('a redirection that nobody ordered, or a delivery that went without one, is found', async () => {
    const municipality = newTown();
    const one = await handIn(store, keys, municipality);
    await owner.query(`update delivery set state = 'redirected' where id = $1`, [one.delivery]);
    expect((await everything()).findings.filter((finding) => finding.municipality === municipality)).toMatchObject([
      { rule: 'unbalanced', destination: 'office' },
      { rule: 'missing', destination: 'office', submission: one.submission },
    ]);
    await owner.query(`update delivery set state = 'queued' where id = $1`, [one.delivery]);
    expect((await everything()).balanced).toBe(true);
  });
});
