import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { compactDecrypt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { encrypted } from '../../src/server/delivery/adapters/fit-connect/content.ts';
import { usableKey } from '../../src/server/delivery/adapters/fit-connect/keys.ts';
import { verifyEvent } from '../../src/server/delivery/adapters/fit-connect/events.ts';
import { FILES, material, metadataProblem, openFitWorld, SCHEMA, TestDelivery, withMaterial } from './world.ts';

const { backoffice, side, settings } = await openFitWorld();
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

describe('what is sent', () => {
  it('is announced, sent, taken, and only then delivered; the office reads what was handed in', async () => {
    const delivery = new TestDelivery(settings);
    const sent = await delivery.run();
    expect(sent).toMatchObject({ kind: 'waiting', status: 200, afterSeconds: 15 });
    const [one] = delivery.submitted(side);
    expect(one!.service).toEqual({ identifier: 'urn:de:fim:leika:leistung:99102013060000', name: 'Hundesteuer anmelden' });
    expect(await delivery.run()).toMatchObject({ kind: 'waiting', afterSeconds: 30 });
    await side.decide(one!);
    const taken = await delivery.run();
    expect(taken).toMatchObject({ kind: 'delivered' });
    const received = backoffice.cases.get(one!.submissionId)!;
    expect(received).toMatchObject({ reference: delivery.envelope.reference, payload: delivery.envelope.payload, via: 'FIT-Connect' });
    expect(received.attachments.map(({ name, size }) => [name, size])).toEqual(
      FILES.map((bytes, n) => [`Nachweis ${n}.pdf`, bytes.length]),
    );
    expect([...delivery.proofs.values()].map((proof) => proof.kind).sort()).toEqual([
      'accept-submission',
      'create-submission',
      'submit-submission',
    ]);
    expect(delivery.proofs.has((taken as { accepted: string }).accepted)).toBe(true);
  });

  it.each([[['1.0.0']], [['1.0.0', '2.1.0']]])(
    'metadata in the newest version that the destination lists (%j), valid',
    async (versions) => {
      side.destination.metadataVersions = versions;
      const delivery = new TestDelivery(settings);
      await delivery.run();
      side.destination.metadataVersions = ['1.0.0', '2.1.0'];
      const [one] = delivery.submitted(side);
      const { key_ops: _, ...jwk } = side.keys.encryption.privateJwk;
      const key = await importJWK(jwk);
      const opened = await compactDecrypt(one!.metadata!, key);
      expect(opened.protectedHeader).toEqual({
        alg: 'RSA-OAEP-256',
        enc: 'A256GCM',
        kid: side.keys.encryption.kid,
        cty: 'application/json',
      });
      const metadata = JSON.parse(Buffer.from(opened.plaintext).toString()) as {
        $schema: string;
        contentStructure: { data: { hash: { content: string }; submissionSchema: unknown }; attachments: { hash: { content: string } }[] };
        additionalReferenceInfo: object;
      };
      expect(metadataProblem(metadata)).toBeUndefined();
      expect(metadata.$schema).toContain(`/${versions.at(-1)}/`);
      const data = (await compactDecrypt(one!.data!, key)).plaintext;
      expect(JSON.parse(Buffer.from(data).toString())).toEqual(delivery.envelope.payload);
      expect(metadata.contentStructure.data).toEqual({
        hash: { type: 'sha512', content: sha512(data) },
        submissionSchema: { schemaUri: SCHEMA, mimeType: 'application/json' },
      });
      expect(metadata.contentStructure.attachments.map((file) => file.hash.content)).toEqual(FILES.map(sha512));
      // half past midnight in Germany
      expect(metadata.additionalReferenceInfo).toEqual({ senderReference: delivery.envelope.reference, applicationDate: '2026-11-25' });
      for (const id of one!.announced)
        expect(decodeProtectedHeader(side.records.attachment(one!.submissionId, id)).cty).toBe('application/pdf');
    },
  );

  it('nothing of a person is in a checkpoint, and nothing that opens a ciphertext', async () => {
    const delivery = new TestDelivery(settings);
    await delivery.run();
    expect(JSON.stringify(delivery.checkpoint)).not.toMatch(/Kanarienvogel|1964|Nachweis/);
  });

  it('a token is asked for once, and anew when it is refused', async () => {
    const own = { ...settings, oauth2: { ...settings.oauth2 } };
    const delivery = new TestDelivery(own, 0);
    await delivery.run();
    expect(delivery.calls.filter((call) => call.endsWith('/token'))).toHaveLength(1);
    side.tokens.clear();
    expect(await delivery.run()).toMatchObject({ kind: 'waiting' });
    expect(delivery.calls.filter((call) => call.endsWith('/token'))).toHaveLength(2);
    const wrong = new TestDelivery({ ...settings, oauth2: { ...settings.oauth2, clientSecret: 'wrong' } }, 0);
    expect(await wrong.attempt()).toEqual({ kind: 'retry', cause: 'settings', reason: 'token-answer-401', status: 401 });
  });
});

describe('a destination that cannot be used: nothing is announced, and somebody is told', () => {
  const asBefore = { ...side.destination };
  const cases: [string, () => void, string][] = [
    ['inactive', () => (side.destination.status = 'inactive'), 'destination-inactive'],
    [
      'of another service',
      () =>
        (side.destination.publicServices = [{ ...asBefore.publicServices[0]!, identifier: 'urn:de:fim:leika:leistung:99000000000000' }]),
      'service-not-offered',
    ],
    [
      'that wants another schema',
      () =>
        (side.destination.publicServices = [
          {
            ...asBefore.publicServices[0]!,
            submissionSchemas: [{ schemaUri: 'https://schema.example/other', mimeType: 'application/json' }],
          },
        ]),
      'schema-not-offered',
    ],
    [
      'that wants XML',
      () =>
        (side.destination.publicServices = [
          { ...asBefore.publicServices[0]!, submissionSchemas: [{ schemaUri: SCHEMA, mimeType: 'application/xml' }] },
        ]),
      'schema-not-offered',
    ],
    ['with metadata of tomorrow', () => (side.destination.metadataVersions = ['3.0.0']), 'metadata-version'],
    ['without a key', () => (side.destination.encryptionKid = ''), 'destination-without-key'],
    ['whose key is not there', () => (side.destination.encryptionKid = 'no-such-key'), 'key-answer-404'],
  ];
  it.each(cases)('%s', async (_name, change, reason) => {
    change();
    const before = side.records.all.size;
    const outcome = await new TestDelivery(settings, 0).attempt();
    Object.assign(side.destination, asBefore);
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'settings', reason });
    expect(side.records.all.size).toBe(before);
  });

  it('that somebody else has', async () => {
    const elsewhere = { ...settings, destinationId: '00000000-0000-4000-8000-000000000000' };
    expect(await new TestDelivery(elsewhere, 0).attempt()).toMatchObject({
      kind: 'retry',
      cause: 'settings',
      reason: 'destination-answer-404',
    });
  });

  it('for a service that is not configured', async () => {
    expect(await new TestDelivery({ ...settings, services: {} }, 0).attempt()).toMatchObject({ reason: 'service-not-configured' });
  });
});

