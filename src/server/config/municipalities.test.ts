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
});
