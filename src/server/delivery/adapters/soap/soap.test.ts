import { createHash, randomUUID } from 'node:crypto';
import { createServer as createSecureServer } from 'node:https';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { identity } from '../../../network/certificates.fixture.ts';
import { answerWith, CANARY, FILE, openOffice, testFollowup, type Call } from '../../deliveries.fixture.ts';
import { judgeSoap } from './answer.ts';
import { soap } from './index.ts';
import { envelope11, envelope12, fault11, fault12, PASSWORD, readMessage, soapContext, soapSettingsFor, taken } from './soap.fixture.ts';
import { readWsdl } from './wsdl.ts';

const office = await openOffice();
const other = await openOffice();
beforeEach(() => {
  for (const one of [office, other]) {
    one.calls.length = 0;
    one.react(taken);
  }
});
const CONTRACT = readFileSync(new URL('../../../../../static/schemas/submission.v1.wsdl', import.meta.url), 'utf8');
const sentTo = async (context: Parameters<typeof soap.send>[0]) => {
  const outcome = await soap.send(context);
  return { outcome, call: office.calls.at(-1) as Call };
};

const answered = (body: string, status = 200, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body,
  bytes: Buffer.from(body),
});

describe('what is sent', () => {
  it('by our contract: everything that it names, with the envelope as it was frozen, and the key', async () => {
    const context = soapContext(soapSettingsFor(office.url));
    const { outcome, call } = await sentTo(context);
    expect(outcome).toEqual({ kind: 'delivered', status: 200 });
    expect(call.headers).toMatchObject({
      'content-type': 'application/soap+xml; charset=utf-8; action="https://schalter.example/soap/v1/Submit"',
      'content-length': String(call.body.length),
      'idempotency-key': context.envelope.id,
    });
    const { header, body } = readMessage(call.body.toString());
    expect(header).toMatchObject({ IdempotencyKey: context.envelope.id });
    const { envelope } = context;
    expect(body.Submit).toMatchObject({
      id: envelope.id,
      reference: envelope.reference,
      municipality: envelope.municipality,
      service: { id: 'dog-tax', leika: envelope.service.leika[0], level: 'municipal' },
      submittedAt: envelope.submittedAt,
      payloadSha256: envelope.payloadSha256,
      envelope: Buffer.from(context.bytes).toString(),
    });
    const names = [
      ...CONTRACT.slice(CONTRACT.indexOf('name="Submit"'), CONTRACT.indexOf('name="attachment"')).matchAll(/element name="(\w+)"/g),
    ].map(([, name]) => name);
    const sent = [...call.body.toString().matchAll(/<m:(\w+)[ >]/g)].map(([, name]) => name).filter((name) => name !== 'Submit');
    expect(sent).toEqual(names);
  });

  it('the answer to a question by the same operation, in every part that the contract names; in a mapping of the office’s own none', async () => {
    const envelope = testFollowup(randomUUID(), 'office', 'musterstadt', 1);
    const bytes = Buffer.from(JSON.stringify(envelope));
    const { outcome, call } = await sentTo({ ...soapContext(soapSettingsFor(office.url)), envelope, bytes });
    expect(outcome).toEqual({ kind: 'delivered', status: 200 });
    const { body } = readMessage(call.body.toString());
    expect(body.Submit).toMatchObject({ id: envelope.id, envelope: bytes.toString(), payloadSha256: envelope.payloadSha256 });
    const names = [
      ...CONTRACT.slice(CONTRACT.indexOf('name="Submit"'), CONTRACT.indexOf('name="SubmitResponse"')).matchAll(/element name="(\w+)"/g),
    ];
    const sent = [...call.body.toString().matchAll(/<m:(\w+)[ >]/g)].map(([, name]) => name).filter((name) => name !== 'Submit');
    expect(sent).toEqual(names.map(([, name]) => name));
    expect(soap.answers(soapSettingsFor(office.url))).toBe(true);
    expect(soap.answers(soapSettingsFor(office.url, { message: [{ element: 'id', from: 'id' }] }))).toBe(false);
  });

  it('SOAP 1.1 by its port', async () => {
    const { call } = await sentTo(soapContext(soapSettingsFor(office.url, { port: 'Submission11' })));
    expect(call.headers).toMatchObject({
      'content-type': 'text/xml; charset=utf-8',
      soapaction: '"https://schalter.example/soap/v1/Submit"',
    });
    expect(call.body.toString()).toContain('xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"');
  });

  it('files in base64, whatever their chunks are', async () => {
    const { Readable } = await import('node:stream');
    for (const size of [1, 2, 3, 4, 1_000]) {
      const context = soapContext(soapSettingsFor(office.url), { files: 2 });
      const chunks = Array.from({ length: Math.ceil(FILE.length / size) }, (_, n) => FILE.subarray(n * size, (n + 1) * size));
      const { outcome, call } = await sentTo({ ...context, openAttachment: async () => Readable.from(chunks) });
      expect(outcome).toMatchObject({ kind: 'delivered' });
      const { attachment } = readMessage(call.body.toString()).body.Submit as { attachment: { content: string; id: string }[] };
      expect(attachment.map(({ id }) => id)).toEqual(['file-0', 'file-1']);
      for (const { content } of attachment) expect(Buffer.from(content, 'base64').equals(FILE)).toBe(true);
    }
  });

  it('files by MTOM, where the setting or the WSDL asks for it', async () => {
    const policy =
      '<wsp:Policy xmlns:wsp="http://www.w3.org/ns/ws-policy"><m:OptimizedMimeSerialization xmlns:m="http://x"/></wsp:Policy></definitions>';
    for (const settings of [
      soapSettingsFor(office.url, { attachments: 'mtom' }),
      soapSettingsFor(
        office.url,
        { wsdl: 'file:/x.wsdl', operation: 'Submit' },
        { 'file:/x.wsdl': CONTRACT.replace('</definitions>', policy) },
      ),
    ]) {
      const { call } = await sentTo(soapContext(settings, { files: 1 }));
      const type = call.headers['content-type']!;
      expect(type).toMatch(
        /^multipart\/related; type="application\/xop\+xml"; boundary="[^"]+"; start="<message@schalter\.example>"; start-info="application\/soap\+xml"/,
      );
      expect(call.headers['content-length']).toBe(String(call.body.length));
      const boundary = /boundary="([^"]+)"/.exec(type)![1]!;
      const [, root, file, end] = call.body.toString('latin1').split(`--${boundary}`);
      expect(end).toBe('--\r\n');
      const { attachment } = readMessage(root!.slice(root!.indexOf('<?xml'))).body.Submit as {
        attachment: { content: { Include: Record<string, string> } };
      };
      expect(attachment.content.Include['@_href']).toBe('cid:file-0@schalter.example');
      expect(file).toContain('Content-ID: <file-0@schalter.example>');
      expect(Buffer.from(file!.slice(file!.indexOf('\r\n\r\n') + 4, -2), 'latin1').equals(FILE)).toBe(true);
    }
  });

  it.each(['inline', 'mtom'] as const)('%s: a file that was altered never arrives as a whole message', async (attachments) => {
    const { Readable } = await import('node:stream');
    const context = soapContext(soapSettingsFor(office.url, { attachments }), { files: 1 });
    const broken = { ...context, openAttachment: async () => Readable.from([Buffer.from(FILE).fill('x')]) };
    await expect(soap.send(broken)).rejects.toMatchObject({ name: 'AttachmentBroken' });
    expect(office.calls).toHaveLength(0);
  });

  it('a password as digest (OASIS), and as text only where TLS hides it', async () => {
    const user = { name: 'portal & co', password: 'env:X' };
    const { call } = await sentTo(soapContext(soapSettingsFor(office.url, { user })));
    const { Security } = readMessage(call.body.toString()).header as {
      Security: { UsernameToken: Record<string, unknown>; Timestamp: { Created: string; Expires: string } };
    };
    const token = Security.UsernameToken as {
      Username: string;
      Password: Record<string, string>;
      Nonce: Record<string, string>;
      Created: string;
    };
    const digest = createHash('sha1')
      .update(Buffer.from(token.Nonce['#text']!, 'base64'))
      .update(token.Created)
      .update(PASSWORD)
      .digest('base64');
    expect(token).toMatchObject({ Username: user.name, Password: { '#text': digest } });
    expect(Date.parse(Security.Timestamp.Expires) - Date.parse(Security.Timestamp.Created)).toBe(300_000);
    expect(call.body.toString()).not.toContain(PASSWORD);
    const clear = soapSettingsFor(office.url, { user: { ...user, form: 'text' } });
    expect(await soap.send(soapContext({ ...clear, allowHttp: false }))).toEqual({
      kind: 'retry',
      cause: 'settings',
      reason: 'password-in-clear',
    });
    expect(office.calls).toHaveLength(1);
  });

  it('a body that is mapped: values, fixed texts, lists, attributes, and nothing where there is nothing', async () => {
    const wsdl = wsdlOf({ form: 'unqualified' });
    const settings = soapSettingsFor(
      office.url,
      {
        wsdl: 'file:/x.wsdl',
        operation: 'AntragAnnehmen',
        message: [
          { element: 'Aktenzeichen', from: 'reference' },
          { element: 'Schluessel', from: 'id' },
          {
            element: 'Person',
            children: [
              { element: '@art', text: 'N' },
              { element: 'Name', from: 'payload.applicant.name' },
              { element: 'Titel', from: 'payload.applicant.title' },
            ],
          },
          {
            element: 'Hund',
            each: 'payload.dogs',
            children: [
              { element: '@nr', from: 'n' },
              { element: 'Name', from: 'name' },
              { element: 'Alt', from: 'old' },
            ],
          },
          { element: 'Nichts', from: 'constructor.name' },
          { element: 'Katze', each: 'payload.cats', children: [{ element: 'Name', from: 'name' }] },
          {
            element: 'Anlage',
            each: 'attachments',
            children: [
              { element: 'Name', from: 'name' },
              { element: 'Inhalt', content: true },
            ],
          },
        ],
      },
      { 'file:/x.wsdl': wsdl },
    );
    expect(settings.problems).toEqual([]);
    const payload = {
      applicant: { name: 'Ä <&"\'> \u0000\ud800 \r\n]]>' },
      dogs: [
        { n: 1, name: 'Bello', old: true },
        { n: 2, name: 'Rex', old: false },
      ],
    };
    const { call } = await sentTo(soapContext(settings, { payload, files: 1 }));
    const text = call.body.toString();
    expect(text).toContain('<m:Antrag xmlns:m="urn:amt">');
    const { Antrag } = readMessage(text).body as { Antrag: Record<string, unknown> };
    expect(Antrag).toMatchObject({
      Aktenzeichen: '26-TEST-0',
      Person: { '@_art': 'N' },
      Hund: [
        { '@_nr': '1', Name: 'Bello', Alt: 'true' },
        { '@_nr': '2', Name: 'Rex', Alt: 'false' },
      ],
      Anlage: { Name: 'Nachweis.pdf', Inhalt: FILE.toString('base64') },
    });
    expect(text).toContain("<Name>Ä &lt;&amp;&quot;'&gt; \ufffd\ufffd &#13;&#10;]]&gt;</Name>");
    for (const name of ['Titel', 'Nichts', 'Katze']) expect(text).not.toContain(name);
  });
});

