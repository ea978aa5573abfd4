/** Two services that ship were finished by hand from real schemas: what they send is held against what the schemas ask for. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { compareSchemas } from '../../src/fim/index.ts';
import type { Json } from '../../src/flow/index.ts';
import { payloadValidator, readOrigin } from '../../src/package/index.ts';
import { journeysOf, type Journey } from '../journeys.ts';
import { root } from '../portal.ts';
import { real } from './material.ts';

/** A file is a text in a FIM schema, by agreement its id. What comes later by other ways is not in the data. */
function asFim(value: Json): Json | undefined {
  if (Array.isArray(value)) {
    const files = value.every((one) => one !== null && typeof one === 'object' && 'mime' in one);
    return files ? (value[0] as { id: string } | undefined)?.id : value.map((one) => asFim(one)!);
  }
  if (value === null || typeof value !== 'object') return value;
  if ('later' in value) return undefined;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (asFim(inner) === undefined ? [] : [[key, asFim(inner)!]])));
}

const complete = (journey: Journey): boolean => journey.document.expect.outcome === 'submit' && journey.walk.warnings.length === 0;
const withoutTitles = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === 'title' && typeof inner === 'string' ? undefined : inner));

describe('resident parking, S05000058', () => {
  const { imported } = real('xdf2/S05000058V1.0_Bewohnerparken_xdf2.xml');
  const journeys = journeysOf('resident-parking').filter(complete);

  it('sends what the schema asks for', () => {
    const problems = payloadValidator(imported.documents.payload.schema);
    expect(journeys.length).toBeGreaterThan(0);
    for (const { name, document } of journeys) {
      const missing = problems(asFim(document.expect.payload!)!).filter(({ message }) => !/is missing/.test(message));
      expect([name, missing]).toEqual([name, []]);
    }
    const whole = journeys.filter(({ document }) => problems(asFim(document.expect.payload!)!).length === 0).map(({ name }) => name);
    process.stdout.write(
      `FIM: resident parking: ${whole.length} of ${journeys.length} complete applications fit the real schema, the others lack what comes later\n`,
    );
    expect(whole).not.toEqual([]);
  });
});

describe('first issue of homework, S00000000364', () => {
  const { imported, schema } = real('xdf3/S00000000364.norel.xdf3.xml');
  const dir = join(root, 'flows/homework-notice');

  it('promises the very schema that was generated', () => {
    const [journey] = journeysOf('homework-notice');
    expect(withoutTitles(journey!.pkg.payload.schema)).toEqual(withoutTitles(imported.documents.payload.schema));
  });

  it('has no drift from the schema it was made of, and carries every field', () => {
    const { fim, carried } = readOrigin(dir, fieldTypes);
    expect(compareSchemas(fim!, carried, schema, [])).toMatchObject({ changes: [], proposal: 'none', missing: [], own: [] });
  });
});
