/** Invented staff belong to the demonstration: nobody else gets them, neither by accident nor without a word. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readMunicipalities, type StaffDocument } from '../../src/server/config/index.ts';
import { keysIn } from '../../src/identity-provider/keys.ts';
import { openWorld, root } from '../portal.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'schalter-demo-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The demo's municipalities with other staff; null takes a setting away. */
function configured(change: Record<string, unknown>): void {
  cpSync(join(root, 'src/server/config/municipalities'), dir, { recursive: true });
  for (const file of readdirSync(dir)) {
    const document = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { staff: StaffDocument };
    const staff = Object.fromEntries(Object.entries({ ...document.staff, ...change }).filter(([, value]) => value !== null));
    writeFileSync(join(dir, file), JSON.stringify({ ...document, staff }));
  }
}

const provider = () =>
  spawnSync(process.execPath, [join(root, 'src/cli/identity-provider.ts')], {
    env: { ...process.env, SCHALTER_CONFIG: dir, SCHALTER_DATA: join(dir, 'data'), DEMO_IDENTITY_SECRET: 'x'.repeat(20) },
    encoding: 'utf8',
    timeout: 20_000,
  });

it.each<[string, Record<string, unknown>, string]>([
  ['where no municipality asks for it', { demo: null }, 'for the demonstration only'],
  ['where it says no', { demo: false }, 'for the demonstration only'],
  ['at another name of this machine', { issuer: 'http://localhost:4011' }, 'at http://127.0.0.1 only'],
])('the provider refuses to run %s', (_, change, why) => {
  configured(change);
  const { status, stderr } = provider();
  expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
});

it.each<[string, Record<string, unknown>]>([
  ['/staff/demo', { issuer: 'https://id.example.org' }],
  ['/staff/issuer', { issuer: 'http://id.example.org', demo: null }],
  ['/staff/issuer', { allowHttp: null, demo: null }],
  ['/staff/issuer', { issuer: 'https://', demo: null }],
  ['/staff', { clientSecret: 'the secret itself' }],
  ['/staff', { roles: { x: 'mayor' } }],
  ['/staff/sites/0', { sites: [{ id: 'a', name: 'A', desks: [1, 1].map((n) => ({ id: String(n), name: 'D' })) }] }],
])('a document with a fault at %s is not served', (place, change) => {
  configured(change);
  const { municipalities, findings } = readMunicipalities(dir);
  expect(municipalities).toEqual([]);
  expect(findings.filter((one) => one.place.startsWith(place)).length).toBeGreaterThan(0);
});

it('its keys are made once, for their owner only', () => {
  const keys = keysIn(dir);
  expect(keysIn(dir)).toEqual(keys);
  expect(statSync(join(dir, 'keys.json')).mode & 0o077).toBe(0);
  expect(statSync(dir).mode & 0o077).toBe(0);
});

it('a portal with invented staff says so in its log and on every page; one without staff has no counter', async () => {
  const world = await openWorld();
  expect(world.portal.output()).toMatch(/"demo_login"[^\n]*/);
  expect(await (await fetch(`${world.portal.url}/de/counter/left`)).text()).toContain('Die Beschäftigten sind erfunden');
  const config = join(dir, 'none');
  cpSync(join(world.dataDir, 'config'), config, { recursive: true });
  for (const file of readdirSync(config)) {
    const { staff: _, ...document } = JSON.parse(readFileSync(join(config, file), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(config, file), JSON.stringify(document));
  }
  const bare = await world.start({ SCHALTER_CONFIG: config });
  for (const path of ['/counter', ...['', '/login', '/callback?code=x', '/left', '/station'].map((page) => `/de/counter${page}`)])
    expect([path, (await fetch(bare.url + path)).status]).toEqual([path, 404]);
  expect(bare.output()).not.toContain('demo_login');
  await bare.stop();
  await world.close();
}, 60_000);
