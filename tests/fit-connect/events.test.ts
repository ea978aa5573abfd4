/** Nothing moves a status but what its issuer signed about what we sent. */
import { createHmac, randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { event, tagOf, type EventBody } from '../../src/backoffice/fit-connect/events.ts';
import { makeKeyPair, privateKey, type KeyPair } from '../../src/backoffice/fit-connect/keys.ts';
import type { Submission } from '../../src/backoffice/fit-connect/record.ts';
import { fitConnect } from '../../src/server/delivery/adapters/fit-connect/index.ts';
import { CALLBACK_SECRET, DESTINATION, openFitWorld, TestDelivery } from './world.ts';

const { side, settings } = await openFitWorld();
const SERVICE = 'https://service.example/submission-api';

let stranger: KeyPair;
let short: KeyPair;
beforeAll(async () => {
  [stranger, short] = await Promise.all([makeKeyPair('PS512'), makeKeyPair('PS512', 2_048)]);
});

const tagsOf = (one: Submission): EventBody => ({
  authenticationTags: {
    metadata: tagOf(one.metadata!),
    data: tagOf(one.data!),
    attachments: Object.fromEntries(one.announced.map((id) => [id, tagOf(side.records.attachment(one.submissionId, id))])),
  },
});

async function waiting(): Promise<{ delivery: TestDelivery; one: Submission }> {
  const delivery = new TestDelivery({ ...settings, oauth2: { ...settings.oauth2 } }, 1);
  expect(await delivery.run()).toMatchObject({ kind: 'waiting' });
  return { delivery, one: delivery.submitted(side)[0]! };
}

/** Signs any claims and header, for what no honest issuer writes. */
async function signed(keys: KeyPair, claims: object, header: object = {}): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'secevent+jwt', alg: 'PS512', kid: keys.kid, ...header })
    .sign(await privateKey(keys));
}

const claimsOf = (one: Submission, more: object = {}) => ({
  jti: randomUUID(),
  iss: DESTINATION,
  iat: Math.floor(Date.now() / 1_000),
  sub: `submission:${one.submissionId}`,
  txn: `case:${one.caseId}`,
  events: { 'https://schema.fitko.de/fit-connect/events/accept-submission': tagsOf(one) },
  ...more,
});

