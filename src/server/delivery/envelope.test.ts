/** Every version of the envelope fits its published schema, and a receiver of the first never meets what the next one brought. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { testEnvelope, testFollowup } from './deliveries.fixture.ts';
import { buildEnvelope, buildFollowup } from './envelope.ts';

const compiled = (name: string) =>
  new Ajv2020({ strict: false }).compile(
    JSON.parse(readFileSync(new URL(`../../../static/schemas/${name}.schema.json`, import.meta.url), 'utf8')) as object,
  );
const schema = (version: number) => compiled(`submission-envelope.v${version}`);
const submission = '0b6f7d9e-0000-4000-8000-000000000000';
const at = '2026-11-24T09:58:00.000Z';
const input = {
  ...testEnvelope(submission, 'office', 'musterstadt', 2),
  provenance: {
    'applicant.name': { source: 'typed', channel: 'online', by: 'citizen', at },
    'dog.name': { source: 'dictated', channel: 'counter', by: 'clerk', at, actor: 'Erika Amt', confirmedAt: at, previous: 'Rex' },
    'dog.breed': { source: 'paper', channel: 'post', by: 'clerk', at, actor: 'Erika Amt', confirmedAt: at, previous: null },
  },
  handling: {
    intakes: [
      {
        channel: 'post',
        representation: 'attorney',
        identity: { method: 'none', verified: false, level: 'none', by: 'Erika Amt', at },
        receivedOn: '2026-11-20',
        enteredAt: at,
      },
    ],
    confirmation: { how: 'spoken', at, summarySha256: 'a'.repeat(64), note: 'stimmt so' },
    transmittedBy: { by: 'clerk', name: 'Erika Amt', place: 'Rathaus, Platz 1' },
    fee: { item: 'Gebühr', amount: 30.7, paid: 'cash', reference: 'K-17' },
  },
};

describe.each([1, 2] as const)('version %i', (version) => {
  const envelope = buildEnvelope(input, version);
  it('fits its schema', () => {
    const validate = schema(version);
    expect(validate(envelope), JSON.stringify(validate.errors)).toBe(true);
    expect(schema(3 - version)(envelope)).toBe(false);
  });

  it('names the schema of the payload to who wants it, and to nobody else', () => {
    expect('payloadSchema' in envelope).toBe(false);
    const told = buildEnvelope({ ...input, payloadSchema: 'urn:example:schema:1.0' }, version);
    expect(told.payloadSchema).toBe('urn:example:schema:1.0');
    expect(schema(version)(told)).toBe(true);
  });

  it('tells who sent it for whom from version 2 on, and nothing that it has no name for', () => {
    const { intakes, ...rest } = input.handling;
    const more = { ...rest, subject: 'geheim', intakes: [{ ...intakes[0]!, subject: 'geheim', handedOn: { note: 'geheim' } }] };
    const told = buildEnvelope({ ...input, handling: more }, version);
    expect(told.handling).toEqual(version === 1 ? undefined : input.handling);
    expect(JSON.stringify(told)).not.toContain('geheim');
    expect(schema(version)(told)).toBe(true);
  });

  it('tells of staff what its receivers know', () => {
    const { provenance } = envelope;
    expect(provenance['applicant.name']).toEqual(input.provenance['applicant.name']);
    const known = { source: 'dictated', channel: 'counter', by: 'clerk', at };
    expect(provenance['dog.name']).toEqual(version === 1 ? known : input.provenance['dog.name']);
    expect('previous' in provenance['dog.breed']!).toBe(version === 2);
  });
});

it('a destination gets the first version until it asks for another', () => {
  expect(buildEnvelope(input).$schema).toMatch(/v1\.schema\.json$/);
});

describe('an answer', () => {
  const fits = compiled('followup-envelope.v1');
  it('fits its schema, given by the citizen or by staff', () => {
    for (const files of [0, 2])
      expect(fits(testFollowup(submission, 'office', 'musterstadt', files)), JSON.stringify(fits.errors)).toBe(true);
    const answer = testFollowup(submission, 'office');
    expect(fits(buildFollowup({ ...answer, by: 'clerk', actor: 'Erika Amt', channel: 'phone' }))).toBe(true);
  });

  it('is never an application, nor an application an answer', () => {
    for (const version of [1, 2]) expect(schema(version)(testFollowup(submission, 'office'))).toBe(false);
    expect(fits(testEnvelope(submission, 'office'))).toBe(false);
  });

  it('takes over nothing else that its parts carry', () => {
    const more = { ...testFollowup(submission, 'office', 'musterstadt', 1), pin: '1234' };
    expect(buildFollowup(more)).not.toHaveProperty('pin');
  });
});