/** A WSDL as offices have them. */
function wsdlOf({
  form = 'qualified',
  address = 'http://amt.example/dienst',
  style = 'document',
  part = 'element="a:Antrag"',
} = {}): string {
  return `<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:a="urn:amt" targetNamespace="urn:amt">
    <wsdl:types><xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:amt" ${form === 'qualified' ? 'elementFormDefault="qualified"' : ''}/></wsdl:types>
    <wsdl:message name="In"><wsdl:part name="p" ${part}/></wsdl:message>
    <wsdl:portType name="P"><wsdl:operation name="AntragAnnehmen"><wsdl:input message="a:In"/></wsdl:operation></wsdl:portType>
    <wsdl:binding name="B" type="a:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
      <wsdl:operation name="AntragAnnehmen"><soap:operation soapAction="urn:annehmen" style="${style}"/><wsdl:input><soap:body use="literal" namespace="urn:rpc"/></wsdl:input></wsdl:operation></wsdl:binding>
    <wsdl:service name="S"><wsdl:port name="Eins" binding="a:B"><soap:address location="${address}"/></wsdl:port></wsdl:service></wsdl:definitions>`;
}

describe('a WSDL', () => {
  it.each([
    [
      'document',
      {},
      {
        element: 'Antrag',
        namespace: 'urn:amt',
        qualified: true,
        version: '1.1',
        action: 'urn:annehmen',
        address: 'http://amt.example/dienst',
      },
    ],
    ['document, unqualified', { form: 'unqualified' }, { qualified: false }],
    ['rpc', { style: 'rpc' }, { element: 'AntragAnnehmen', namespace: 'urn:rpc', qualified: false }],
  ])('%s is read', (_, how, expected) => {
    expect(readWsdl(wsdlOf(how), { operation: 'AntragAnnehmen' })).toMatchObject(expected);
  });

  it.each([
    ['another operation', wsdlOf(), { operation: 'Submit' }, 'wsdl-no-operation'],
    ['another port', wsdlOf(), { operation: 'AntragAnnehmen', port: 'Zwei' }, 'wsdl-no-operation'],
    ['a message of types', wsdlOf({ part: 'type="a:T"' }), { operation: 'AntragAnnehmen' }, 'wsdl-no-element'],
    ['no service', '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', { operation: 'x' }, 'wsdl-no-service'],
    ['something else', '<html/>', { operation: 'x' }, 'wsdl-not-one'],
    ['no XML', 'hello', { operation: 'x' }, 'xml-malformed'],
  ])('%s is said', (_, text, wanted, code) => {
    expect(() => readWsdl(text, wanted)).toThrow(code);
    const settings = soapSettingsFor(office.url, { wsdl: 'file:/x.wsdl', ...wanted }, { 'file:/x.wsdl': text });
    expect(settings.problems).toEqual([expect.stringContaining(code)]);
  });

  it('from an address is fetched once, and where it says so is called', async () => {
    const url = new URL(office.url);
    const at = `${url.origin}/dienst?wsdl`;
    const settings = soapSettingsFor('', {
      wsdl: at,
      url: undefined,
      operation: 'AntragAnnehmen',
      message: [{ element: 'Id', from: 'id' }],
    });
    expect(settings.endpoints).toEqual([at]);
    office.react(
      (call, res, req) => void (req.method === 'GET' ? res.end(wsdlOf({ address: `${url.origin}/dienst` })) : res.end(envelope11('<ok/>'))),
    );
    const outcomes = await Promise.all([1, 2, 3].map(() => soap.send(soapContext(settings))));
    expect(outcomes).toEqual(Array(3).fill({ kind: 'delivered', status: 200 }));
    expect(office.calls.map((call) => call.path)).toEqual(['/dienst?wsdl', '/dienst', '/dienst', '/dienst']);
  });

  it('S16: leads nowhere but to its own host, or to the address of the configuration', async () => {
    const before = other.connections();
    const at = `${new URL(office.url).origin}/dienst?wsdl`;
    const fetched = (more = {}) =>
      soapSettingsFor('', { wsdl: at, url: undefined, operation: 'AntragAnnehmen', message: [{ element: 'Id', from: 'id' }], ...more });
    for (const address of [
      other.url,
      'http://169.254.169.254/latest',
      'file:///etc/passwd',
      'gopher://x/',
      other.url.replace('127.0.0.1', 'localhost'),
    ]) {
      office.react(answerWith(200, wsdlOf({ address })));
      expect(await soap.send(soapContext(fetched()))).toMatchObject({ kind: 'retry', cause: 'settings' });
    }
    for (const [name, reaction, expected] of [
      ['redirect', answerWith(302, '', { location: other.url }), { cause: 'settings', reason: 'wsdl-answer-302' }],
      ['not there', answerWith(404), { cause: 'settings', reason: 'wsdl-answer-404' }],
      ['down', answerWith(503), { cause: 'failing', reason: 'wsdl-answer-503' }],
    ] as const) {
      office.react(reaction);
      expect([name, await soap.send(soapContext(fetched({ onUnknown: 'manual' })))]).toEqual([
        name,
        expect.objectContaining({ kind: 'retry', ...expected }),
      ]);
    }
    for (const allow of [{ allowPrivate: false }, { allowHttp: false }])
      expect(await soap.send(soapContext({ ...fetched(), ...allow }))).toMatchObject({ kind: 'retry', cause: 'settings' });
    expect(other.connections()).toBe(before);
  });
});

