import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMunicipalities, ROOT } from './index.ts';
import type { MunicipalityDocument } from './types.ts';

const folder = mkdtempSync(join(tmpdir(), 'schalter-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const demo = join(ROOT, 'src/server/config/municipalities/musterstadt.json');

/** What is found when the demo's first destination is changed like this. */
function findingsOf(change: Record<string, unknown>): string[] {
  cpSync(demo, join(folder, 'one.json'));
  const document = JSON.parse(readFileSync(demo, 'utf8')) as MunicipalityDocument;
  Object.assign(document.destinations[0]!, change);
  writeFileSync(join(folder, 'one.json'), JSON.stringify(document));
  return readMunicipalities(folder).findings.map(({ place, message }) => `${place}: ${message}`);
}

describe('the destinations of a municipality', () => {
  it('the demo has no findings', () => expect(findingsOf({})).toEqual([]));

  it.each([
    ['a protocol that nobody speaks', { adapter: 'carrier-pigeon' }, /^\/destinations\/0: value of tag "adapter" must be in oneOf$/],
    ['a setting that no protocol knows', { colour: 'red' }, /^\/destinations\/0: must NOT have unevaluated properties$/],
    ['a secret in clear', { secrets: ['whsec_c2VjcmV0'] }, /^\/destinations\/0\/secrets\/0: must match pattern/],
    ['no address', { url: undefined }, /^\/destinations\/0: must have required property 'url'$/],
  ])('%s is found where it stands, in the words of the protocol it names', (_name, change, finding) => {
    const found = findingsOf(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(finding);
  });

  const fit = {
    adapter: 'fit-connect',
    url: 'https://service.example/submission-api',
    secrets: undefined,
    envelope: undefined,
    destinationId: '1f0e8b2c-6c1d-4a6e-9f43-0c2f6a1d7b55',
    oauth2: { tokenUrl: 'https://id.example/token', clientId: 'portal', clientSecret: 'env:CLIENT' },
    services: { 'dog-tax': { name: 'Hundesteuer', schema: 'https://schema.example/' } },
    keys: { selfMade: true },
  };
  it('FIT-Connect has settings of its own', () => {
    expect(findingsOf(fit)).toEqual([]);
    expect(findingsOf({ ...fit, keys: { roots: 'file:/roots.pem', revocations: ['https://lists.example/ca.crl'] } })).toEqual([]);
  });

  it.each([
    ['keys that nobody vouches for', { keys: {} }],
    ['keys that are both', { keys: { selfMade: true, roots: 'file:/roots.pem' } }],
    ['no services', { services: {} }],
    ['a destination that is no id', { destinationId: 'tax-office' }],
    ['a client secret in clear', { oauth2: { ...fit.oauth2, clientSecret: 'geheim' } }],
  ])('FIT-Connect with %s is found', (_name, change) => {
    expect(findingsOf({ ...fit, ...change }).length).toBeGreaterThan(0);
  });
});
