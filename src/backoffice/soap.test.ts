/** SOAP at the demo back office, with the portal's adapter on the other side: neither shares code with the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soap } from '../server/delivery/adapters/soap/index.ts';
import { PASSWORD, soapContext, soapSettingsFor } from '../server/delivery/adapters/soap/soap.fixture.ts';
import { answerWith, openOffice } from '../server/delivery/deliveries.fixture.ts';
import { startBackoffice, type Backoffice } from './server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'schalter-soap-'));
let office: Backoffice;
const portal = await openOffice();
beforeAll(async () => {
  portal.react(answerWith(200));
  office = await startBackoffice({ port: 0, dataDir, secret: PASSWORD, progressAfter: 60_000 });
});
afterAll(async () => {
  await office.close();
  rmSync(dataDir, { recursive: true });
});

const user = { name: 'schalter', password: 'env:X' };
const at = () => `http://127.0.0.1:${office.port}/soap`;
const settings = (more = {}) => soapSettingsFor('', { url: undefined, wsdl: `${at()}?wsdl`, operation: 'Submit', user, ...more });
const fault = (kind: string) =>
  fetch(`http://127.0.0.1:${office.port}/faults`, { method: 'POST', body: JSON.stringify({ kind, times: 1 }) });

describe.each(['Submission12', 'Submission11'])('%s, by the WSDL that it publishes', (port) => {
  it.each(['inline', 'mtom'] as const)('takes an application with files, %s, once', async (attachments) => {
    const context = soapContext(settings({ port, attachments }), { files: 2 });
    for (let n = 0; n < 2; n++) expect(await soap.send(context)).toMatchObject({ kind: 'delivered', status: 200 });
    expect(office.cases.get(context.envelope.id)).toMatchObject({
      reference: context.envelope.reference,
      payload: context.envelope.payload,
      sends: 2,
      attachments: [{ id: 'file-0' }, { id: 'file-1' }],
    });
  });

  it.each([
    ['reject', { kind: 'park', words: expect.stringContaining('Straße fehlt im Verzeichnis') }],
    ['500', { kind: 'retry', cause: 'failing' }],
    ['429', { kind: 'retry', cause: 'busy', afterSeconds: 1 }],
    ['down', { kind: 'retry', cause: 'failing' }],
    ['drop', { kind: 'retry', cause: 'failing' }],
  ])('fails on purpose: %s', async (kind, expected) => {
    const context = soapContext(settings({ port }));
    await soap.send(soapContext(settings({ port })));
    await fault(kind);
    expect(await soap.send(context)).toMatchObject(expected);
    expect(office.cases.has(context.envelope.id)).toBe(kind === 'drop');
  });

  it('refuses another user, another password, an altered payload and a message that came before', async () => {
    const wrong = [
      settings({ port, user: { name: 'other', password: 'env:X' } }),
      { ...settings({ port }), user: { name: 'schalter', password: 'other', digest: true } },
    ];
    for (const one of wrong)
      expect(await soap.send(soapContext(one))).toMatchObject({ kind: 'retry', cause: 'settings', reason: 'fault-FailedAuthentication' });
    const altered = soapContext(settings({ port }));
    const bytes = Buffer.from(Buffer.from(altered.bytes).toString().replace('"payload":{', '"payload":{"x":1,'));
    expect(await soap.send({ ...altered, bytes })).toMatchObject({
      kind: 'park',
      words: expect.stringContaining('the payload was altered'),
    });

    const recorder = await openOffice();
    await soap.send(soapContext(settings({ port, wsdl: undefined, url: recorder.url })));
    const { headers, body } = recorder.calls[0]!;
    const replay = () =>
      fetch(at(), { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': headers['content-type']! } }).then(
        (answer) => answer.status,
      );
    expect(await replay()).toBe(200);
    expect(await replay()).not.toBe(200);
  });
});