describe('what an answer means', () => {
  const ok = envelope12('<r/>');
  it.each([
    ['taken', taken, { kind: 'delivered', status: 200 }],
    ['nothing said', answerWith(202), { kind: 'delivered', status: 202 }],
    ['an empty body', answerWith(200, envelope12('')), { kind: 'delivered' }],
    [
      'a package',
      answerWith(200, `--b\r\nContent-Type: application/xop+xml\r\n\r\n${ok}\r\n--b--`, {
        'content-type': 'multipart/related; boundary="b"',
      }),
      { kind: 'delivered' },
    ],
    ['1.1 Server', fault11('soap:Server'), { kind: 'retry', cause: 'failing', reason: 'fault-Server', status: 500 }],
    [
      '1.1 Client',
      fault11('soap:Client', 'Straße fehlt'),
      { kind: 'park', reason: 'fault-Client', words: expect.stringContaining('Straße fehlt') },
    ],
    ['1.1 Client, with status 200', fault11('soap:Client', 'x', 200), { kind: 'park', reason: 'fault-Client', status: 200 }],
    ['1.1 Client.Street.Unknown', fault11('soap:Client.Street.Unknown'), { kind: 'park', reason: 'fault-Client' }],
    ['1.2 Receiver', fault12('env:Receiver', undefined), { kind: 'retry', cause: 'failing', reason: 'fault-Receiver' }],
    ['1.2 Sender', fault12('env:Sender', 'x:Street', 400), { kind: 'park', reason: 'fault-Sender' }],
    [
      '1.2 Sender with a code of WS-Security',
      fault12('env:Sender', 'wsse:FailedAuthentication'),
      { kind: 'retry', cause: 'settings', reason: 'fault-FailedAuthentication' },
    ],
    ['MustUnderstand', fault11('soap:MustUnderstand'), { kind: 'retry', cause: 'settings' }],
    ['a code nobody knows', fault11('x:Kaputt'), { kind: 'park', reason: 'fault-other' }],
    ['constructor', fault11('constructor'), { kind: 'park', reason: 'fault-other' }],
    ['401', answerWith(401, ok), { kind: 'retry', cause: 'settings', reason: 'answer-401' }],
    ['503 and when to come again', answerWith(503, ok, { 'retry-after': '7' }), { kind: 'retry', cause: 'failing', afterSeconds: 7 }],
    ['500 without a fault', answerWith(500, '<html>'), { kind: 'retry', cause: 'failing', reason: 'answer-500' }],
    ['404', answerWith(404, 'no'), { kind: 'park', reason: 'answer-404' }],
    [
      'a page of a proxy',
      answerWith(200, '<html><body>hello<br></body></html>'),
      { kind: 'retry', cause: 'failing', reason: 'xml-malformed' },
    ],
    ['other XML', answerWith(200, '<a/>'), { kind: 'retry', cause: 'failing', reason: 'answer-not-soap' }],
  ])('%s', async (_, reaction, expected) => {
    office.react(reaction);
    expect(await soap.send(soapContext(soapSettingsFor(office.url)))).toMatchObject(expected);
  });

  it.each([
    ['Server', fault11('soap:Server'), 'unknown'],
    ['no SOAP', answerWith(200, 'hello'), 'unknown'],
    ['a break', (_call, res) => void res.destroy(), 'unknown'],
    ['500', answerWith(500), 'unknown'],
    ['Client', fault11('soap:Client'), 'park'],
    ['wrong password', fault11('wsse:FailedAuthentication'), 'retry'],
    ['503', answerWith(503), 'retry'],
  ])('where a second send would count twice: %s', async (_, reaction, kind) => {
    office.react(reaction);
    expect(await soap.send(soapContext(soapSettingsFor(office.url, { onUnknown: 'manual' })))).toMatchObject({ kind });
  });

  it('codes mean what the configuration says, the narrowest first', async () => {
    const settings = soapSettingsFor(office.url, {
      faults: { Busy: 'retry', Client: 'retry', 'Client.Closed': 'park', Login: 'settings' },
    });
    for (const [code, kind] of [
      ['soap:Client', 'retry'],
      ['soap:Client.Closed', 'park'],
      ['x:Busy', 'retry'],
      ['x:Login', 'retry'],
    ] as const) {
      office.react(fault11(code));
      expect([code, (await soap.send(soapContext(settings))).kind]).toEqual([code, kind]);
    }
    office.react(fault12('env:Sender', 'x:Busy'));
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'retry', reason: 'fault-Busy' });
  });

  it('where the answer has a code of its own, only the good ones are good', async () => {
    const settings = soapSettingsFor(office.url, { accepted: { path: 'Result/Code', values: ['0'] } });
    const result = (code: string) => answerWith(200, envelope11(`<R><Result><Code>${code}</Code><Text>Straße fehlt</Text></Result></R>`));
    office.react(result(' 0 '), result('17'), answerWith(200, envelope11('<R/>')));
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'delivered' });
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'park', reason: 'answer-refuses', words: '17 Straße fehlt' });
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'park' });
  });

  it('reasons are codes, words are sealed elsewhere: nothing of an answer is in a reason', async () => {
    office.react(fault11(`soap:Client.${CANARY}`, CANARY));
    const outcome = await soap.send(soapContext(soapSettingsFor(office.url)));
    expect(outcome).toMatchObject({ kind: 'park', reason: 'fault-Client' });
  });
});

