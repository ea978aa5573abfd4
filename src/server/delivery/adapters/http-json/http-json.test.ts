import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  answerWith,
  FILE,
  openOffice,
  openTestFile,
  SECRET,
  settingsFor,
  testEnvelope,
  testSummary,
  type Call,
} from '../../deliveries.fixture.ts';
import { request } from '../../egress/index.ts';
import { sign, verify } from '../../signature.ts';
import type { DeliveryContext } from '../types.ts';
import { httpJson, type HttpJsonSettings } from './index.ts';

const office = await openOffice();
const issuer = await openOffice();
beforeEach(() => {
  for (const one of [office, issuer]) {
    one.calls.length = 0;
    one.react(answerWith(200));
  }
});

const schema = JSON.parse(
  readFileSync(new URL('../../../../../static/schemas/submission-envelope.v1.schema.json', import.meta.url), 'utf8'),
) as object;
const fits = new Ajv2020({ strict: false, allErrors: true }).compile(schema);

function contextFor(
  settings: Partial<HttpJsonSettings> = {},
  files = 0,
  more: Partial<DeliveryContext<HttpJsonSettings>> = {},
): DeliveryContext<HttpJsonSettings> {
  const destination = settingsFor(office.url, settings);
  const envelope = testEnvelope(randomUUID(), 'office', 'musterstadt', files);
  return {
    destination,
    envelope,
    bytes: Buffer.from(JSON.stringify(envelope)),
    openAttachment: openTestFile,
    summary: testSummary,
    signal: new AbortController().signal,
    now: Date.now,
    lookup: undefined,
    checkpoint: undefined,
    again: false,
    saveCheckpoint: async () => undefined,
    keepProofs: async () => undefined,
    beginSend: async () => undefined,
    request: (call) =>
      request(call, {
        endpoints: [office.url, issuer.url],
        allowHttp: true,
        allowPrivate: true,
        timeoutMilliseconds: 2_000,
      }),
    ...more,
  };
}

/** The parts of a multipart body, by an independent reader (RFC 7578, as the platform implements it). */
async function partsOf({ headers, body }: Call): Promise<[string, FormDataEntryValue][]> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type']! } }).formData();
  return [...form.entries()];
}

