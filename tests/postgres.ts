/**
 * Databases for tests: one embedded PostgreSQL a run (`tests/global-setup.ts`), and for each test file a database of its own, cloned from a migrated template.
 * The server runs with the portal's real settings, durability included.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readlink } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { type Logger, openStore, type Store } from '#server/store';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: { host: string; port: number; user: string };
  }
}

export const templateName = 'schalter_template';
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

const urlOf = ({ host, port, user }: { host: string; port: number; user: string }, database: string) =>
  `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;

export interface TestDatabase {
  store: Store;
  /** Address of the database, as its owner: for further stores and for looking past row-level security. */
  url: string;
  /** Statements as the owner. */
  owner: pg.Pool;
  drop(): Promise<void>;
}

/** A fresh migrated database with a store on it. */
export async function cloneDatabase(connections = 10): Promise<TestDatabase> {
  const server = inject('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name} template ${templateName}`);
  const url = urlOf(server, name);
  const store = await openStore({ databaseUrl: url, dataDir: '', logger: silent, migrate: false, connections });
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  // connections that linger while the database is dropped are ended by the server
  owner.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
  return {
    store,
    url,
    owner,
    async drop() {
      await Promise.all([store.close(), owner.end()]);
      await asAdmin(server, `drop database ${name} with (force)`);
    },
  };
}

/** `cloneDatabase` for a whole test file, dropped at its end. Call it at the top of the file: `const database = await testDatabase()`. */
export async function testDatabase(connections?: number): Promise<TestDatabase> {
  const database = await cloneDatabase(connections);
  afterAll(() => database.drop());
  return database;
}

async function asAdmin(server: { host: string; port: number; user: string }, statement: string): Promise<void> {
  const client = new pg.Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Ids of the processes that work in a folder: those of a cluster, whoever started them. */
export async function processesIn(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    if ((await readlink(`/proc/${name}/cwd`).catch(() => '')) === folder) found.push(Number(name));
  }
  return found;
}

/** Kills processes that were seen a moment ago; one that has ended by itself meanwhile is no fault. */
export function killHard(pids: readonly number[]): void {
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}
