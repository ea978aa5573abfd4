import { describe, expect, it } from 'vitest';
import type { FitConnectDestination, HttpJsonDestination } from '#server/config';
import { identity } from '../network/certificates.fixture.ts';
import { destinationSettings } from './destinations.ts';

const values: Record<string, string> = {
  'env:NEW': 'a-new-secret-of-a-test',
  'env:OLD': 'an-old-secret-of-a-test',
  'env:SHORT': 'short',
  'file:/ca.pem': 'CA',
  'file:/own.pem': 'CERT',
  'file:/own.key': 'KEY',
  'env:CLIENT': 'client-secret',
};
const opened: [string, boolean][] = [];
const read = (reference: string, open = false): string => {
  opened.push([reference, open]);
  const value = values[reference];
  if (value === undefined) throw new Error(`secret ${reference}: not set`);
  return value;
};
const document: HttpJsonDestination = {
  id: 'office',
  name: 'Amt',
  adapter: 'http-json',
  url: 'https://office.example/',
  secrets: ['env:NEW', 'env:OLD'],
};

describe('a destination with its secrets', () => {
  it('has every reference resolved; certificates may be read by others, keys may not', () => {
    opened.length = 0;
    const settings = destinationSettings(
      {
        ...document,
        onUnknown: 'manual',
        tls: { ca: 'file:/ca.pem', certificate: 'file:/own.pem', key: 'file:/own.key' },
        oauth2: { tokenUrl: 'https://id.example/token', clientId: 'portal', clientSecret: 'env:CLIENT' },
      },
      read,
    );
    expect(settings).toMatchObject({
      secrets: [values['env:NEW'], values['env:OLD']],
      onUnknown: 'manual',
      tls: { ca: 'CA', certificate: 'CERT', key: 'KEY' },
      oauth2: { clientSecret: 'client-secret' },
      problems: [],
    });
    expect(opened.filter(([, open]) => open).map(([reference]) => reference)).toEqual(['file:/ca.pem', 'file:/own.pem']);
  });

  it.each([
    ['a secret that is missing', { secrets: ['env:NOWHERE'] }, /env:NOWHERE/],
    ['one of two secrets that is missing', { secrets: ['env:NEW', 'env:NOWHERE'] }, /env:NOWHERE/],
    ['a secret that can be guessed', { secrets: ['env:SHORT'] }, /env:SHORT.*16/],
    ['a certificate that is missing', { tls: { certificate: 'file:/none.pem', key: 'file:/own.key' } }, /none\.pem/],
    [
      'a client secret that is missing',
      { oauth2: { tokenUrl: 'https://id.example/', clientId: 'x', clientSecret: 'env:NOWHERE' } },
      /env:NOWHERE/,
    ],
  ])('%s is a problem with a name and without a value', (_name, more, problem) => {
    const { problems } = destinationSettings({ ...document, ...more }, read);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
    expect(problems[0]).not.toContain('short:');
    for (const value of Object.values(values).filter((one) => one.length > 5)) expect(problems[0]).not.toContain(value);
  });
});

describe('a destination by FIT-Connect', () => {
  const root = identity({ name: 'Root' });
  Object.assign(values, { 'file:/roots.pem': `a root:\n${root.certificate}${root.certificate}`, 'file:/rubbish.pem': 'rubbish' });
  const fit: FitConnectDestination = {
    id: 'office',
    name: 'Amt',
    adapter: 'fit-connect',
    url: 'https://service.example/submission-api/',
    oauth2: { tokenUrl: 'https://id.example/token', clientId: 'portal', clientSecret: 'env:CLIENT' },
    destinationId: '1f0e8b2c-6c1d-4a6e-9f43-0c2f6a1d7b55',
    services: { 'dog-tax': { name: 'Hundesteuer', schema: 'https://schema.example/' } },
    keys: { roots: 'file:/roots.pem', revocations: ['https://lists.example/ca.crl'] },
    callbackSecret: 'env:NEW',
  };

  it('has its secrets, its roots, and the addresses that its calls may go to', () => {
    const settings = destinationSettings(fit, read);
    expect(settings).toMatchObject({
      url: 'https://service.example/submission-api',
      oauth2: { clientSecret: 'client-secret', method: 'client_secret_post' },
      endpoints: [fit.url, 'https://id.example/token', 'https://lists.example/ca.crl'],
      callbackSecret: values['env:NEW'],
      secrets: [],
      problems: [],
    });
    expect('roots' in settings && settings.roots).toHaveLength(2);
    expect(destinationSettings({ ...fit, keys: { selfMade: true } }, read)).toMatchObject({ roots: undefined, revocations: [] });
  });

  it.each([
    ['roots that are missing', { keys: { roots: 'file:/none.pem' } }, /none\.pem/],
    ['roots that are none', { keys: { roots: 'file:/rubbish.pem' } }, /rubbish\.pem.*no certificate/],
    ['a call-back secret that is missing', { callbackSecret: 'env:NOWHERE' }, /env:NOWHERE/],
    ['a client secret that is missing', { oauth2: { ...fit.oauth2, clientSecret: 'env:NOWHERE' } }, /env:NOWHERE/],
  ])('%s is a problem with a name, never trust in anybody', (_name, more, problem) => {
    const settings = destinationSettings({ ...fit, ...more }, read);
    expect(settings.problems).toHaveLength(1);
    expect(settings.problems[0]).toMatch(problem);
    expect('roots' in settings && settings.roots).toBeDefined();
  });
});
