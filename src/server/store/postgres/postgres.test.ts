/** The embedded server against bad luck: killed portals, killed servers, kills during the first start (R3, R5 in small). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesIn, silent } from '../../../../tests/postgres.ts';
import { DatabaseUnavailable, loadDraft, openStore, saveDraft, type Store } from '../index.ts';
import { draftIn } from '../rows.fixture.ts';
import { findPostmaster } from './postmaster.ts';

let dataDir: string;
const stores: Store[] = [];
const portals: ChildProcess[] = [];
const cluster = () => join(dataDir, 'postgres', 'cluster');

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'schalter-pg-'));
  await chmod(dataDir, 0o755);
});
afterEach(async () => {
  for (const portal of portals.splice(0)) portal.kill('SIGKILL');
  await Promise.all(stores.splice(0).map((store) => store.close()));
  const left = await findPostmaster(cluster());
  if (left.state === 'running') process.kill(left.pid, 'SIGQUIT');
  await sleep(50);
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function openHere(): Promise<Store> {
  const store = await openStore({ dataDir, logger: silent });
  stores.push(store);
  return store;
}

/** A portal as a process of its own. */
function portal(): { process: ChildProcess; ready: Promise<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'portal.fixture.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  portals.push(child);
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('ready\n')) resolve(said);
    });
    child.once('exit', (code) => reject(new Error(`portal ended with ${code}: ${said}`)));
  });
  ready.catch(() => undefined);
  return { process: child, ready };
}

describe('the embedded server', () => {
  it('is closed to the network and to other users, and durable', async () => {
    const store = await openHere();
    const settings = await store.query<{ name: string; setting: string }>(
      'settings',
      `select name, setting from pg_settings where name in ('listen_addresses', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'log_min_error_statement')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      listen_addresses: '',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      log_min_error_statement: 'panic',
    });
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o077).toBe(0);
    expect((await stat(store.embedded!.connection.host)).mode & 0o077).toBe(0);
    if (process.getuid?.() === 0) expect((await stat(cluster())).uid).not.toBe(0);
  });

  it('S18: keeps what statements say out of its log', async () => {
    const store = await openHere();
    await expect(store.query('bad', `select $1::int`, ['KANARIENVOGEL'])).rejects.toThrow();
    await expect(
      store.query('worse', `insert into audit (municipality, actor, action, subject) values ('', 'KANARIENVOGEL', '', '')`),
    ).rejects.toThrow();
    expect(await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8')).not.toContain('KANARIENVOGEL');
  });

  it('lies under a path too long for a socket', async () => {
    const long = join(dataDir, 'x'.repeat(60), 'y'.repeat(60));
    const store = await openStore({ dataDir: long, logger: silent });
    expect(await store.ready()).toBe(true);
    const { host } = store.embedded!.connection;
    expect(Buffer.byteLength(`${host}/.s.PGSQL.5432`)).toBeLessThanOrEqual(107);
    await store.close();
    await rm(host, { recursive: true });
  });

  it('is adopted after the portal was killed, and stopped by whoever leaves last', async () => {
    const first = portal();
    await first.ready;
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    const before = await findPostmaster(cluster());
    expect(before.state).toBe('running');
    const second = portal();
    expect(await second.ready).toContain('database adopted');
    const third = await openHere();
    expect(await findPostmaster(cluster())).toEqual(before);
    second.process.kill('SIGTERM');
    await once(second.process, 'exit');
    expect(await third.ready()).toBe(true);
    await stores.pop()!.close();
    expect((await findPostmaster(cluster())).state).not.toBe('running');
  });

  it('R3: kill -9 of all its processes loses nothing, and the portal stays up', async () => {
    const store = await openHere();
    const draft = await draftIn(store, 'musterstadt');
    let revision = 1;
    let away = 0;
    for (let round = 0; round < 3; round += 1) {
      const killed = Date.now();
      const pid = await store.embedded!.pid();
      for (const process_ of await processesIn(cluster())) process.kill(process_, 'SIGKILL');
      for (let saved = 0; saved < 5;) {
        try {
          const result = await saveDraft(store, {
            ...draft,
            revision,
            content: Buffer.from(`r${revision}`),
            keepDays: 30,
            idle: 3_600_000,
          });
          // a save whose answer was lost may have happened: then its revision is there
          if (result.outcome === 'gone') throw new Error('gone');
          revision = result.revision ?? revision;
          saved += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(DatabaseUnavailable);
          away += 1;
          expect(Date.now() - killed).toBeLessThan(10_000);
          await sleep(25);
        }
      }
      expect(await store.embedded!.pid()).not.toBe(pid);
    }
    expect(away).toBeGreaterThan(0);
    expect((await loadDraft(store, { ...draft, idle: 3_600_000 }))?.revision).toBe(revision);
  });

  it('several processes may start it at once', async () => {
    const started = [portal(), portal(), portal()];
    const said = await Promise.all(started.map((one) => one.ready));
    expect(said.filter((text) => text.includes('database started'))).toHaveLength(1);
    expect(said.filter((text) => text.includes('database migrated'))).toHaveLength(1);
  });

  it('is not fooled by a stranger with its process id', async () => {
    const store = await openHere();
    await store.close();
    stores.pop();
    // a machine that restarted gives old process ids to others
    await writeFile(join(cluster(), 'postmaster.pid'), `${process.pid}\n${cluster()}\n0\n5432\n\n\n\n`);
    expect(await (await openHere()).ready()).toBe(true);
  });
});

describe('a server that cannot be reached', () => {
  it('is DatabaseUnavailable, with a time to come back', async () => {
    const opening = openStore({ databaseUrl: `postgres://x@/y?host=${encodeURIComponent(dataDir)}`, dataDir: '', logger: silent });
    await expect(opening).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(opening).rejects.toMatchObject({ retryAfter: 5 });
  });
});