describe('S13: XML from outside', () => {
  const lol = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  const hostile: [string, string][] = [
    ['an external entity', `<!DOCTYPE x [<!ENTITY e SYSTEM "CANARY">]>${envelope12('<a>&e;</a>')}`],
    ['an external entity, a file', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${envelope12('<a>&e;</a>')}`],
    ['a parameter entity', `<!DOCTYPE x [<!ENTITY % p SYSTEM "CANARY">%p;]>${envelope12('<a/>')}`],
    ['an external document type', `<!DOCTYPE x SYSTEM "CANARY">${envelope12('<a/>')}`],
    ['a billion laughs', `<!DOCTYPE x [<!ENTITY l0 "lol">${lol}]>${envelope12('<a>&l9;</a>')}`],
    ['a quadratic blow-up', `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(20_000)}">]>${envelope12(`<a>${'&a;'.repeat(5_000)}</a>`)}`],
    ['an entity without a document type', envelope12('<a>&e;</a>')],
    ['a depth of 100,000', '<a>'.repeat(100_000) + '</a>'.repeat(100_000)],
    ['a depth of 100,000 without an end', '<a>'.repeat(100_000)],
    ['a million elements', envelope12('<a/>'.repeat(1_000_000))],
    ['a million attributes', envelope12(`<a ${Array.from({ length: 300_000 }, (_, n) => `b${n}="1"`).join(' ')}/>`)],
    ['50 MB', envelope12(`<a>${'x'.repeat(50 * 1024 * 1024)}</a>`)],
    ['other characters for the document type', `\ufeff<!doctype x [<!ENTITY e SYSTEM "CANARY">]>${envelope12('<a>&e;</a>')}`],
  ];
  it.each(hostile)('%s is refused at once, in an answer and in a WSDL; nothing is fetched', { timeout: 5_000 }, async (_, text) => {
    const before = other.connections();
    const evil = text.replaceAll('CANARY', other.url);
    const settings = soapSettingsFor(office.url);
    const judged = judgeSoap(answered(evil), settings);
    expect(judged).toMatchObject({ kind: 'retry', cause: 'failing' });
    expect(() => readWsdl(evil, { operation: 'Submit' })).toThrow();
    office.react(answerWith(200, evil));
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'retry' });
    expect(other.connections()).toBe(before);
  });

  it('XInclude is an element like any other', () => {
    const text = envelope12(`<a><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/></a>`);
    expect(judgeSoap(answered(text), soapSettingsFor(office.url))).toEqual({ kind: 'delivered', status: 200 });
  });

  it('names of JavaScript are names like any other', () => {
    const text = envelope12('<constructor __proto__="x"><__proto__><toString>1</toString></__proto__></constructor>');
    expect(judgeSoap(answered(text), soapSettingsFor(office.url))).toMatchObject({ kind: 'delivered' });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('S25: any answer, whole or broken, is an outcome', () => {
    const settings = soapSettingsFor(office.url, { accepted: { path: 'a/b', values: ['1'] } });
    const word = fc.constantFrom(
      '<',
      '>',
      '/',
      '&',
      '"',
      ';',
      'a',
      'soap:',
      'Envelope',
      'Body',
      'Fault',
      'faultcode',
      'Code',
      'Value',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?',
      '?>',
      '\u0000',
      '\ud800',
      ' xmlns="',
      'http://www.w3.org/2003/05/soap-envelope',
      '--b',
      '\r\n\r\n',
    );
    const bodies = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
      fc.array(word, { maxLength: 20 }).map((words) => envelope12(words.join(''))),
      fc.tuple(fc.nat(400), fc.string({ maxLength: 3 })).map(([at, more]) => {
        const whole = envelope12('<env:Fault><env:Code><env:Value>env:Sender</env:Value></env:Code></env:Fault>');
        return whole.slice(0, at) + more + whole.slice(at + more.length);
      }),
    );
    const types = ['', 'multipart/related; boundary=b', 'multipart/related; boundary=""'];
    const headers = fc.constantFrom(...types.map((type) => ({ 'content-type': type })));
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), headers, bodies, (status, head, body) => {
        const outcome = judgeSoap(answered(body, status, head), settings);
        return ['delivered', 'retry', 'park', 'unknown'].includes(outcome.kind);
      }),
      { numRuns: process.env.SCHALTER_FAULTS === 'full' ? 10_000 : 1_000 },
    );
  });
});

