/**
 * What a delivery costs, by protocol: one worker in this process, its PostgreSQL, and the demo back office in a process of its own on another core.
 * With FIT-Connect a delivery is done when the office has taken it: announced, sent, decrypted there, signed for, hinted at, asked about, verified.
 */
import { spawn } from 'node:child_process';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorker, destinationSettings, receiveHint, type DestinationSettings } from '../../src/server/delivery/index.ts';
import { handIn, testSummary } from '../../src/server/delivery/deliveries.fixture.ts';
import { KeyRing, openStore, type Store } from '../../src/server/store/index.ts';
import { pin, used } from './processes.ts';

export const BENCH_SECRET = 'a-secret-for-measuring-only';
const SCHEMA = 'https://schema.example/dog-tax.schema.json';
export const BENCH_FIT = {
  destinationId: '1f0e8b2c-6c1d-4a6e-9f43-0c2f6a1d7b55',
  clientId: 'portal',
  clientSecret: BENCH_SECRET,
  services: { '99102013060000': SCHEMA },
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const COUNT = 300;

type Say = (what: string, value: number | string, unit: string) => void;

export async function deliveries(say: Say): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'schalter-bench-'));
  // the database's user has to get in
  chmodSync(dataDir, 0o755);
  const store = await openStore({ dataDir, logger: silent, connections: 20 });
  const keys = await KeyRing.open(join(dataDir, 'keys'));
  const here: { settings?: DestinationSettings; wake?: () => void; municipality?: string } = {};
  const door = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const context = { store, logger: silent, destination: () => here.settings, wake: () => here.wake?.() };
      void receiveHint(context, { id: here.municipality ?? '' }, 'office', req.headers, Buffer.concat(chunks)).then(({ status }) =>
        res.writeHead(status).end(),
      );
    });
  });
  await new Promise<void>((done) => door.listen(0, '127.0.0.1', done));
  const office = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'office.ts'),
      join(dataDir, 'office'),
      `http://127.0.0.1:${(door.address() as AddressInfo).port}/`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  pin(office.pid!, 1);
  try {
    const port = await new Promise<number>((done) => office.stdout.once('data', (line: Buffer) => done(Number(line.toString()))));
    const base = `http://127.0.0.1:${port}`;
    const common = { id: 'office', allowHttp: true, allowPrivate: true, maxInFlight: 8, problems: [] };
    const fit: DestinationSettings = {
      ...common,
      adapter: 'fit-connect',
      endpoints: [base],
      secrets: [],
      url: `${base}/fit-connect/submission-api`,
      oauth2: { tokenUrl: `${base}/fit-connect/token`, clientId: 'portal', clientSecret: BENCH_SECRET, method: 'client_secret_post' },
      destinationId: BENCH_FIT.destinationId,
      services: { 'dog-tax': { name: 'Hundesteuer', schema: SCHEMA } },
      roots: undefined,
      revocations: [],
      callbackSecret: BENCH_SECRET,
    };
    const http: DestinationSettings = {
      ...common,
      adapter: 'http-json',
      endpoints: [base],
      secrets: [BENCH_SECRET],
      url: `${base}/submissions`,
    };
    const soap = destinationSettings(
      { ...common, name: 'Office', adapter: 'soap', url: `${base}/soap`, user: { name: 'schalter', password: 'env:X' } },
      () => BENCH_SECRET,
    );
    for (const settings of [http, soap, fit]) {
      // once to warm up
      for (const [round, count] of [50, COUNT].entries()) {
        Object.assign(here, { settings, municipality: `ort-${settings.adapter}-${round}` });
        const measured = await drain(store, keys, here.municipality!, settings, count, here, office.pid!, dataDir);
        if (round === 0) continue;
        say(`${settings.adapter}: ${count} deliveries without files, one worker`, count / measured.seconds, '/s');
        say(`${settings.adapter}: CPU a delivery, worker`, measured.worker / count, 'ms');
        say(`${settings.adapter}: CPU a delivery, database`, measured.database / count, 'ms');
        say(`${settings.adapter}: CPU a delivery, the back office`, measured.office / count, 'ms');
      }
    }
    say('fit-connect: one operation with a private key of 4096 bits', privateOperation(), 'ms');
    say('fit-connect: such operations a delivery, all of the back office', '2 to decrypt, 3 to sign', '');
  } finally {
    office.stdin.end();
    door.close();
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Milliseconds, the mean of 50. */
function privateOperation(): number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const begun = performance.now();
  for (let n = 0; n < 50; n += 1) sign('sha512', Buffer.from(String(n)), { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING });
  return (performance.now() - begun) / 50;
}

async function drain(
  store: Store,
  keys: KeyRing,
  municipality: string,
  settings: DestinationSettings,
  count: number,
  here: { wake?: () => void },
  officePid: number,
  dataDir: string,
) {
  for (let n = 0; n < count; n += 1) await handIn(store, keys, municipality);
  const worker = createWorker({
    store,
    keys,
    destination: (of) => (of === municipality ? settings : undefined),
    destinations: [{ municipality, settings }],
    logger: silent,
    openAttachment: () => Promise.resolve(undefined),
    summary: testSummary,
    poll: 250,
  });
  here.wake = () => worker.wake();
  const [file] = globSync('**/postmaster.pid', { cwd: dataDir });
  const postmaster = file === undefined ? undefined : Number.parseInt(readFileSync(join(dataDir, file), 'utf8'), 10);
  const before = { cpu: process.cpuUsage(), others: used(officePid, postmaster), at: performance.now() };
  await worker.start();
  for (;;) {
    const [row] = await store.transaction(municipality, (tx) =>
      tx.query<{ n: number }>('bench-open', `select count(*)::int as n from delivery where municipality = $1 and state <> 'delivered'`, [
        municipality,
      ]),
    );
    if (row!.n === 0) break;
    await new Promise((wait) => setTimeout(wait, 20));
  }
  const seconds = (performance.now() - before.at) / 1_000;
  const { user, system } = process.cpuUsage(before.cpu);
  const others = used(officePid, postmaster);
  await worker.stop();
  return {
    seconds,
    worker: (user + system) / 1_000,
    database: others.database - before.others.database,
    office: others.portal - before.others.portal,
  };
}
