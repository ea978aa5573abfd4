import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLOW_SCHEMA_FILE, flowSchemaText } from './schemas.generate.ts';
import { payloadValidator, schemaProblems } from './schemas.ts';

describe('schemas', () => {
  it('has an up-to-date flow schema for editors (run src/package/schemas.generate.ts)', () => {
    expect(JSON.parse(readFileSync(FLOW_SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(flowSchemaText()));
  });

  it('says in words what is wrong, where, and what to do', () => {
    const problems = schemaProblems('list', [{ code: '', en: 'North' }]);
    expect(problems).toContainEqual({ place: '/0', message: '"de" is missing.', remedy: 'Add "de".' });
    expect(problems.map(({ place }) => place)).toContain('/0/code');
  });

  it('tells patterns of one schema apart, and runs those that would hang an engine', () => {
    const validate = payloadValidator({ properties: { a: { pattern: '^[0-9]+$' }, b: { pattern: '^(x+x+)+y$' } } });
    expect(validate({ a: '1', b: 'xxy' })).toEqual([]);
    const started = performance.now();
    expect(validate({ a: 'x', b: 'x'.repeat(5000) }).map(({ place }) => place)).toEqual(['/a', '/b']);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
