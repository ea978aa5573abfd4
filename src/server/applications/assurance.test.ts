import { describe, expect, it } from 'vitest';
import type { ServiceDocument } from '#package';
import { levelOf, shortfall } from './assurance.ts';
import type { Intake } from './types.ts';

type Known = Pick<Intake, 'channel' | 'identity'>;
const known = (channel: Known['channel'], method: Known['identity']['method'], verified = true): Known => ({
  channel,
  identity: { method, verified },
});

describe('the level of a record', () => {
  it.each([
    [known('counter', 'idCard'), 'substantial'],
    [known('counter', 'residencePermit'), 'substantial'],
    [known('counter', 'known'), 'low'],
    [known('counter', 'none'), 'none'],
    [known('counter', 'passport', false), 'none'],
    // nobody sees a document there
    [known('phone', 'idCard'), 'low'],
    [known('post', 'passport'), 'low'],
    [known('email', 'known'), 'low'],
    [known('phone', 'none'), 'none'],
  ])('%j: %s', (record, level) => expect(levelOf(record)).toBe(level));
});

it('what a service asks for and the record does not give', () => {
  const service = { assurance: { counter: 'substantial', phone: 'low' }, assuranceRequired: ['counter'] } as unknown as ServiceDocument;
  expect(shortfall(service, known('counter', 'idCard'))).toBeUndefined();
  expect(shortfall(service, known('counter', 'known'))).toEqual({ needed: 'substantial', reached: 'low', required: true });
  expect(shortfall(service, known('phone', 'none'))).toEqual({ needed: 'low', reached: 'none', required: false });
  expect(shortfall(service, known('post', 'none'))).toBeUndefined();
});
