import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { identity, type Wanted } from '../network/certificates.fixture.ts';
import { checkCertificate, sendMail, type Mail, type MailServer } from './index.ts';
import { openPostOffice, type PostOffice, type Says } from './smtp.fixture.ts';

const authority = identity({ name: 'authority' });
const named = identity({ name: '127.0.0.1', by: authority, addresses: ['127.0.0.1'] });
const tls = { cert: named.certificate, key: named.key };
const plain = await openPostOffice();
const starting = await openPostOffice({ tls });
const implicit = await openPostOffice({ tls, implicit: true });
beforeEach(() => {
  for (const office of [plain, starting, implicit]) {
    office.letters.length = 0;
    office.react({});
  }
});

const mail = (more: Partial<Mail> = {}): Mail => ({
  from: { name: 'Stadt Müsterstadt', address: 'portal@musterstadt.example' },
  to: 'amt@musterstadt.example',
  subject: 'Antrag 26-TEST-0',
  text: 'Ein Antrag.\n.\nMit Umlauten: äöü',
  messageId: 'key.1@musterstadt.example',
  ...more,
});
const server = (office: PostOffice, more: Partial<MailServer> = {}): MailServer => ({
  url: `${office === implicit ? 'smtps' : 'smtp'}://127.0.0.1:${office.port}`,
  allowPrivate: true,
  timeoutMilliseconds: 2_000,
  tls: { ca: authority.certificate },
  ...more,
});
const failed = (work: Promise<void>) =>
  work.then(
    () => 'sent',
    ({ message, kind, sent, status }: { message: string; kind: string; sent: boolean; status?: number }) => ({
      message,
      kind,
      sent,
      status,
    }),
  );

