/**
 * R7: what one office that hangs costs the others: how long an application takes from being handed in to its own office, alone, and while fifty wait for
 * an office that takes every call and never answers. One worker for both.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { handIn, testSummary } from '../../src/server/delivery/deliveries.fixture.ts';
import { createWorker, type DestinationSettings } from '../../src/server/delivery/index.ts';
import { KeyRing, openStore } from '../../src/server/store/index.ts';

const TOWN = 'musterstadt';
const COUNT = 200;
const HANGING = 50;
/** Milliseconds between two applications. */
const PAUSE = 25;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Say = (what: string, value: number | string, unit: string) => void;

async function office(answer: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const settings = (id: string, url: string): DestinationSettings => ({
  id,
  adapter: 'http-json',
  allowHttp: true,
  allowPrivate: true,
  maxInFlight: 4,
  problems: [],
  endpoints: [url],
  secrets: ['a-secret-for-measuring-only'],
  url,
});

export async function neighbours(say: Say): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'schalter-bench-'));
  // the database's user has to get in
  chmodSync(dataDir, 0o755);
  const store = await openStore({ dataDir, logger: silent, connections: 20 });
  const keys = await KeyRing.open(join(dataDir, 'keys'));
  const arrived = new Map<string, number>();
  const good = await office((req, res) => {
    arrived.set(String(req.headers['idempotency-key']), performance.now());
    req.resume().on('end', () => res.end());
  });
  const hung = await office((req) => void req.resume());
  const all = [settings('good', good.url), settings('hung', hung.url)];
  const worker = createWorker({
    store,
    keys,
    destination: (_, id) => all.find((one) => one.id === id),
    destinations: all.map((one) => ({ municipality: TOWN, settings: one })),
    logger: silent,
    openAttachment: () => Promise.resolve(undefined),
    summary: testSummary,
    poll: 250,
  });
  const p95 = async (): Promise<number> => {
    const begun = new Map<string, number>();
    for (let n = 0; n < COUNT; n += 1) {
      const { submission } = await handIn(store, keys, TOWN, { destinations: ['good'] });
      begun.set(`${submission}:good`, performance.now());
      worker.wake();
      await sleep(PAUSE);
    }
    while ([...begun.keys()].some((key) => !arrived.has(key))) await sleep(20);
    const times = [...begun].map(([key, at]) => arrived.get(key)! - at).sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.95)]!;
  };
  try {
    await worker.start();
    await p95();
    const alone = await p95();
    for (let n = 0; n < HANGING; n += 1) await handIn(store, keys, TOWN, { destinations: ['hung'] });
    worker.wake();
    const beside = await p95();
    say('handed in to arrived, p95, alone', alone, 'ms');
    say(`handed in to arrived, p95, beside an office that hangs with ${HANGING} waiting`, beside, 'ms');
  } finally {
    hung.server.closeAllConnections();
    await worker.stop();
    good.server.close();
    hung.server.close();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