describe('what is sent', () => {
  it('without files: the envelope as it was frozen, valid against its published schema, signed, with its key', async () => {
    const context = contextFor();
    expect(await httpJson.send(context)).toEqual({ kind: 'delivered', status: 200 });
    const [call] = office.calls as [Call];
    expect(fits(JSON.parse(call.body.toString())), JSON.stringify(fits.errors)).toBe(true);
    expect(call.body.equals(context.bytes)).toBe(true);
    expect(call.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(context.bytes.length),
      'idempotency-key': context.envelope.id,
      'webhook-id': context.envelope.id,
    });
    expect(verify([SECRET], call.headers, call.body, Date.now())).toBe(true);
    expect(verify(['another-secret-of-a-test'], call.headers, call.body, Date.now())).toBe(false);
    expect(verify([SECRET], call.headers, Buffer.concat([call.body, Buffer.from(' ')]), Date.now())).toBe(false);
  });

  it('with files: multipart/form-data as others read it, the envelope first, each file as its hash says', async () => {
    const context = contextFor({}, 2);
    expect(await httpJson.send(context)).toMatchObject({ kind: 'delivered' });
    const [call] = office.calls as [Call];
    expect(call.headers['content-length']).toBe(String(call.body.length));
    expect(call.headers['transfer-encoding']).toBeUndefined();
    const parts = await partsOf(call);
    expect(parts.map(([name]) => name)).toEqual(['envelope', 'attachment', 'attachment']);
    const [, envelope] = parts[0]!;
    expect(fits(JSON.parse(envelope as string)), JSON.stringify(fits.errors)).toBe(true);
    expect(verify([SECRET], call.headers, Buffer.from(envelope as string), Date.now())).toBe(true);
    for (const [n, [, file]] of parts.slice(1).entries()) {
      expect([(file as File).name, (file as File).type]).toEqual([`file-${n}`, 'application/pdf']);
      expect(Buffer.from(await (file as File).arrayBuffer()).equals(FILE)).toBe(true);
    }
  });

  it.each([
    ['is gone', async () => undefined],
    ['was altered', async () => (await import('node:stream')).Readable.from([Buffer.from(FILE).fill('x')])],
    ['is shorter', async () => (await import('node:stream')).Readable.from([FILE.subarray(1)])],
  ])('a file that %s never arrives as a whole message', async (_name, openAttachment) => {
    await expect(httpJson.send(contextFor({}, 1, { openAttachment }))).rejects.toMatchObject({ name: 'AttachmentBroken' });
    expect(office.calls).toHaveLength(0);
  });

  it('keys are changed without a gap: both signatures are sent, either secret verifies', async () => {
    const next = 'whsec_bmV4dC1zZWNyZXQtb2YtYS10ZXN0';
    await httpJson.send(contextFor({ secrets: [next, SECRET] }));
    const [call] = office.calls as [Call];
    expect(verify([SECRET], call.headers, call.body, Date.now())).toBe(true);
    expect(verify([next], call.headers, call.body, Date.now())).toBe(true);
    expect(String(call.headers['webhook-signature']).split(' ')).toHaveLength(2);
  });

  it('is signed as Standard Webhooks says (the example of its specification)', () => {
    const body = Buffer.from('{"test": 2432232314}');
    const headers = sign(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 'msg_p5jXN8AQM9LWM0D4loKWxJek', body, 1_614_265_330_000);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('OAuth 2 client credentials', () => {
  const oauth2 = { tokenUrl: issuer.url, clientId: 'portal:1', clientSecret: 'geheim&mehr', scope: 'submit' };
  const token = (value: string, seconds = 3_600) =>
    answerWith(200, JSON.stringify({ access_token: value, token_type: 'Bearer', expires_in: seconds }));

  it('asks once, keeps the token, and sends it beside the signature', async () => {
    issuer.react(token('first'));
    const context = contextFor({ oauth2 });
    await Promise.all([httpJson.send(context), httpJson.send(context), httpJson.send(context)]);
    expect(issuer.calls).toHaveLength(1);
    expect(issuer.calls[0]!.body.toString()).toBe('grant_type=client_credentials&scope=submit');
    // RFC 6749, 2.3.1: both parts are form-encoded before they are joined
    expect(issuer.calls[0]!.headers.authorization).toBe(`Basic ${Buffer.from('portal%3A1:geheim%26mehr').toString('base64')}`);
    expect(office.calls.map((call) => call.headers.authorization)).toEqual(Array(3).fill('Bearer first'));
    expect(verify([SECRET], office.calls[0]!.headers, office.calls[0]!.body, Date.now())).toBe(true);
  });

  it('a 401 is answered with a new token, once', async () => {
    issuer.react(token('old'), token('new'));
    office.react(answerWith(401), answerWith(200));
    expect(await httpJson.send(contextFor({ oauth2 }))).toMatchObject({ kind: 'delivered' });
    expect(office.calls.map((call) => call.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    issuer.react(token('third'));
    office.react(answerWith(401));
    expect(await httpJson.send(contextFor({ oauth2 }))).toEqual({ kind: 'retry', cause: 'settings', reason: 'answer-401', status: 401 });
    expect(office.calls).toHaveLength(4);
  });

  it('a token that has run out is not used', async () => {
    issuer.react(token('short', 0.02), token('next'));
    const context = contextFor({ oauth2 });
    await httpJson.send(context);
    await new Promise((wait) => setTimeout(wait, 30));
    await httpJson.send(context);
    expect(office.calls.map((call) => call.headers.authorization)).toEqual(['Bearer short', 'Bearer next']);
  });

  it.each([
    ['wrong credentials', answerWith(401, '{"error":"invalid_client"}'), { cause: 'settings', reason: 'token-answer-401' }],
    ['no token in the answer', answerWith(200, '{}'), { cause: 'settings', reason: 'token-answer-200' }],
    ['a token with a line break', answerWith(200, '{"access_token":"a\\r\\nx: y"}'), { cause: 'settings', reason: 'token-answer-200' }],
    ['an issuer that is down', answerWith(503), { cause: 'failing', reason: 'token-answer-503' }],
  ])('%s: nothing is sent', async (_name, reaction, expected) => {
    issuer.react(reaction);
    expect(await httpJson.send(contextFor({ oauth2 }))).toMatchObject({ kind: 'retry', ...expected });
    expect(office.calls).toHaveLength(0);
  });

  it('an issuer that breaks off is no doubt about the application', async () => {
    issuer.react((_call, _res, req) => void req.socket.resetAndDestroy());
    expect(await httpJson.send(contextFor({ oauth2, onUnknown: 'manual' }))).toEqual({
      kind: 'retry',
      cause: 'failing',
      reason: 'ECONNRESET',
    });
  });
});