describe('an acceptance that does not count leaves it waiting, and says why', () => {
  const forged: [string, (one: Submission) => Promise<string> | string, string][] = [
    [
      'of a stranger in the name of the office',
      (one) => event({ ...stranger, kid: side.keys.signing.kid }, DESTINATION, 'accept-submission', one, tagsOf(one)),
      'event-signature',
    ],
    [
      'with a key that the destination does not have',
      (one) => event(stranger, DESTINATION, 'accept-submission', one, tagsOf(one)),
      'event-key',
    ],
    [
      'signed by the delivery service in the name of the office',
      (one) => event(side.keys.service, DESTINATION, 'accept-submission', one, tagsOf(one)),
      'event-key',
    ],
    ['by the delivery service itself', (one) => event(side.keys.service, SERVICE, 'accept-submission', one, tagsOf(one)), 'event-issuer'],
    ['by another destination', (one) => event(side.keys.signing, randomUUID(), 'accept-submission', one, tagsOf(one)), 'event-issuer'],
    [
      'about another submission',
      (one) => event(side.keys.signing, DESTINATION, 'accept-submission', { ...one, submissionId: randomUUID() }, tagsOf(one)),
      'event-other-submission',
    ],
    [
      'about another case',
      (one) => event(side.keys.signing, DESTINATION, 'accept-submission', { ...one, caseId: randomUUID() }, tagsOf(one)),
      'event-other-case',
    ],
    ['without tags', (one) => event(side.keys.signing, DESTINATION, 'accept-submission', one), 'event-tags'],
    [
      'with the tag of other data',
      (one) =>
        event(side.keys.signing, DESTINATION, 'accept-submission', one, {
          authenticationTags: { ...tagsOf(one).authenticationTags!, data: 'AAAAAAAAAAAAAAAAAAAAAA' },
        }),
      'event-tags',
    ],
    [
      'with the tag of another file',
      (one) =>
        event(side.keys.signing, DESTINATION, 'accept-submission', one, {
          authenticationTags: { ...tagsOf(one).authenticationTags!, attachments: { [one.announced[0]!]: 'AAAAAAAAAAAAAAAAAAAAAA' } },
        }),
      'event-tags',
    ],
    [
      'with one file less',
      (one) =>
        event(side.keys.signing, DESTINATION, 'accept-submission', one, {
          authenticationTags: { ...tagsOf(one).authenticationTags!, attachments: {} },
        }),
      'event-tags',
    ],
    [
      'with one file more',
      (one) =>
        event(side.keys.signing, DESTINATION, 'accept-submission', one, {
          authenticationTags: {
            ...tagsOf(one).authenticationTags!,
            attachments: { ...tagsOf(one).authenticationTags!.attachments, x: 'y' },
          },
        }),
      'event-tags',
    ],
    [
      'together with another event',
      (one) =>
        signed(
          side.keys.signing,
          claimsOf(one, { events: { 'https://schema.fitko.de/fit-connect/events/accept-submission': tagsOf(one), x: {} } }),
        ),
      'event-claims',
    ],
    ['without an id', (one) => signed(side.keys.signing, claimsOf(one, { jti: undefined })), 'event-claims'],
    ['that is another kind of token', (one) => signed(side.keys.signing, claimsOf(one), { typ: 'JWT' }), 'event-header'],
    [
      'without a signature',
      (one) =>
        `${Buffer.from(JSON.stringify({ typ: 'secevent+jwt', alg: 'none' })).toString('base64url')}.${Buffer.from(JSON.stringify(claimsOf(one))).toString('base64url')}.`,
      'event-header',
    ],
    ['that is no token', () => 'rubbish', 'event-malformed'],
    ['without end', () => 'x'.repeat(40_000), 'event-long'],
  ];
  it.each(forged)('%s', async (_name, forge, reason) => {
    const { delivery, one } = await waiting();
    one.events.push(await forge(one));
    expect(await delivery.run()).toMatchObject({ kind: 'waiting', reason });
    expect([...delivery.proofs.values()].map((proof) => proof.kind)).not.toContain('accept-submission');
    await side.decide(one);
    expect(await delivery.run()).toMatchObject({ kind: 'delivered' });
  });

  it('replayed from another application', async () => {
    const first = await waiting();
    await side.decide(first.one);
    const second = await waiting();
    second.one.events.push(first.one.events.at(-1)!);
    expect(await second.delivery.run()).toMatchObject({ kind: 'waiting', reason: 'event-other-case' });
  });

  it.each([
    ['too short', () => short.publicJwk, 'key-short'],
    ['made for something else', () => ({ ...short.publicJwk, key_ops: ['verify', 'wrapKey'] }), 'key-use'],
    ['of another kind', () => ({ ...short.publicJwk, alg: 'RS256' }), 'key-algorithm'],
    ['that is none', () => ({ kid: short.kid, kty: 'oct', k: 'AAAA' }), 'key-algorithm'],
  ])('with a key that is %s', async (_name, jwk, reason) => {
    const { delivery, one } = await waiting();
    side.published.set(short.kid, jwk());
    one.events.push(await event(short, DESTINATION, 'accept-submission', one, tagsOf(one)));
    expect(await delivery.run()).toMatchObject({ kind: 'waiting', reason });
    side.published.delete(short.kid);
  });
});

describe('what the office says', () => {
  it('rejected: parked with a code, its words beside it; sent again by a person it is a new submission', async () => {
    const { delivery, one } = await waiting();
    await side.decide(one, true);
    const outcome = await delivery.run();
    expect(outcome).toEqual({
      kind: 'park',
      reason: 'rejected:technical-error',
      words: 'Straße fehlt im Verzeichnis Das Fachverfahren hat den Antrag nicht übernommen. (data)',
    });
    expect(await delivery.run()).toMatchObject({ kind: 'park' });
    delivery.again = true;
    expect(await delivery.run()).toMatchObject({ kind: 'waiting' });
    const [second] = delivery.submitted(side);
    expect(second!.submissionId).not.toBe(one.submissionId);
    await side.decide(second!);
    expect(await delivery.run()).toMatchObject({ kind: 'delivered' });
  });

  it("a code that is none of FIT-Connect's is left out, and words do not steer a terminal", async () => {
    const { delivery, one } = await waiting();
    const problems = [{ type: 'https://evil.example/x\u001b[31m', title: 'Nein\u001b[31m\u202e', detail: '', instance: '' }];
    one.events.push(await event(side.keys.signing, DESTINATION, 'reject-submission', one, { problems }));
    expect(await delivery.run()).toEqual({ kind: 'park', reason: 'rejected', words: 'Nein [31m' });
  });

  it('nobody took it for 14 days: the delivery service rejects it', async () => {
    const { delivery, one } = await waiting();
    one.events.push(await event(side.keys.service, SERVICE, 'reject-submission', one, { problems: [] }));
    expect(await delivery.run()).toMatchObject({ kind: 'park', reason: 'rejected' });
  });

  it('something else than what we sent was submitted: a person looks, nothing is sent again by itself', async () => {
    const delivery = new TestDelivery({ ...settings, oauth2: { ...settings.oauth2 } }, 1);
    await delivery.run();
    const [one] = delivery.submitted(side);
    const { checkpoint } = delivery;
    delivery.checkpoint = { ...(checkpoint as object), tags: { metadata: ['x'], data: ['x'], attachments: {} } };
    const sends = one!.sends;
    expect(await delivery.run()).toEqual({ kind: 'unknown', reason: 'event-tags' });
    expect(one!.sends).toBe(sends);
  });

  it("an event of tomorrow's kind, or about a reply, changes nothing", async () => {
    const { delivery, one } = await waiting();
    one.events.push(await event(side.keys.signing, DESTINATION, 'polish-submission', one));
    one.events.push(await signed(side.keys.signing, claimsOf(one, { sub: `reply:${randomUUID()}` })));
    const outcome = await delivery.run();
    expect(outcome).toMatchObject({ kind: 'waiting' });
    expect(outcome).not.toHaveProperty('reason');
  });

  it('a new key of the delivery service is found', async () => {
    const { delivery, one } = await waiting();
    expect(await delivery.run()).toMatchObject({ kind: 'waiting' });
    const before = side.keys.service;
    Object.assign(side.keys, { service: stranger });
    one.events.push(await event(stranger, SERVICE, 'notify-submission', one));
    await delivery.run();
    Object.assign(side.keys, { service: before });
    expect([...delivery.proofs.values()].map((proof) => proof.kind)).toContain('notify-submission');
  });
});

