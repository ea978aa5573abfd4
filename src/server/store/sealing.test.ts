/** S20: what must not open does not open; keys that others can read stop the start. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyExposed, KeyRing, open, purposes, seal, SealBroken, type SealContext } from './index.ts';

const context: SealContext = { municipality: 'musterstadt', application: 'a1', purpose: purposes.content, revision: 3 };

describe('sealing', () => {
  const key = randomBytes(32);
  const text = Buffer.from('Erika Musterfrau, Straße 1');
  const blob = seal(key, context, text);

  it('opens what it sealed, and never seals the same way twice', () => {
    expect(open(key, context, blob)).toEqual(text);
    expect(seal(key, context, text)).not.toEqual(blob);
    expect(blob.includes('Erika')).toBe(false);
    expect(open(key, context, seal(key, context, Buffer.alloc(0)))).toHaveLength(0);
  });

  it.each<[string, Partial<SealContext>]>([
    ['municipality', { municipality: 'nachbarstadt' }],
    ['application', { application: 'a2' }],
    ['purpose', { purpose: purposes.payload }],
    ['revision', { revision: 2 }],
  ])('does not open for another %s', (_, other) => {
    expect(() => open(key, { ...context, ...other }, blob)).toThrow(SealBroken);
  });

  it('does not open with any bit changed, cut, or with another key', () => {
    for (let at = 0; at < blob.length * 8; at += 1) {
      const changed = Buffer.from(blob);
      changed[at >> 3] = changed[at >> 3]! ^ (1 << (at & 7));
      expect(() => open(key, context, changed), `bit ${at}`).toThrow(SealBroken);
    }
    for (let length = 0; length < blob.length; length += 1) expect(() => open(key, context, blob.subarray(0, length))).toThrow(SealBroken);
    expect(() => open(randomBytes(32), context, blob)).toThrow(SealBroken);
  });

  it('keeps the parts of a context apart', () => {
    expect(() => seal(key, { ...context, purpose: 'content|4' }, text)).toThrow();
  });

  it('chunks cannot be dropped, doubled or swapped', () => {
    const of = (n: number, last: boolean) => ({ ...context, purpose: purposes.fileChunk('f1', n, last), revision: 0 });
    const chunk = seal(key, of(1, false), text);
    expect(() => open(key, of(0, false), chunk)).toThrow(SealBroken);
    expect(() => open(key, of(1, true), chunk)).toThrow(SealBroken);
    expect(() => open(key, { ...of(1, false), purpose: purposes.fileChunk('f2', 1, false) }, chunk)).toThrow(SealBroken);
  });
});

describe('the key ring', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'schalter-keys-')), 'keys');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

  it('opens with a fresh ring what another wrapped, for its municipality and month only', async () => {
    const october = await KeyRing.open(folder, () => new Date('2026-10-31T12:00:00Z'));
    const november = await KeyRing.open(folder, () => new Date('2026-11-01T12:00:00Z'));
    const { epoch, wrapped, key } = await october.newKey('musterstadt');
    expect(epoch).toBe('2026-10');
    await november.newKey('musterstadt');
    await november.newKey('nachbarstadt');
    const ring = await KeyRing.open(folder);
    expect(await ring.unwrap('musterstadt', epoch, wrapped)).toEqual(key);
    await expect(ring.unwrap('musterstadt', '2026-11', wrapped)).rejects.toThrow(SealBroken);
    await expect(ring.unwrap('nachbarstadt', '2026-11', wrapped)).rejects.toThrow(SealBroken);
    await expect(ring.unwrap('nachbarstadt', epoch, wrapped)).rejects.toThrow(SealBroken);
    await expect(ring.unwrap('../musterstadt', epoch, wrapped)).rejects.toThrow();
    await expect(ring.unwrap('musterstadt', '../hash', wrapped)).rejects.toThrow(SealBroken);
    wrapped[20] = wrapped[20]! ^ 1;
    await expect(ring.unwrap('musterstadt', epoch, wrapped)).rejects.toThrow(SealBroken);
  });

  it('destroying a month destroys its applications', async () => {
    const { epoch, wrapped } = await (await KeyRing.open(folder)).newKey('musterstadt');
    await unlink(join(folder, 'musterstadt', `${epoch}.key`));
    await expect((await KeyRing.open(folder)).unwrap('musterstadt', epoch, wrapped)).rejects.toThrow(SealBroken);
  });

  it('several processes make one key', async () => {
    const rings = await Promise.all(Array.from({ length: 20 }, () => KeyRing.open(folder)));
    const keys = await Promise.all(rings.map((ring) => ring.newKey('musterstadt')));
    const last = await KeyRing.open(folder);
    for (const { epoch, wrapped, key } of keys) expect(await last.unwrap('musterstadt', epoch, wrapped)).toEqual(key);
    expect(await readdir(join(folder, 'musterstadt'))).toHaveLength(1);
  });

  it('is closed to others, and refuses to start when it is not', async () => {
    const { epoch } = await (await KeyRing.open(folder)).newKey('musterstadt');
    const file = join(folder, 'musterstadt', `${epoch}.key`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const [path, mode, right] of [
      [file, 0o640, 0o600],
      [file, 0o604, 0o600],
      [join(folder, 'musterstadt'), 0o750, 0o700],
      [folder, 0o701, 0o700],
    ] as const) {
      await chmod(path, mode);
      await expect(KeyRing.open(folder)).rejects.toThrow(KeyExposed);
      await chmod(path, right);
    }
    await expect(KeyRing.open(folder)).resolves.toBeInstanceOf(KeyRing);
  });

  it('refuses a key file of the wrong length', async () => {
    const { epoch, wrapped } = await (await KeyRing.open(folder)).newKey('musterstadt');
    const file = join(folder, 'musterstadt', `${epoch}.key`);
    await writeFile(file, (await readFile(file)).subarray(0, 16));
    await expect((await KeyRing.open(folder)).unwrap('musterstadt', epoch, wrapped)).rejects.toThrow(/not a key/);
  });

  it('hashes codes by municipality and purpose', async () => {
    const ring = await KeyRing.open(folder);
    const hash = await ring.keyedHash('musterstadt', 'resume', 'ABCD');
    expect(await (await KeyRing.open(folder)).keyedHash('musterstadt', 'resume', 'ABCD')).toEqual(hash);
    expect(await ring.keyedHash('nachbarstadt', 'resume', 'ABCD')).not.toEqual(hash);
    expect(await ring.keyedHash('musterstadt', 'factor', 'ABCD')).not.toEqual(hash);
  });
});
