/**
 * The kill test: many citizens hand in at once at two nodes on one database, both of which are killed again and again, while the back office fails in
 * every way it knows short of refusing. At the end everything that was acknowledged is at the back office once, and none of it is altered.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAULTS, type Fault } from '../../src/backoffice/faults.ts';
import type { Journey } from '../journeys.ts';
import { PlainBrowser, type Answer, type TestPortal } from '../portal.ts';
import { run } from '../travel.ts';
import { checkDeliveries, drain, endLeases, figure, openFaultWorld, sofa, times, type FaultWorld } from './world.ts';

const APPLICATIONS = times(40, 2_000);
const KILLS = times(6, 60);
const CITIZENS = times(6, 12);

/** The same numbers in every run: what was found once is found again. */
let seed = 20261125;
const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;

let world: FaultWorld;
let second: TestPortal;
beforeAll(async () => {
  world = await openFaultWorld();
  // An office that never answers holds a place for two seconds, and not for thirty.
  const file = join(world.dataDir, 'config', 'musterstadt.json');
  const document = JSON.parse(readFileSync(file, 'utf8')) as { destinations: { timeoutSeconds?: number }[] };
  document.destinations[0]!.timeoutSeconds = 2;
  writeFileSync(file, JSON.stringify(document));
  await world.kill();
  await world.restart();
  second = await world.another();
}, 90_000);
afterAll(async () => {
  await second?.stop();
  await world?.close();
});

/** Somebody who sends again what was not answered. */
class Patient extends PlainBrowser {
  unanswered = 0;

  override async send(...request: Parameters<PlainBrowser['send']>): Promise<Answer> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = await super.send(...request).catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
      });
      if (answer && answer.status !== 503) return answer;
      this.unanswered += 1;
      await sleep(100);
    }
  }
}

/** Names have letters only. */
const lettersOf = (n: number) => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
const applicationOf = (n: number): Journey => ({
  ...sofa,
  answers: Object.assign(Object.create(null), sofa.answers, { 'contact.name': `Muster${lettersOf(n)}` }) as Journey['answers'],
});

it('kill test: whatever dies, everything that was acknowledged arrives once and as it was', { timeout: 3_600_000 }, async () => {
  const acknowledged = new Map<number, string>();
  let begun = 0;
  let unanswered = 0;
  const citizen = async (port: number) => {
    while (begun < APPLICATIONS) {
      const n = (begun += 1);
      const browser = new Patient(port);
      const { last } = await run(browser, applicationOf(n));
      expect([n, last.status, last.path]).toEqual([n, 200, expect.stringMatching(/^\/de\/receipt\//)]);
      acknowledged.set(n, last.path.split('/').at(-1)!);
      unanswered += browser.unanswered;
    }
  };
  let done = false;
  const citizens = Promise.all(Array.from({ length: CITIZENS }, (_, index) => citizen(index % 2 === 0 ? world.port : second.port))).finally(
    () => (done = true),
  );
  citizens.catch(() => undefined);

  let kills = 0;
  const killing = async () => {
    while (!done || kills < KILLS) {
      await sleep(times(300, 1_500) + random(times(400, 1_500)));
      if (random(2) === 0) {
        await world.kill();
        await world.restart();
      } else {
        await second.stop('SIGKILL');
        second = await world.another({ PORT: String(second.port) });
      }
      kills += 1;
    }
  };
  const injected = new Set<Fault>();
  const kinds = (Object.keys(FAULTS) as Fault[]).filter((kind) => kind !== 'none' && kind !== 'reject');
  const failing = async () => {
    while (!done || kills < KILLS) {
      const kind = kinds[random(kinds.length)]!;
      injected.add(kind);
      world.backoffice.faults.set(kind, 1 + random(4));
      await sleep(100 + random(300));
    }
  };
  const others = Promise.all([killing(), failing()]);
  await Promise.all([citizens, others]);

  world.backoffice.faults.set('none', 0);
  await endLeases(world);
  await drain(world);

  expect(new Set(acknowledged.values()).size).toBe(APPLICATIONS);
  await checkDeliveries(world, [...acknowledged.values()]);
  const frozen = await world.sql<{ reference: string; key: string; sha256: string }>(
    `select s.reference, d.idempotency_key as key, encode(s.payload_sha256, 'hex') as sha256 from submission s join delivery d on d.submission_id = s.id`,
  );
  const received = [...world.backoffice.cases.values()];
  const line = (reference: string, key: string, sha256: string) => `${reference} ${key} ${sha256}`;
  expect(received.map((one) => line(one.reference, one.key, one.payloadSha256)).sort()).toEqual(
    frozen.map((one) => line(one.reference, one.key, one.sha256)).sort(),
  );
  // whose receipt it was is whose application it is
  const names = new Map(received.map((one) => [one.reference, (one.payload as { contact: { name: string } }).contact.name]));
  for (const [n, reference] of acknowledged) expect([reference, names.get(reference)]).toEqual([reference, `Muster${lettersOf(n)}`]);
  const [twice] = await world.sql<{ n: number }>(
    `select count(*)::int as n from (select 1 from status_event where source like 'backoffice:%' group by submission_id, status having count(*) > 1) twice`,
  );
  expect(twice!.n).toBe(0);

  const sends = received.reduce((sum, one) => sum + one.sends, 0);
  figure(
    `Kill test: ${APPLICATIONS} submitted by ${CITIZENS} at a time, ${kills} kills of 2 nodes, ${injected.size} kinds of faults, ${unanswered} requests without an answer; ` +
      `${received.length} received, each once by its key, ${sends - received.length} repeated transports absorbed, 0 lost, 0 altered`,
  );
});