describe('a mail', () => {
  it.each([
    ['STARTTLS', starting],
    ['TLS from the first byte', implicit],
  ])('goes over %s, with login, and arrives as it was written', async (_, office) => {
    await sendMail(
      server(office, { user: 'portal', password: 'secret' }),
      mail({ attachments: [{ name: 'ä.json', type: 'application/json', content: Buffer.from('{"a":1}') }] }),
    );
    expect(office.letters).toHaveLength(1);
    const [letter] = office.letters;
    expect(letter).toMatchObject({ from: 'portal@musterstadt.example', to: ['amt@musterstadt.example'], secure: true, user: 'portal' });
    expect(letter!.text).toContain('Message-ID: <key.1@musterstadt.example>');
    expect(letter!.text).toContain('Subject: Antrag 26-TEST-0');
    expect(letter!.text).toContain('Auto-Submitted: auto-generated');
    expect(letter!.text).toContain(Buffer.from('{"a":1}').toString('base64'));
  });

  it('does not go without TLS unless a setting says so', async () => {
    expect(await failed(sendMail(server(plain), mail()))).toMatchObject({ kind: 'settings', message: 'ETLS', sent: false });
    expect(plain.letters).toHaveLength(0);
    await sendMail(server(plain, { allowPlain: true }), mail());
    expect(plain.letters).toHaveLength(1);
  });

  it('S16: goes to no address that may not be called, however it is written', async () => {
    const before = plain.connections();
    const hosts = ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '0.0.0.0', 'localhost'];
    for (const host of hosts)
      expect([
        host,
        await failed(sendMail(server(plain, { url: `smtp://${host}:${plain.port}`, allowPrivate: false, allowPlain: true }), mail())),
      ]).toEqual([host, expect.objectContaining({ kind: 'settings', message: 'address-refused', sent: false })]);
    // a name that changes between look-ups has one look-up only, and that is checked
    const turning = { url: `smtp://post.example:${plain.port}`, allowPrivate: false, allowPlain: true };
    const lookup: MailServer['lookup'] = (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    expect(await failed(sendMail(server(plain, { ...turning, lookup }), mail()))).toMatchObject({ message: 'address-refused' });
    expect(plain.connections()).toBe(before);
  });

  const strange = identity({ name: 'another authority' });
  it.each([
    [
      'out of date',
      identity({ name: 'x', by: authority, addresses: ['127.0.0.1'], until: new Date(Date.now() - 1_000) }),
      {},
      /CERT_HAS_EXPIRED/,
    ],
    ['for another name', identity({ name: 'x', by: authority, addresses: ['10.1.1.1'] }), {}, /ERR_TLS_CERT_ALTNAME_INVALID/],
    [
      'of an unknown authority',
      identity({ name: 'x', by: strange, addresses: ['127.0.0.1'] }),
      {},
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/,
    ],
    [
      'of an old version',
      named,
      { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' },
      /ERR_SSL|EPROTO|ECONN|ETLS/,
    ],
    [
      'that asks for a certificate',
      named,
      { requestCert: true, rejectUnauthorized: true, ca: [authority.certificate] },
      /ERR_SSL|EPROTO|ECONN|ETLS/,
    ],
  ])('S17: a server %s gets nothing', async (_, own, more, code) => {
    for (const how of [{ implicit: true }, {}]) {
      const office = await openPostOffice({ tls: { cert: own.certificate, key: own.key, ...more }, ...how });
      const url = `${how.implicit ? 'smtps' : 'smtp'}://127.0.0.1:${office.port}`;
      const result = await failed(sendMail(server(office, { url }), mail()));
      expect(result).toMatchObject({ sent: false });
      expect((result as { message: string }).message).toMatch(code);
      expect(office.letters).toHaveLength(0);
    }
  });

  const replies: [string, Record<string, Says>, string, string, boolean][] = [
    ['no greeting', { greeting: 'silent' }, 'later', 'TIMEOUT', false],
    ['a break at the greeting', { greeting: 'break' }, 'later', 'ECONNECTION', false],
    ['busy', { greeting: '421 later' }, 'later', 'mail-421', false],
    ['a wrong login', { AUTH: '535 no' }, 'settings', 'mail-535', false],
    ['an unknown sender', { MAIL: '550 no' }, 'settings', 'mail-550', false],
    ['an unknown mailbox', { RCPT: '550 no' }, 'settings', 'mail-550', false],
    ['a grey list', { RCPT: '450 later' }, 'later', 'mail-450', false],
    ['a break before the contents', { DATA: 'break' }, 'later', 'ECONNECTION', false],
    ['no place now', { end: '452 full' }, 'later', 'mail-452', false],
    ['a refusal of the contents', { end: '554 spam' }, 'refused', 'mail-554', false],
    ['silence after the contents', { end: 'silent' }, 'later', 'TIMEOUT', true],
    ['a break after the contents', { end: 'break' }, 'later', 'ECONNECTION', true],
    ['taken, and no answer', { end: 'taken' }, 'later', 'ECONNECTION', true],
  ];
  it.each(replies)('%s', async (_, says, kind, message, sent) => {
    implicit.react(says);
    const options = { user: 'portal', password: 'secret', timeoutMilliseconds: 400 };
    expect(await failed(sendMail(server(implicit, options), mail()))).toMatchObject({ kind, message, sent });
  });

  it('is told when the contents begin, and what that throws ends it', async () => {
    const told: string[] = [];
    await sendMail(server(implicit), mail(), { begin: async () => void told.push(`${implicit.letters.length}`) });
    expect(told).toEqual(['0']);
    const work = sendMail(server(implicit), mail(), { begin: () => Promise.reject(new RangeError('ours')) });
    await expect(work).rejects.toBeInstanceOf(RangeError);
    expect(implicit.letters).toHaveLength(1);
  });

  it('nothing that stands in a name or an address becomes a header', async () => {
    await sendMail(
      server(implicit),
      mail({ subject: 'a\r\nBcc: x@y.example\r\n\r\nz', from: { name: 'x"\r\nX-Evil: 1', address: 'p@m.example' } }),
    );
    const [head] = implicit.letters[0]!.text.split('\r\n\r\n');
    expect(head).not.toMatch(/^(Bcc|X-Evil):/im);
    expect(implicit.letters[0]!.to).toEqual(['amt@musterstadt.example']);
  });
});

/** Somebody with an RSA key, which mail programs use. */
const withRsa = (bits: number, more: Partial<Wanted> = {}) =>
  identity({ name: 'amt', by: authority, pair: generateKeyPairSync('rsa', { modulusLength: bits }), ...more });
const openssl = spawnSync('openssl', ['version']).error === undefined;

describe('S/MIME', () => {
  const reader = withRsa(2_048);
  it.runIf(openssl)('only whoever has the key reads text and attachments; another program opens it', async () => {
    // small buffers of a process lie beside each other
    const neighbours = Array.from({ length: 50 }, (_, n) => Buffer.from(`somebody else's secret ${n}`));
    await sendMail(
      server(implicit),
      mail({
        certificate: reader.certificate,
        text: 'geheim',
        attachments: [{ name: 'a.json', type: 'application/json', content: Buffer.from('{"name":"Zaunkönig"}') }],
      }),
    );
    const { text } = implicit.letters[0]!;
    expect(text).toMatch(/Content-Type: application\/pkcs7-mime;\s+smime-type=enveloped-data/);
    expect(text).toContain('Subject: Antrag 26-TEST-0');
    for (const word of ['geheim', 'Zaunk', Buffer.from('{"name":"Zaunkönig"}').toString('base64').slice(0, 16)])
      expect(text).not.toContain(word);
    const folder = mkdtempSync(join(tmpdir(), 'schalter-smime-'));
    try {
      for (const [name, content] of Object.entries({ mail: text, cert: reader.certificate, key: reader.key }))
        writeFileSync(join(folder, name), content);
      const opened = execFileSync('openssl', ['cms', '-decrypt', '-in', 'mail', '-recip', 'cert', '-inkey', 'key'], {
        cwd: folder,
      }).toString();
      expect(neighbours).toHaveLength(50);
      expect(opened).not.toContain('somebody else');
      expect(opened).toMatch(/^Message-ID: /);
      expect(opened).toContain('geheim');
      expect(Buffer.from(/filename=a\.json\r?\n(?:.+\r?\n)*\r?\n([\w+/=\r\n]+)/.exec(opened)![1]!, 'base64').toString()).toBe(
        '{"name":"Zaunkönig"}',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['nonsense', 'nonsense', 'certificate-unreadable'],
    ['out of date', withRsa(2_048, { until: new Date(Date.now() - 1_000) }).certificate, 'certificate-expired'],
    ['a weak key', withRsa(1_024).certificate, 'certificate-key'],
    ['an elliptic key', identity({ name: 'x' }).certificate, 'certificate-key'],
  ])('a certificate that is %s is no certificate, and nothing is sent', async (_, certificate, code) => {
    expect(() => checkCertificate(certificate)).toThrow(code);
    await expect(sendMail(server(implicit), mail({ certificate }))).rejects.toThrow(code);
    expect(implicit.letters).toHaveLength(0);
  });
});
