/**
 * The embedded database: a real PostgreSQL that the portal starts as its child under its data directory and keeps alive. Unix socket only.
 *
 * Several portals and commands may use one data directory. Each holds a keeper connection; whoever finds no server starts one, whoever finds
 * one (left by a killed portal, or of a neighbour) adopts it, and whoever leaves last stops it. A lost keeper starts the server again.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import { preparePlaces, shortName } from './account.ts';
import { Cluster } from './cluster.ts';
import { inTurn } from './turn.ts';

const databaseName = 'schalter';
const userName = 'schalter';
const keeperName = 'schalter-keeper';

export interface EmbeddedPostgres {
  /** Connection settings for `pg`: owner of the database `schalter`. */
  readonly connection: { host: string; port: number; user: string; database: string };
  /** Makes sure that the server runs and answers; starts it again if need be. Parallel calls share one start. */
  ensure(): Promise<void>;
  /** Ends this process's use; stops the server when nobody else uses it. Close all pools first. */
  stop(): Promise<void>;
  /** Process id of the postmaster, while it runs. */
  pid(): Promise<number | undefined>;
  /** Folder where the database lies. */
  readonly location: string;
}

export interface EmbeddedOptions {
  /** The portal's data directory. */
  dataDir: string;
  logger: Logger;
  /** PostgreSQL settings over the portal's own. */
  settings?: Readonly<Record<string, string>>;
}

/**
 * Starts or adopts the server of `dataDir`; comes back when it answers.
 * @throws when there are no binaries, or the server does not come up within 30 s (with the end of its log)
 */
export async function startPostgres({ dataDir, logger, settings = {} }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const wanted = resolve(dataDir);
  const places = await preparePlaces(wanted);
  if (!places.base.startsWith(wanted))
    logger.warn({ path: places.base }, 'the data directory cannot be entered by the database user; the database lies elsewhere');
  const cluster = new Cluster(places, logger, settings);
  const connection = { host: places.socket, port: 5432, user: userName };
  let keeper: pg.Client | undefined;
  let starting: Promise<void> | undefined;
  let stopped = false;

  async function connectKeeper(): Promise<pg.Client> {
    const client = new pg.Client({ ...connection, database: 'postgres', application_name: keeperName, connectionTimeoutMillis: 5_000 });
    // without a listener a dying server would end the process
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async function start(): Promise<void> {
    await inTurn(shortName(places.base), async () => {
      if (stopped) return;
      const client = await cluster.startOrAdopt(connectKeeper);
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
      if (rowCount === 0) await client.query(`create database ${databaseName}`);
      client.once('end', () => {
        if (keeper === client) keeper = undefined;
        if (!stopped) void revive();
      });
      keeper = client;
    });
  }

  /** Keeps trying: a full disk or a slow recovery may take longer than one start waits. */
  async function revive(): Promise<void> {
    logger.warn({}, 'the database is gone, starting it again');
    for (let pause = 200; !stopped; pause = Math.min(pause * 2, 5_000)) {
      try {
        await ensure();
        logger.info({}, 'the database is back');
        return;
      } catch (error) {
        logger.error({ reason: (error as Error).message }, 'the database does not start');
        await sleep(pause, undefined, { ref: false });
      }
    }
  }

  async function ensure(): Promise<void> {
    if (stopped || keeper) return;
    starting ??= start().finally(() => {
      starting = undefined;
    });
    await starting;
  }

  await ensure();
  return {
    connection: { ...connection, database: databaseName },
    location: places.base,
    ensure,
    pid: () => cluster.pid(),
    async stop() {
      if (stopped) return;
      stopped = true;
      await starting?.catch(() => undefined);
      await inTurn(shortName(places.base), async () => {
        const others = await keeper
          ?.query<{ n: number }>(
            'select count(*)::int as n from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()',
            [keeperName],
          )
          .catch(() => undefined);
        await keeper?.end().catch(() => undefined);
        if ((others?.rows[0]?.n ?? 0) === 0) await cluster.stop();
      });
    },
  };
}
