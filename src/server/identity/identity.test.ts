/** What a token's claims make of a person, and where a login may lead. */
import { describe, expect, it } from 'vitest';
import { identityOf, rolesOf } from './claims.ts';
import { returnPath } from './return-path.ts';
import { LoginRefused, type StaffDocument } from './types.ts';

const staff: StaffDocument = {
  issuer: 'https://id.example',
  clientId: 'schalter',
  clientSecret: 'env:X',
  roles: { 'app-counter': 'counter', 'app-phone': 'phone', lead: 'lead' },
  sites: [],
};

describe('roles', () => {
  it.each<[string, Record<string, unknown>, string | undefined, string[]]>([
    ['a list', { roles: ['lead', 'app-counter', 'other'] }, undefined, ['counter', 'lead']],
    ['words', { roles: 'app-phone app-counter' }, undefined, ['counter', 'phone']],
    ['inside another claim', { realm_access: { roles: ['lead'] } }, 'realm_access.roles', ['lead']],
    ['a claim whose name is an address', { 'https://id.example/roles': ['lead'] }, 'https://id.example/roles', ['lead']],
    ['several names for one', { roles: ['app-counter', 'app-counter'] }, undefined, ['counter']],
    ['none', {}, undefined, []],
    ['numbers and objects', { roles: [1, null, { counter: true }] }, undefined, []],
    ['one object', { roles: { 'app-counter': true } }, undefined, []],
    ['our own word that is not mapped', { roles: ['counter'] }, undefined, []],
    ['names that every object has', { roles: ['constructor', '__proto__', 'toString'] }, undefined, []],
    ['a claim that every object has', {}, 'constructor.name', []],
  ])('%s', (_, claims, claim, found) => {
    expect(rolesOf(claims, { roles: staff.roles, ...(claim !== undefined && { claim }) })).toEqual(found);
  });
});

it('a person: name, else what there is; nobody without a subject', () => {
  expect(identityOf({ sub: 's', name: ' Anke Amsel ', roles: 'lead' }, staff)).toEqual({
    subject: 's',
    name: 'Anke Amsel',
    roles: ['lead'],
  });
  expect(identityOf({ sub: 's', preferred_username: 'amsel' }, staff).name).toBe('amsel');
  expect(identityOf({ sub: 's', name: 7 }, staff).name).toBe('s');
  expect(identityOf({ sub: 's', name: 'x'.repeat(1_000) }, staff).name).toHaveLength(255);
  for (const sub of [undefined, '', ' ', 7, 'x'.repeat(256)]) expect(() => identityOf({ sub }, staff)).toThrow(LoginRefused);
});

describe('the way back', () => {
  it.each(['/de/counter', '/en/counter/station', '/de/counter?x=1&y=/z', '/de-simple/counter/a/b'])('leads to %s', (path) => {
    expect(returnPath(path)).toBe(path);
  });
  it.each([
    undefined,
    '',
    '/',
    '/counter',
    '/de',
    '/de/counterfeit',
    '/de/counter/',
    '//attack.example/de/counter',
    '/\\attack.example/de/counter',
    '\\\\attack.example/de/counter',
    'https://attack.example/de/counter',
    'https://counter.invalid/de/counter',
    'http://user@counter.invalid/de/counter',
    'javascript:/de/counter',
    '/de/counter/../apply',
    '/de/counter/%2e%2e/apply',
    '/de/counter/%2f%2fattack.example',
    `/de/counter?${'x'.repeat(1_000)}`,
  ])('leads not to %s', (path) => {
    expect(returnPath(path)).toBeUndefined();
  });
  it('is read as the browser reads it', () => {
    expect(returnPath('\t/de/counter\r\n')).toBe('/de/counter');
    expect(returnPath('/de/x/../counter')).toBe('/de/counter');
  });
});
