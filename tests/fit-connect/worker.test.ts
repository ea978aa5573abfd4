/** The whole way: handed in, claimed, sent, hinted at, asked about, taken. With a real database, a real worker and the demo back office. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/backoffice/faults.ts';
import type { FitConnectSettings } from '../../src/server/delivery/adapters/fit-connect/index.ts';
import {
  CANARY,
  eventually,
  handIn,
  openTestFile,
  testKeys as testKeyRing,
  testSummary,
} from '../../src/server/delivery/deliveries.fixture.ts';
import { equation, receiveHint, statusTimeline } from '../../src/server/delivery/index.ts';
import { createWorker, type Worker } from '../../src/server/delivery/worker.ts';
import { keptProofs, open, purposes, resolveDelivery, submissionById, unacceptedDeliveries } from '../../src/server/store/index.ts';
import { testDatabase } from '../postgres.ts';
import { CALLBACK_SECRET, openFitWorld } from './world.ts';

const { store, owner } = await testDatabase(20);
const keys = await testKeyRing();
const running: Worker[] = [];
afterEach(() => Promise.all(running.splice(0).map((worker) => worker.stop())));

let town = 0;

/** A municipality with a FIT-Connect destination, a worker, and the door at which the delivery service knocks. */
async function place({ callBacks = true, decideAfter = 20 } = {}) {
  const municipality = `amt-${(town += 1)}`;
  const log: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  const level = (name: string) => (event: string, fields: object) => void log.push({ level: name, event, fields: { ...fields } });
  const logger = { info: level('info'), warn: level('warn'), error: level('error') };
  const heard: number[] = [];
  const here: { settings?: FitConnectSettings; worker?: Worker } = {};
  const door = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const context = { store, logger, destination: () => here.settings, wake: () => here.worker?.wake() };
      void receiveHint(context, { id: municipality }, 'office', req.headers, Buffer.concat(chunks)).then(({ status, body }) => {
        heard.push(status);
        res.writeHead(status).end(body);
      });
    });
  });
  await new Promise<void>((done) => door.listen(0, '127.0.0.1', done));
  afterAll(() => door.close());
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/`;
  const world = await openFitWorld({ decideAfter, ...(callBacks && { callback: { url, secret: CALLBACK_SECRET } }) });
  const destination = { ...world.settings, maxInFlight: 16 };
  const worker = createWorker({
    store,
    keys,
    destination: (of, id) => (of === municipality && id === 'office' ? destination : undefined),
    destinations: [{ municipality, settings: destination }],
    logger,
    openAttachment: (_municipality, _application, _key, id) => openTestFile(id),
    summary: testSummary,
    poll: 40,
    pause: () => 20,
    grace: 300,
  });
  Object.assign(here, { settings: destination, worker });
  running.push(worker);
  await worker.start();
  /** For a receiver that gives no hints: its time has come. */
  const askNow = () => owner.query(`update delivery set ask_at = now() where municipality = $1 and ask_at is not null`, [municipality]);
  return { ...world, municipality, log, heard, askNow, order: (files = 0) => handIn(store, keys, municipality, { files }) };
}

const row = async (id: string) =>
  (
    await owner.query<{ state: string; last_error: string | null; words: Buffer | null; attempts: number }>(
      `select state, last_error, words, attempts from delivery where id = $1`,
      [id],
    )
  ).rows[0]!;
const comesTo = (id: string, state: string) => eventually(async () => (await row(id)).state === state);

describe('a delivery by FIT-Connect', () => {
  it('is waiting until the office takes it, and then received, with proof', async () => {
    const { order, log, heard, municipality, backoffice } = await place();
    const { delivery, submission, application } = await order(2);
    await comesTo(delivery, 'delivered');
    expect(heard).toEqual([200]);
    expect(backoffice.cases.size).toBe(1);
    const submitted = (await submissionById(store, municipality, submission))!;
    expect(submitted.lifecycle).toBe('received');
    expect((await statusTimeline(store, keys, municipality, submitted)).map((one) => one.status)).toEqual([
      'submitted',
      'forwarded',
      'received',
    ]);
    expect(log.filter((line) => line.event === 'delivery').map((line) => line.fields.outcome)).toEqual(
      expect.arrayContaining(['waiting', 'delivered']) as unknown,
    );
    expect(JSON.stringify(log)).not.toContain(CANARY);
    const proofs = await keptProofs(store, municipality, delivery);
    expect(proofs.map((proof) => proof.kind)).toEqual(['create-submission', 'submit-submission', 'accept-submission']);
    const key = await keys.unwrap(municipality, submitted.keyEpoch, submitted.wrappedKey);
    for (const { sourceId, sealed } of proofs) {
      const text = open(key, { municipality, application, purpose: purposes.proof(delivery, sourceId), revision: 0 }, sealed).toString();
      expect(JSON.parse(text)).toMatchObject({ token: expect.stringMatching(/^eyJ/) as unknown, key: { alg: 'PS512' } });
    }
  });

  it('without hints it is asked about; meanwhile it is waiting in the equation', async () => {
    const { order, askNow, municipality } = await place({ callBacks: false, decideAfter: 300 });
    const { delivery } = await order();
    await comesTo(delivery, 'waiting');
    const { balanced, destinations } = await equation(store, () => true);
    expect(balanced).toBe(true);
    expect(destinations.find((one) => one.municipality === municipality)).toMatchObject({
      submitted: 1,
      waiting: 1,
      delivered: 0,
      queued: 0,
    });
    await owner.query(`update delivery set waiting_since = now() - interval '25 hours' where id = $1`, [delivery]);
    expect((await unacceptedDeliveries(store, 24 * 3_600_000)).map((one) => one.delivery)).toEqual([delivery]);
    await eventually(async () => {
      await askNow();
      return (await row(delivery)).state === 'delivered';
    });
    expect(await unacceptedDeliveries(store, 24 * 3_600_000)).toEqual([]);
  });

  it('rejected: parked with a code, the words sealed; a person has it sent again, and it arrives', async () => {
    const { order, backoffice, municipality, log } = await place();
    // the announcement takes one, the submission the other
    backoffice.faults.set('reject', 2);
    const { delivery } = await order();
    await comesTo(delivery, 'parked');
    const parked = await row(delivery);
    expect(parked.last_error).toBe('rejected:technical-error');
    expect(parked.words!.toString('latin1')).not.toContain('Verzeichnis');
    expect(log).toContainEqual(expect.objectContaining({ level: 'error', event: 'delivery_parked' }));
    expect(backoffice.cases.size).toBe(0);
    backoffice.faults.set('none', 0);
    await resolveDelivery(store, municipality, delivery, 'queued', 'staff');
    await comesTo(delivery, 'delivered');
    expect(backoffice.cases.size).toBe(1);
  });

  it.each([
    ['duplicate-callback', [200, 200]],
    ['wrong-signature', [401, 200]],
  ] as const)('%s does no harm', async (fault, answers) => {
    const { order, backoffice, heard, municipality } = await place();
    backoffice.faults.set(fault, 1);
    const { delivery, submission } = await order();
    await comesTo(delivery, 'delivered');
    await eventually(() => heard.length === answers.length);
    expect(heard).toEqual(answers);
    const submitted = (await submissionById(store, municipality, submission))!;
    expect((await statusTimeline(store, keys, municipality, submitted)).filter((one) => one.status === 'received')).toHaveLength(1);
  });

  it('R8: answers lost, refusals and pauses on every step; each application arrives once', { timeout: 60_000 }, async () => {
    const { order, backoffice, municipality, askNow, side } = await place();
    const count = 40;
    const kinds: Fault[] = ['drop', '500', '429', 'drop', 'down'];
    let injected = 0;
    const disturb = setInterval(() => void backoffice.faults.set(kinds[injected++ % kinds.length]!, 2), 40);
    const handedIn = await Promise.all(Array.from({ length: count }, () => order(1)));
    const delivered = async () =>
      (
        await owner.query<{ n: number }>(`select count(*)::int as n from delivery where municipality = $1 and state = 'delivered'`, [
          municipality,
        ])
      ).rows[0]!.n;
    for (const until = Date.now() + 45_000; (await delivered()) < count && Date.now() < until;) {
      await new Promise((wait) => setTimeout(wait, 100));
      await askNow();
      // pauses that were asked for, and failures in a row, rest the destination for longer than a test lasts
      await owner.query(`update destination set open_until = now(), failures = 0 where municipality = $1 and open_until > now()`, [
        municipality,
      ]);
      if (injected > 80) clearInterval(disturb);
    }
    clearInterval(disturb);
    expect(await delivered()).toBe(count);
    expect(backoffice.cases.size).toBe(count);
    expect((await equation(store, () => true)).balanced).toBe(true);
    const submissions = [...side.records.all.values()];
    expect(submissions.filter((one) => one.metadata !== undefined)).toHaveLength(count);
    const { rows } = await owner.query<{ n: number }>(
      `select count(*)::int as n from submission s join application a on a.id = s.application_id where s.municipality = $1 and a.lifecycle = 'received'`,
      [municipality],
    );
    expect(rows[0]!.n).toBe(count);
    expect(handedIn).toHaveLength(count);
    process.stdout.write(
      `R8 by FIT-Connect: ${count} applications, ${injected} faults, ${count} cases at the office, ${submissions.length - count} announcements made again\n`,
    );
  });
});
