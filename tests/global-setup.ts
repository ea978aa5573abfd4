/** One PostgreSQL for a test run: started in a temporary directory, with a migrated template that test files clone. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openStore } from '../src/server/store/pool.ts';
import { startPostgres } from '../src/server/store/postgres/index.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'schalter-test-'));
  // the user that the database runs as walks through here
  await chmod(dataDir, 0o755);
  const server = await startPostgres({ dataDir, logger: quiet });
  const { host, port, user } = server.connection;
  const admin = new pg.Client({ host, port, user, database: 'postgres' });
  await admin.connect();
  await admin.query('create database schalter_template');
  await admin.end();
  const store = await openStore({
    databaseUrl: `postgres://${user}@/schalter_template?host=${encodeURIComponent(host)}&port=${port}`,
    dataDir: '',
    logger: quiet,
  });
  await store.close();
  project.provide('postgres', { host, port, user });
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
