import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { answerWith, openOffice } from '../../deliveries.fixture.ts';
import { identity, revocationList, type Identity } from '../../../network/certificates.fixture.ts';
import { request } from '../../egress/index.ts';
import { usableKey, type Trust } from './keys.ts';
import { Revocations } from './revocations.ts';
import { keysOf } from './trust.ts';

const DAY = 86_400_000;
const pair = generateKeyPairSync('rsa', { modulusLength: 4_096 });
const other = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const root = identity({ name: 'Root' });
const middle = identity({ name: 'Middle', by: root, ca: true });
const leaf = identity({ name: 'Office', by: middle, pair });
const public64 = pair.publicKey.export({ format: 'jwk' });
const certified = (...chain: Identity[]) => ({ x5c: chain.map((one) => one.der.toString('base64')) });
const jwk = (more: object = {}) => ({ ...public64, kid: 'kid', alg: 'RSA-OAEP-256', key_ops: ['wrapKey'], ...more });
const trusting = (roots: readonly Identity[], revocations?: Revocations, now = Date.now()): Trust => ({
  roots: roots.map((one) => new X509Certificate(one.certificate)),
  revocations,
  now,
});
const selfMade: Trust = { roots: undefined, revocations: undefined, now: Date.now() };

describe('a key to encrypt with', () => {
  it('of 4096 bits and for that alone is taken', async () => {
    expect(await usableKey(jwk(), 'kid', 'encrypt', selfMade)).toMatchObject({ type: 'public' });
  });

  it.each([
    ['of 2048 bits', jwk(other.publicKey.export({ format: 'jwk' })), 'key-short'],
    ['to verify with', jwk({ key_ops: ['verify'] }), 'key-use'],
    ['for two things', jwk({ key_ops: ['wrapKey', 'verify'] }), 'key-use'],
    ['for nothing in particular', jwk({ key_ops: undefined }), 'key-use'],
    ['of another algorithm', jwk({ alg: 'RSA-OAEP' }), 'key-algorithm'],
    ['with a small exponent', jwk({ e: 'Aw' }), 'key-malformed'],
    ['that is elliptic', jwk({ kty: 'EC' }), 'key-algorithm'],
    ['under another name', jwk({ kid: 'x' }), 'key-other'],
    ['that is none', 'x', 'key-other'],
  ])('%s is refused', async (_name, given, reason) => {
    await expect(usableKey(given, 'kid', 'encrypt', selfMade)).rejects.toThrow(reason);
  });
});

describe('the certificates of a key', () => {
  it.each([
    ['without the root', certified(leaf, middle)],
    ['with the root', certified(leaf, middle, root)],
  ])('lead to a root that we trust, %s', async (_name, chain) => {
    expect(await usableKey(jwk(chain), 'kid', 'encrypt', trusting([root]))).toMatchObject({ type: 'public' });
  });

  const stranger = identity({ name: 'Root' });
  const expiredMiddle = identity({ name: 'Middle', by: root, ca: true, until: new Date(Date.now() - DAY) });
  const noSigner = identity({ name: 'Middle', by: root });
  const cases: [string, object, readonly Identity[], string][] = [
    ['none', {}, [root], 'chain-missing'],
    ['an empty chain', { x5c: [] }, [root], 'chain-missing'],
    ['something else', { x5c: ['AAAA'] }, [root], 'chain-malformed'],
    ['of another key', certified(identity({ name: 'Office', by: middle, pair: other }), middle), [root], 'chain-other-key'],
    ['of a stranger of the same name', certified(leaf, middle), [stranger], 'chain-untrusted'],
    ['without the middle', certified(leaf), [root], 'chain-untrusted'],
    ['in another order', certified(leaf, root, middle), [root], 'chain-broken'],
    ['where one has run out', certified(identity({ name: 'Office', by: expiredMiddle, pair }), expiredMiddle), [root], 'chain-expired'],
    [
      "where the key's own has run out",
      certified(identity({ name: 'Office', by: middle, pair, until: new Date(Date.now() - DAY) }), middle),
      [root],
      'chain-expired',
    ],
    ['signed by one that may not sign', certified(identity({ name: 'Office', by: noSigner, pair }), noSigner), [root], 'chain-broken'],
    ['and no root is configured', certified(leaf, middle), [], 'chain-untrusted'],
  ];
  it.each(cases)('refused: %s', async (_name, chain, roots, reason) => {
    await expect(usableKey(jwk(chain), 'kid', 'encrypt', trusting(roots))).rejects.toThrow(reason);
  });

  it('refused before they are good and after', async () => {
    for (const now of [Date.now() - 60 * DAY, Date.now() + 2 * DAY])
      await expect(usableKey(jwk(certified(leaf, middle)), 'kid', 'encrypt', trusting([root], undefined, now))).rejects.toThrow(
        'chain-expired',
      );
  });

  const lists = (...given: Buffer[]) => new Revocations(given);
  const clean = [revocationList(root, []), revocationList(middle, [])] as const;
  it('with lists of all who signed, that do not name them', async () => {
    expect(await usableKey(jwk(certified(leaf, middle)), 'kid', 'encrypt', trusting([root], lists(...clean)))).toMatchObject({
      type: 'public',
    });
    const pem = Buffer.from(`-----BEGIN X509 CRL-----\n${clean[0].toString('base64')}\n-----END X509 CRL-----\n`);
    expect(await usableKey(jwk(certified(leaf, middle)), 'kid', 'encrypt', trusting([root], lists(pem, clean[1])))).toMatchObject({
      type: 'public',
    });
  });

  it.each([
    ["the key's own is revoked", [clean[0], revocationList(middle, [leaf])], 'chain-revoked'],
    ['who signed it is revoked', [revocationList(root, [middle]), clean[1]], 'chain-revoked'],
    ['a list is missing', [clean[0]], 'revocations-missing'],
    ['a list has run out', [clean[0], revocationList(middle, [], new Date(Date.now() - 1_000))], 'revocations-missing'],
    ['a list is of a stranger', [clean[0], revocationList({ ...stranger, name: 'Middle' }, [])], 'revocations-missing'],
  ])('refused: %s', async (_name, given, reason) => {
    await expect(usableKey(jwk(certified(leaf, middle)), 'kid', 'encrypt', trusting([root], lists(...given)))).rejects.toThrow(reason);
  });

  it('lists are fetched from where the configuration says, and without them nothing is sent', async () => {
    const publisher = await openOffice();
    const destination = { roots: trusting([root]).roots, revocations: [publisher.url, publisher.url] } as never;
    const fetching = { endpoints: [publisher.url], allowHttp: true, allowPrivate: true, timeoutMilliseconds: 2_000 };
    const api = { key: () => Promise.resolve(jwk(certified(leaf, middle))) } as never;
    const keys = (own: object) =>
      keysOf({ destination: { ...(destination as object), ...own } as never, request: (call) => request(call, fetching) }, api);
    publisher.react(answerWith(503));
    await expect(keys({}).ofDestination('kid', 'encrypt')).rejects.toMatchObject({
      outcome: { cause: 'settings', reason: 'revocations-missing' },
    });
    publisher.react(answerWith(200, 'rubbish'));
    await expect(keys({}).ofDestination('kid', 'encrypt')).rejects.toMatchObject({ outcome: { reason: 'revocations-unreadable' } });
    publisher.react(
      (_call, res) => void res.end(clean[0]),
      (_call, res) => void res.end(clean[1]),
    );
    expect(await keys({}).ofDestination('kid', 'encrypt')).toHaveProperty('key');
  });
});
