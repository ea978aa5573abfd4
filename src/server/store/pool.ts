/**
 * The way to the database for everything above the store: an owner pool that only migrates, and the portal's pool, whose connections run as
 * `schalter_app`. A dying server never ends the process: callers get `DatabaseUnavailable`, the embedded server is started again.
 */
import pg from 'pg';
import { databaseClock } from './clock.ts';
import { DatabaseUnavailable, isUnavailable } from './errors.ts';
import type { Logger } from './logger.ts';
import { migrate, pendingMigrations } from './migrations/index.ts';
import { type EmbeddedPostgres, startPostgres } from './postgres/index.ts';

export interface StoreOptions {
  /** A server's address (`postgres://…`). Without it the portal starts its own below `dataDir`. */
  databaseUrl?: string | undefined;
  dataDir: string;
  logger: Logger;
  /** Connections of this process at most. Default 10. */
  connections?: number;
  /** Migrate on opening. Default true; `migrate` and `doctor` look first. */
  migrate?: boolean;
}

export type Row = pg.QueryResultRow;

/** Runs statements: within a transaction, or one by one. */
export interface Statements {
  /** A statement that is prepared once per connection under `name`; the same name always with the same text. */
  query<R extends Row>(name: string, text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface Store extends Statements {
  /** Runs `work` in one transaction of one municipality. Rolled back when it throws. */
  transaction<T>(municipality: string, work: (tx: Statements) => Promise<T>): Promise<T>;
  /** Names of migrations not applied yet. */
  pending(): Promise<string[]>;
  /** Applies them; gives their names. */
  migrate(): Promise<string[]>;
  /** Milliseconds since 1970 by the database's clock, which all nodes share. */
  readonly now: () => number;
  /** Whether the database answers now (for readiness checks); never throws. */
  ready(): Promise<boolean>;
  /** The embedded server, if there is one. */
  readonly embedded: EmbeddedPostgres | undefined;
  close(): Promise<void>;
}

/** How often the clock is compared with the database's, in milliseconds. */
const CLOCK_SET = 60_000;

// Dates without time stay text: `pg` would make them midnight in local time, which is another day elsewhere
const dateOid = 1082;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === dateOid && format !== 'binary') return (value: string) => value;
    return pg.types.getTypeParser(oid, format) as unknown;
  }) as typeof pg.types.getTypeParser,
};

/**
 * Opens the store: starts or adopts the embedded server (or connects to `databaseUrl`) and brings it to this version.
 * @throws DatabaseUnavailable when a configured server cannot be reached
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir, logger, connections = 10 } = options;
  const embedded = databaseUrl ? undefined : await startPostgres({ dataDir, logger });
  const target: pg.PoolConfig = embedded ? embedded.connection : { connectionString: databaseUrl };
  const shared: pg.PoolConfig = { ...target, types, connectionTimeoutMillis: 5_000, keepAlive: true, allowExitOnIdle: true };

  const owner = listened(new pg.Pool({ ...shared, max: 2, application_name: 'schalter-owner', idleTimeoutMillis: 1_000 }), logger);
  const app = listened(
    new pg.Pool({
      ...shared,
      max: connections,
      application_name: 'schalter',
      idleTimeoutMillis: 30_000,
      // In the start-up message, so that no connection ever runs as the owner, not for one statement. The time limit ends a statement whose client hangs.
      options: '-c role=schalter_app -c statement_timeout=15s -c idle_in_transaction_session_timeout=60s -c lock_timeout=10s',
    }),
    logger,
  );

  function failed(error: unknown): never {
    if (!isUnavailable(error)) throw error;
    // the keeper starts the server again on its own; this only makes sure
    embedded?.ensure().catch(() => undefined);
    throw new DatabaseUnavailable(error);
  }

  const runOn = async <R extends Row>(on: pg.Pool | pg.PoolClient, name: string, text: string, values: readonly unknown[]) =>
    (await on.query<R>({ name, text, values: values as unknown[] })).rows;

  const clock = databaseClock(async () => {
    const { rows } = await app.query<{ now: number }>(`select extract(epoch from clock_timestamp())::float8 * 1000 as now`);
    return rows[0]?.now;
  });
  const setting = setInterval(() => void clock.set(), CLOCK_SET);
  setting.unref();

  const store: Store = {
    embedded,
    now: clock.now,
    query: (name, text, values = []) => runOn<never>(app, name, text, values).catch(failed),
    transaction: async (municipality, work) => {
      const client = await app.connect().catch(failed);
      let broken: Error | undefined;
      try {
        await client.query(`begin; select set_config('app.municipality', ${pg.escapeLiteral(municipality)}, true)`);
        const result = await work({ query: (name, text, values = []) => runOn<never>(client, name, text, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        if (isUnavailable(error)) broken = error as Error;
        // a connection that cannot even roll back is not used again
        else await client.query('rollback').catch((reason: Error) => (broken = reason));
        return failed(error);
      } finally {
        client.release(broken);
      }
    },
    pending: () => pendingMigrations(owner).catch(failed),
    migrate: () => migrate(owner).catch(failed),
    ready: () =>
      app.query('select 1').then(
        () => true,
        () => false,
      ),
    async close() {
      clearInterval(setting);
      await Promise.all([app.end(), owner.end()]);
      await embedded?.stop();
    },
  };

  try {
    if (options.migrate ?? true) {
      const applied = await store.migrate();
      if (applied.length > 0) logger.info({ applied, count: applied.length }, 'database migrated');
    }
    await clock.set();
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
  return store;
}

/** Without listeners an error on an idle or a borrowed connection would end the process. */
function listened(pool: pg.Pool, logger: Logger): pg.Pool {
  pool.on('error', (error) => logger.warn({ reason: error.message }, 'a database connection was lost'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
