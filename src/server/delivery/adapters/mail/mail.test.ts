import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MailDestination } from '#server/config';
import { identity } from '../../../network/certificates.fixture.ts';
import { openPostOffice, type Says } from '../../../mail/smtp.fixture.ts';
import { CANARY, FILE, openTestFile, testEnvelope, testFollowup, testSummary } from '../../deliveries.fixture.ts';
import { destinationSettings } from '../../destinations.ts';
import type { DeliveryContext } from '../types.ts';
import { mail, type MailSettings } from './index.ts';

const authority = identity({ name: 'authority' });
const own = identity({ name: '127.0.0.1', by: authority, addresses: ['127.0.0.1'] });
const office = await openPostOffice({ tls: { cert: own.certificate, key: own.key }, implicit: true });
beforeEach(() => {
  office.letters.length = 0;
  office.react({});
});
const reader = identity({ name: 'amt', by: authority, pair: generateKeyPairSync('rsa', { modulusLength: 2_048 }) });
const files: Readonly<Record<string, string>> = {
  'file:/ca': authority.certificate,
  'file:/amt': reader.certificate,
  'file:/old': identity({ name: 'x', by: authority, pair: generateKeyPairSync('rsa', { modulusLength: 2_048 }), until: new Date(0) })
    .certificate,
};

function settingsOf(more: Partial<MailDestination> = {}): MailSettings {
  const document: MailDestination = {
    id: 'office',
    name: 'Office',
    adapter: 'mail',
    server: `smtps://127.0.0.1:${office.port}`,
    from: 'portal@musterstadt.example',
    to: 'amt@musterstadt.example',
    allowPrivate: true,
    timeoutSeconds: 1,
    tls: { ca: 'file:/ca' },
    ...more,
  };
  return destinationSettings(document, (reference) => files[reference] ?? 'a password of a test') as MailSettings;
}

function contextOf(destination = settingsOf(), count = 0): DeliveryContext<MailSettings> {
  const envelope = testEnvelope(randomUUID(), 'office', 'musterstadt', count);
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
    saveCheckpoint: () => Promise.resolve(),
    keepProofs: () => Promise.resolve(),
    beginSend: () => Promise.resolve(),
    request: () => Promise.reject(new Error('mail makes no calls')),
  };
}

/** Contents of the parts of a mail, by file name. */
function partsOf(text: string): Map<string, Buffer> {
  const boundary = /boundary="([^"]+)"/.exec(text)![1]!;
  return new Map(
    text.split(`--${boundary}`).flatMap((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const name = /filename="?([^"\r\n;]+)/.exec(head)?.[1];
      return name ? [[name, Buffer.from(rest.join(''), 'base64')] as const] : [];
    }),
  );
}