describe('call-backs', () => {
  const remote = randomUUID();
  const body = Buffer.from(
    JSON.stringify({
      type: 'https://schema.fitko.de/fit-connect/submission-api/callbacks/new-events',
      submissions: [{ submissionId: remote, caseId: randomUUID(), destinationId: DESTINATION }],
    }),
  );
  const now = 1_795_000_000_000;
  const mac = (secret: string, timestamp: string, bytes = body) =>
    createHmac('sha512', secret).update(`${timestamp}.`).update(bytes).digest('hex');
  const headers = (secret = CALLBACK_SECRET, seconds = 0, bytes = body) => {
    const timestamp = String(now / 1_000 + seconds);
    return { 'callback-timestamp': timestamp, 'callback-authentication': mac(secret, timestamp, bytes) };
  };
  const hint = (given: NodeJS.Dict<string | string[]>, bytes = body, own = settings) => fitConnect.hint!(own, given, bytes, now);

  it.each([0, 299, -299])('signed, %i seconds apart: names what to ask about, again and again', (seconds) => {
    for (let n = 0; n < 2; n += 1) expect(hint(headers(CALLBACK_SECRET, seconds))).toEqual([remote]);
  });

  it.each([
    ['with another secret', headers('another-secret-of-a-test'), body],
    ['over other bytes', headers(), Buffer.concat([body, Buffer.from(' ')])],
    ['of six minutes ago', headers(CALLBACK_SECRET, -301), body],
    ['of in six minutes', headers(CALLBACK_SECRET, 301), body],
    ['with another time than was signed', { ...headers(), 'callback-timestamp': String(now / 1_000 + 1) }, body],
    ['without a signature', { 'callback-timestamp': String(now / 1_000) }, body],
    ['without a time', { 'callback-authentication': mac(CALLBACK_SECRET, '') }, body],
    ['with a time that is none', { 'callback-timestamp': 'NaN', 'callback-authentication': mac(CALLBACK_SECRET, 'NaN') }, body],
    ['with a shorter signature', { ...headers(), 'callback-authentication': headers()['callback-authentication'].slice(0, 64) }, body],
  ])('%s: refused', (_name, given, bytes) => {
    expect(hint(given, bytes)).toBeUndefined();
  });

  it('without a secret there are none', () => {
    expect(hint(headers(''), body, { ...settings, callbackSecret: undefined })).toBeUndefined();
  });

  it.each([
    ['not JSON', 'x'],
    ['of another type', JSON.stringify({ type: 'x', submissions: [{ submissionId: remote }] })],
    [
      'about nothing',
      JSON.stringify({
        type: 'https://schema.fitko.de/fit-connect/submission-api/callbacks/new-events',
        submissions: [null, { submissionId: 'x' }],
      }),
    ],
  ])('%s: nothing to ask about', (_name, text) => {
    const bytes = Buffer.from(text);
    expect(hint(headers(CALLBACK_SECRET, 0, bytes), bytes)).toEqual([]);
  });
});