describe('S17: TLS', () => {
  const authority = identity({ name: 'authority' });
  const named = identity({ name: '127.0.0.1', by: authority, addresses: ['127.0.0.1'] });
  const files = { 'file:/ca': authority.certificate, 'file:/cert': named.certificate, 'file:/key': named.key };
  it.each([
    ['out of date', identity({ name: 'x', by: authority, addresses: ['127.0.0.1'], until: new Date(Date.now() - 1_000) }), {}],
    ['of another name', identity({ name: 'x', by: authority, addresses: ['10.0.0.1'] }), {}],
    ['of an unknown authority', identity({ name: 'x', addresses: ['127.0.0.1'] }), {}],
    ['of an old version', named, { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' }],
  ])('a service %s is sent nothing; somebody is told', async (_, own, more) => {
    const secure = await openOffice(createSecureServer({ cert: own.certificate, key: own.key, ...more }));
    const settings = soapSettingsFor(secure.url, { tls: { ca: 'file:/ca' }, user: { name: 'x', password: 'env:X', form: 'text' } }, files);
    expect(await soap.send(soapContext(settings))).toMatchObject({ kind: 'retry', cause: 'settings' });
    expect(secure.calls).toHaveLength(0);
  });

  it('who asks for a certificate gets ours, and nothing without it', async () => {
    const secure = await openOffice(
      createSecureServer({
        cert: named.certificate,
        key: named.key,
        requestCert: true,
        rejectUnauthorized: true,
        ca: [authority.certificate],
      }),
    );
    secure.react(taken);
    const without = soapSettingsFor(secure.url, { tls: { ca: 'file:/ca' } }, files);
    expect((await soap.send(soapContext(without))).kind).toBe('retry');
    expect(secure.calls).toHaveLength(0);
    const mutual = soapSettingsFor(secure.url, { tls: { ca: 'file:/ca', certificate: 'file:/cert', key: 'file:/key' } }, files);
    expect(await soap.send(soapContext(mutual))).toMatchObject({ kind: 'delivered' });
  });
});
