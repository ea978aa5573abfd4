/** What an office gets that wants FIM's ids with their versions and to be told by which schema it reads them; beside it one that wants neither. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { received } from '../e2e/stage.ts';
import { journeysOf } from '../journeys.ts';
import { openWorld, PlainBrowser, type World } from '../portal.ts';
import { run } from '../travel.ts';
import { TODAY } from './material.ts';

const SCHEMA = 'urn:xoev-de:fim:datenschema:s00000000364:1.0.0';
const office = {
  id: 'strict',
  name: 'Gewerbeaufsicht',
  adapter: 'http-json',
  url: 'http://127.0.0.1:4010/submissions',
  secrets: ['env:DEMO_BACKOFFICE_SECRET'],
  allowHttp: true,
  allowPrivate: true,
  payloadKeys: 'idVersion',
  payloadSchemas: { 'homework-notice': SCHEMA },
};

const [journey] = journeysOf('homework-notice');
let plain: World;
let strict: World;
beforeAll(async () => {
  const env = { SCHALTER_TODAY: TODAY };
  [plain, strict] = await Promise.all([
    openWorld({ env }),
    openWorld({ env, destinations: [office], serves: { 'homework-notice': 'strict' } }),
  ]);
}, 120_000);
afterAll(() => Promise.all([plain.close(), strict.close()]));

async function arrived(world: World) {
  const { last } = await run(new PlainBrowser(world.portal.port), journey!);
  const path = last.path;
  expect(path).toMatch(/\/receipt\//);
  return received(world, path.split('/').at(-1)!);
}

/** Keys of all objects in it, in order. */
const keysOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap(keysOf)
    : value !== null && typeof value === 'object'
      ? Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
      : [];

it('the same payload in other keys, with the address of its schema', async () => {
  const [one, other] = [await arrived(plain), await arrived(strict)];
  const bare = keysOf(one.payload);
  expect(bare.length).toBeGreaterThan(10);
  expect(bare.every((key) => /^[GF]\d+$/.test(key))).toBe(true);
  expect(keysOf(other.payload).map((key) => key.replace(/V[0-9.]+$/, ''))).toEqual(bare);
  expect(keysOf(other.payload).every((key) => /^[GF]\d+V\d+(\.\d+)+$/.test(key))).toBe(true);
  expect([one.payloadSchema, other.payloadSchema]).toEqual([undefined, SCHEMA]);
});
