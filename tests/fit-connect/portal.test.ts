/** A citizen's application, through the pages of the built portal, by FIT-Connect to the office, and back to the status on the receipt. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MunicipalityDocument } from '../../src/server/config/index.ts';
import { journeysOf } from '../journeys.ts';
import { openWorld, PlainBrowser, root, type World } from '../portal.ts';
import { run, until } from '../travel.ts';
import { DESTINATION, openFitWorld, SCHEMA } from './world.ts';

const journey = journeysOf('dog-tax').find((one) => one.name === 'one-small-dog')!;
const SECRET = 'call-back-secret-of-the-portal-test';
const folder = mkdtempSync(join(tmpdir(), 'schalter-fit-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callback = { url: '', secret: SECRET };
const { backoffice } = await openFitWorld({ services: { '99102013104000': SCHEMA }, decideAfter: 50, callback });

/** Musterstadt, whose dog tax goes by FIT-Connect. */
function configure(): string {
  const document = JSON.parse(
    readFileSync(join(root, 'src/server/config/municipalities/musterstadt.json'), 'utf8'),
  ) as MunicipalityDocument;
  const base = `http://127.0.0.1:${backoffice.port}/fit-connect`;
  document.destinations.push({
    id: 'tax-office',
    name: 'Steueramt',
    adapter: 'fit-connect',
    url: `${base}/submission-api`,
    oauth2: { tokenUrl: `${base}/token`, clientId: 'portal', clientSecret: 'env:FIT_SECRET' },
    destinationId: DESTINATION,
    services: { 'dog-tax': { name: 'Hundesteuer anmelden', schema: SCHEMA } },
    keys: { selfMade: true },
    callbackSecret: 'env:FIT_CALLBACK_SECRET',
    allowHttp: true,
    allowPrivate: true,
  });
  document.services.find((one) => one.service === 'dog-tax')!.destination = 'tax-office';
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(join(config, 'musterstadt.json'), JSON.stringify(document));
  return config;
}

let world: World;
beforeAll(async () => {
  world = await openWorld({
    env: {
      SCHALTER_CONFIG: configure(),
      SCHALTER_TODAY: journey.document.today,
      FIT_SECRET: 'geheim & mehr',
      FIT_CALLBACK_SECRET: SECRET,
    },
  });
  callback.url = `http://localhost:${world.portal.port}/api/v1/fit-connect/tax-office`;
}, 90_000);
afterAll(() => world?.close());

it('arrives at the office as it was answered, and the citizen reads that it has', { timeout: 60_000 }, async () => {
  const citizen = new PlainBrowser(world.portal.port);
  const { last } = await run(citizen, journey);
  expect(last.status).toBe(200);
  const reference = last.path.split('/').at(-1)!;
  const received = await until(() => [...backoffice.cases.values()].find((one) => one.reference === reference), 'the case at the office');
  expect(received).toMatchObject({ via: 'FIT-Connect', payload: journey.document.expect.payload });
  const log = () => world.portal.output().split('\n');
  await until(() => (log().some((line) => line.includes('"outcome":"delivered"')) ? true : undefined), 'the acceptance');
  expect(log().some((line) => line.includes('"outcome":"waiting"'))).toBe(true);
  const status = await citizen.visit(`/de/status/${reference}`);
  expect(status.status).toBe(200);
  // arrived, and nothing about a decision
  expect(status.body).toContain('Die zuständige Stelle hat Ihren Antrag erhalten.');
  expect(status.body).not.toContain('entschieden');
  const metrics = await fetch(`http://127.0.0.1:${world.portal.port}/metrics`).then((answer) => answer.text());
  expect(metrics).toContain('schalter_deliveries{municipality="musterstadt",destination="tax-office",state="delivered"} 1');
  expect(metrics).toContain('schalter_callbacks_total{status="200"} 1');
});

it('a hint that nobody signed is refused', async () => {
  const browser = new PlainBrowser(world.portal.port);
  const asked = await browser.send('/api/v1/fit-connect/tax-office', { body: Buffer.from('{}'), type: 'application/json' });
  expect(asked.status).toBe(401);
  const elsewhere = await browser.send('/api/v1/fit-connect/demo', { body: Buffer.from('{}'), type: 'application/json' });
  expect(elsewhere.status).toBe(401);
});
