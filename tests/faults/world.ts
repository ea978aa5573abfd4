/**
 * A portal that is killed and comes back on the same address and the same data, and the checks that read afterwards what became of everything it
 * acknowledged. `SCHALTER_FAULTS=full` (`npm run test:faults`) runs the acceptance tests in full, else they run in small.
 */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect } from 'vitest';
import { joinPath } from '../../src/flow/index.ts';
import type { Backoffice } from '../../src/backoffice/server.ts';
import type { FaultPoint } from '../../src/server/faults/index.ts';
import { until } from '../travel.ts';
import { journeysOf, services } from '../journeys.ts';
import { openWorld, root, type TestPortal } from '../portal.ts';

export const full = process.env.SCHALTER_FAULTS === 'full';
/** How often: in `npm test`, and in the full run. */
export const times = (small: number, all: number): number => (full ? all : small);

/** The bulky waste of one sofa: short, without files. */
export const sofa = journeysOf('bulky-waste').find((journey) => journey.name === 'sofa-free')!;

/** A journey with a file that is uploaded, and the page where. */
export const withFile = services()
  .flatMap((service) => journeysOf(service))
  .flatMap((journey) => journey.walk.steps.map((step) => ({ journey, step })))
  .find(({ journey, step }) =>
    step.fields.some((field) => field.type.file && Array.isArray(journey.answers[joinPath(step.prefix, field.id)])),
  )!;

/** Prints the figure of an acceptance test. */
export const figure = (text: string): void => void process.stdout.write(`${text}\n`);

export interface FaultWorld {
  readonly backoffice: Backoffice;
  readonly dataDir: string;
  readonly port: number;
  /** The portal that runs now. */
  readonly portal: TestPortal;
  /** From now on the portal dies when it passes this point; nothing: it lives. */
  readonly arm: (point?: FaultPoint) => void;
  /** Waits until the portal has died. */
  readonly death: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** Starts the portal again; gives the milliseconds until it was ready. */
  readonly restart: (env?: NodeJS.ProcessEnv) => Promise<number>;
  /** One more node on the same data; on the port that `PORT` names, if any. */
  readonly another: (env?: NodeJS.ProcessEnv) => Promise<TestPortal>;
  /** A statement as the database's owner, who sees everything. */
  readonly sql: <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;
  readonly close: () => Promise<void>;
}

export async function openFaultWorld(env: NodeJS.ProcessEnv = {}): Promise<FaultWorld> {
  // beside the data directory, which does not exist yet
  const world = await openWorld({
    env: {
      SCHALTER_TODAY: sofa.document.today,
      SCHALTER_LOG: 'error',
      SCHALTER_FAULT_FILE: faultFile(),
      SCHALTER_FAULTS_ALLOWED: 'yes',
      ...env,
    },
  });
  const { port } = world.portal;
  let portal = world.portal;
  const arm = (point?: FaultPoint) => writeFileSync(faultFile(), point ?? '');
  const died = () => portal.process.exitCode !== null || portal.process.signalCode !== null;
  return {
    backoffice: world.backoffice,
    dataDir: world.dataDir,
    port,
    get portal() {
      return portal;
    },
    arm,
    death: async () => void (await until(() => (died() ? true : undefined), 'the death of the portal')),
    kill: async () => {
      await portal.stop('SIGKILL');
    },
    restart: async (more = {}) => {
      const begun = performance.now();
      portal = await world.start({ PORT: String(port), ...more });
      return performance.now() - begun;
    },
    another: world.start,
    sql: (text, values) => asOwner(world.dataDir, text, values),
    close: async () => {
      arm();
      if (died()) portal = await world.start({ PORT: String(port) });
      await portal.stop();
      await world.close();
      rmSync(faultFile(), { force: true });
    },
  };
}

/** One a test file: test files run side by side. */
const faultFile = () => join('/tmp', `schalter-fault-${process.pid}-${process.env.VITEST_POOL_ID ?? '0'}`);

async function asOwner<R extends pg.QueryResultRow>(dataDir: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ host: join(dataDir, 'postgres', 'run'), port: 5432, user: 'schalter', database: 'schalter' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const run = promisify(execFile);

/**
 * Reads afterwards, knowing no implementation: every submission that was acknowledged is in the database and had its effect at the back office once;
 * every delivery is delivered, parked or queued; and the portal's own command says that nothing is lost. `answers`: to questions of the back office.
 */
export async function checkDeliveries(world: FaultWorld, acknowledged: readonly string[], answers = 0): Promise<void> {
  const references = (await world.sql<{ reference: string }>(`select reference from submission order by reference`)).map(
    (row) => row.reference,
  );
  expect(references).toEqual([...new Set(acknowledged)].sort());
  const cases = [...world.backoffice.cases.values()];
  expect(cases.map((one) => one.reference).sort()).toEqual(references);
  expect(new Set(cases.map((one) => one.submission)).size).toBe(cases.length);
  const states = await world.sql<{ state: string }>(`select distinct state from delivery`);
  for (const { state } of states) expect(['delivered', 'parked', 'queued']).toContain(state);
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'src/cli/main.ts'), 'deliver', 'status', '--json'],
    {
      cwd: root,
      env: { ...process.env, SCHALTER_DATA: world.dataDir },
    },
  );
  const told = JSON.parse(stdout) as { balanced: boolean; total: { submitted: number; answers: number } };
  expect(told).toMatchObject({ balanced: true, total: { submitted: references.length + answers, answers } });
}

/** Lets a minute pass for the leases of a killed worker. */
export const endLeases = (world: FaultWorld) => world.sql(`update delivery set next_at = now() where state = 'sending'`);

/** Waits longer than the pauses after two failed attempts, which a busy machine can bring about; tells why where it never comes. */
export async function allDelivered(world: FaultWorld, submissions: number): Promise<void> {
  let seen: { state: string; attempts: number; last_error: string | null }[] = [];
  const delivered = async () => {
    seen = await world.sql(`select state, attempts, last_error from delivery`);
    return seen.filter(({ state }) => state === 'delivered').length >= submissions ? true : undefined;
  };
  await until(delivered, `${submissions} deliveries`, 90_000).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(seen.filter(({ state }) => state !== 'delivered'))}`);
  });
}

/** Lets no pause pass: what waits for its time, or for its destination's, is due until all is delivered. */
export async function drain(world: FaultWorld): Promise<void> {
  const drained = async () => {
    await world.sql(`update destination set open_until = null`);
    await world.sql(`update delivery set next_at = now() where state = 'queued' and next_at > now()`);
    const [row] = await world.sql<{ n: number }>(`select count(*)::int as n from delivery where state <> 'delivered'`);
    if (row!.n === 0) return true;
    await new Promise((wait) => setTimeout(wait, 200));
    return undefined;
  };
  await until(drained, 'the end of the queue', 300_000);
}