describe('a mail to an office', () => {
  it('has the application as PDF and JSON, its files, and the key as Message-ID; nobody reads a name on the way', async () => {
    const context = contextOf(settingsOf(), 2);
    expect(await mail.send(context)).toEqual({ kind: 'delivered', status: 250 });
    const [letter] = office.letters;
    expect(letter).toMatchObject({ from: 'portal@musterstadt.example', to: ['amt@musterstadt.example'], secure: true });
    expect(letter!.text).toMatch(new RegExp(`Message-ID:\\s+<${context.envelope.submission}\\.office@musterstadt\\.example>`));
    const parts = partsOf(letter!.text);
    expect([...parts.keys()]).toEqual(['26-TEST-0.pdf', '26-TEST-0.json', '26-TEST-0-1.pdf', '26-TEST-0-2.pdf']);
    expect(parts.get('26-TEST-0.json')!.equals(Buffer.from(context.bytes))).toBe(true);
    expect(parts.get('26-TEST-0.pdf')!.equals(Buffer.from(await testSummary()))).toBe(true);
    expect(parts.get('26-TEST-0-2.pdf')!.equals(FILE)).toBe(true);
    const [before] = letter!.text.split('Content-Disposition: attachment');
    for (const word of [CANARY, 'Nachweis']) expect(before).not.toContain(word);
    expect(before).toContain('Subject: Antrag 26-TEST-0 (dog-tax)');
  });

  it('with the answer to a question says so, under names and a Message-ID of its own', async () => {
    const envelope = testFollowup(randomUUID(), 'office', 'musterstadt', 1, 2);
    const bytes = Buffer.from(JSON.stringify(envelope));
    expect(await mail.send({ ...contextOf(), envelope, bytes })).toEqual({ kind: 'delivered', status: 250 });
    const { text } = office.letters[0]!;
    expect(text).toMatch(new RegExp(`Message-ID:\\s+<${envelope.submission}\\.office\\.2@musterstadt\\.example>`));
    const parts = partsOf(text);
    expect([...parts.keys()]).toEqual(['26-TEST-0-Antwort-2.pdf', '26-TEST-0-Antwort-2.json', '26-TEST-0-Antwort-2-1.pdf']);
    expect(parts.get('26-TEST-0-Antwort-2.json')!.equals(bytes)).toBe(true);
    const [before] = text.split('Content-Disposition: attachment');
    expect(before).toContain('Subject: Antwort zum Antrag 26-TEST-0 (dog-tax)');
    expect(before).not.toContain(CANARY);
  });

  it('encrypted, where the office has a certificate: no part can be read', async () => {
    const context = contextOf(settingsOf({ certificate: 'file:/amt' }), 1);
    expect(await mail.send(context)).toMatchObject({ kind: 'delivered' });
    const { text } = office.letters[0]!;
    expect(text).toContain('smime-type=enveloped-data');
    for (const part of [Buffer.from(context.bytes), FILE]) expect(text).not.toContain(part.toString('base64').slice(0, 40));
    expect(settingsOf({ certificate: 'file:/old' }).problems).toEqual(['certificate file:/old: certificate-expired']);
  });

  it('a file that was altered goes nowhere', async () => {
    const { Readable } = await import('node:stream');
    const broken = { ...contextOf(settingsOf(), 1), openAttachment: () => Promise.resolve(Readable.from([Buffer.from('x')])) };
    await expect(mail.send(broken)).rejects.toMatchObject({ name: 'AttachmentBroken' });
    expect(office.connections() >= 0 && office.letters.length).toBe(0);
  });

  const says: [string, Record<string, Says>, object, object][] = [
    ['busy', { end: '452 full' }, { kind: 'retry', cause: 'failing', reason: 'mail-452' }, {}],
    ['a refusal of the contents', { end: '554 spam' }, { kind: 'park', status: 554 }, {}],
    ['an unknown mailbox', { RCPT: '550 no' }, { kind: 'retry', cause: 'settings', reason: 'mail-550' }, {}],
    ['a wrong password', { AUTH: '535 no' }, { kind: 'retry', cause: 'settings' }, { user: { name: 'portal', password: 'env:X' } }],
    ['taken, and no answer', { end: 'taken' }, { kind: 'unknown', reason: 'ECONNECTION' }, {}],
    ['silence after the contents', { end: 'silent' }, { kind: 'unknown', reason: 'TIMEOUT' }, {}],
    ['taken, and no answer, where twice is once', { end: 'taken' }, { kind: 'retry', cause: 'failing' }, { onUnknown: 'resend' }],
    ['a break before the contents', { DATA: 'break' }, { kind: 'retry', cause: 'failing' }, {}],
  ];
  it.each(says)('%s', async (_, what, expected, more) => {
    office.react(what);
    expect(await mail.send(contextOf(settingsOf(more)))).toMatchObject(expected);
  });

  it('S16: not to an address that may not be called', async () => {
    const before = office.connections();
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433'])
      expect(await mail.send(contextOf(settingsOf({ allowPrivate: false, server: `smtps://${host}:${office.port}` })))).toMatchObject({
        kind: 'retry',
        cause: 'settings',
        reason: 'address-refused',
      });
    expect(office.connections()).toBe(before);
  });
});
