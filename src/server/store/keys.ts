/**
 * The municipalities' keys, in a folder outside the database and outside its backups: `<municipality>/<YYYY-MM>.key` wraps the keys of
 * applications begun in that month, `<municipality>/hash.key` makes keyed hashes of codes. Destroying a month's file destroys what was sealed
 * under it. Back the folder up apart from the database: without it no application can be read.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openRaw, SealBroken, sealRaw } from './sealing.ts';

const keyLength = 32;
const largestCache = 2_000;

/** Thrown at start when others than the owner can read or change a key. */
export class KeyExposed extends Error {
  constructor(path: string, mode: number) {
    super(
      `${path} can be read or changed by others (mode ${(mode & 0o777).toString(8)}). Set it right: chmod ${mode & 0o040000 ? '700' : '600'} ${path}`,
    );
    this.name = 'KeyExposed';
  }
}

/** A fresh key of an application: the key itself, and its wrapped form for the database. */
export interface NewKey {
  epoch: string;
  wrapped: Buffer;
  key: Buffer;
}

export class KeyRing {
  readonly #folder: string;
  readonly #files = new Map<string, Promise<Buffer>>();
  readonly #unwrapped = new Map<string, Buffer>();
  readonly #now: () => Date;

  private constructor(folder: string, now: () => Date) {
    this.#folder = folder;
    this.#now = now;
  }

  /**
   * Opens the folder (made if missing) and checks every key in it.
   * @throws KeyExposed when group or world have any right on a key or a folder
   */
  static async open(folder: string, now: () => Date = () => new Date()): Promise<KeyRing> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await checkRights(folder);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      await checkRights(join(folder, entry.name));
      for (const name of await readdir(join(folder, entry.name))) await checkRights(join(folder, entry.name, name));
    }
    return new KeyRing(folder, now);
  }

  /** A key for a new application, wrapped by this month's key of the municipality (made when it is the month's first). */
  async newKey(municipality: string): Promise<NewKey> {
    const epoch = this.#now().toISOString().slice(0, 7);
    const master = await this.#file(municipality, epoch, true);
    const key = randomBytes(keyLength);
    const wrapped = sealRaw(master, wrapContext(municipality, epoch), key);
    this.#remember(municipality, epoch, wrapped, key);
    return { epoch, wrapped, key };
  }

  /** The application's key. @throws SealBroken when it was wrapped for another municipality or month, or the month's key is destroyed */
  async unwrap(municipality: string, epoch: string, wrapped: Buffer): Promise<Buffer> {
    const cached = this.#unwrapped.get(cacheName(municipality, epoch, wrapped));
    if (cached) return cached;
    const master = await this.#file(municipality, epoch, false);
    const key = openRaw(master, wrapContext(municipality, epoch), wrapped);
    this.#remember(municipality, epoch, wrapped, key);
    return key;
  }

  /** HMAC-SHA-256 of a code (resume code, second factor), so that the database alone does not allow guessing. `purpose` keeps uses apart. */
  async keyedHash(municipality: string, purpose: string, text: string): Promise<Buffer> {
    const key = await this.#file(municipality, 'hash', true);
    return createHmac('sha256', key).update(`${purpose}\0${text}`).digest();
  }

  #remember(municipality: string, epoch: string, wrapped: Buffer, key: Buffer): void {
    // A Map keeps its order of insertion: the first is the oldest
    if (this.#unwrapped.size >= largestCache) this.#unwrapped.delete(this.#unwrapped.keys().next().value ?? '');
    this.#unwrapped.set(cacheName(municipality, epoch, wrapped), key);
  }

  #file(municipality: string, name: string, create: boolean): Promise<Buffer> {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(municipality)) throw new Error('Not the id of a municipality.');
    if (!/^(\d{4}-\d{2}|hash)$/.test(name)) throw new SealBroken('The key');
    const id = `${municipality}/${name}`;
    let file = this.#files.get(id);
    if (!file) {
      file = readKey(join(this.#folder, municipality), `${name}.key`, create);
      this.#files.set(id, file);
      // a failure must not be remembered
      file.catch(() => this.#files.delete(id));
    }
    return file;
  }
}

const wrapContext = (municipality: string, epoch: string) => Buffer.from(`${municipality}|${epoch}|key`);
const cacheName = (municipality: string, epoch: string, wrapped: Buffer) => `${municipality}|${epoch}|${wrapped.toString('latin1')}`;

async function readKey(folder: string, name: string, create: boolean): Promise<Buffer> {
  const path = join(folder, name);
  const there = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!there && !create) throw new SealBroken('The key');
  if (!there) {
    await makeKey(folder, path);
    return readKey(folder, name, false);
  }
  await checkRights(path);
  if (there.length !== keyLength) throw new Error(`${path} is not a key: ${there.length} bytes instead of ${keyLength}.`);
  return there;
}

/**
 * Writes a new key so that it is complete and on the disk before anybody can use it: what is sealed under a key that a power cut takes away is lost.
 * `link` fails when another process was first; then that one's key counts.
 */
async function makeKey(folder: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const half = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(half, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(keyLength));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(half, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(half);
  }
  for (const dir of [folder, join(folder, '..')]) {
    const handle = await open(dir);
    await handle.sync().finally(() => handle.close());
  }
}

async function checkRights(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) throw new KeyExposed(path, mode);
}