describe.skipIf(!withMaterial)('examples that are not ours', () => {
  const read = (name: string) => readFileSync(join(material, 'examples', name), 'utf8').trim();
  const trust = { roots: undefined, revocations: undefined, now: Date.now() };

  it('a ciphertext opens with its key, and ours for the same key opens the same way', async () => {
    const { key_ops: _, ...jwk } = JSON.parse(read('destination-decryption.private.TESTONLY.jwk.json')) as JWK & { key_ops: unknown };
    const key = await importJWK(jwk, 'RSA-OAEP-256');
    const data = read('data.fim.example.json');
    expect(JSON.parse(Buffer.from((await compactDecrypt(read('data.jwe.example.txt'), key)).plaintext).toString())).toEqual(
      JSON.parse(data),
    );
    const publicJwk = JSON.parse(read('destination-encryption.public.jwk.json')) as JWK;
    const usable = await usableKey(publicJwk, publicJwk.kid!, 'encrypt', trust);
    const { jwe, tag } = await encrypted(Buffer.from(data), 'application/json', usable, publicJwk.kid!);
    expect(Buffer.from((await compactDecrypt(jwe, key)).plaintext).toString()).toBe(data);
    expect(jwe.split('.')[4]).toBe(tag);
  });

  it('a signed event verifies, and not with one character changed', async () => {
    const token = read('set.submit-submission.example.jwt');
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as {
      sub: string;
      txn: string;
      events: Record<string, { authenticationTags: { metadata: string; data: string; attachments: Record<string, string> } }>;
    };
    const { metadata, data, attachments } = Object.values(claims.events)[0]!.authenticationTags;
    const sent = {
      announcements: 1,
      remote: claims.sub.slice('submission:'.length),
      case: claims.txn.slice('case:'.length),
      attachments: Object.keys(attachments),
      uploaded: [],
      archived: [],
      asked: 0,
      tags: {
        metadata: [metadata],
        data: [data],
        attachments: Object.fromEntries(Object.entries(attachments).map(([id, tag]) => [id, [tag]])),
      },
    };
    const { keys } = JSON.parse(read('jwks.delivery-service.example.json')) as { keys: JWK[] };
    const from = { ofService: async (kid: string) => ({ jwk: keys[0], key: await usableKey(keys[0], kid, 'verify', trust) }) } as never;
    expect(await verifyEvent(token, sent, 'x', from)).toMatchObject({ kind: 'submit-submission', issuedAt: 1_795_000_000 });
    const at = token.length - 40;
    const altered = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    await expect(verifyEvent(altered, sent, 'x', from)).rejects.toMatchObject({ message: 'event-signature' });
    await expect(verifyEvent(token, { ...sent, tags: { ...sent.tags, data: ['other'] } }, 'x', from)).rejects.toMatchObject({
      message: 'event-tags',
    });
  });
});
