import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Socket } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { answerWith, openOffice } from '../deliveries.fixture.ts';
import { mayCall, type Lookup } from '#server/network';
import { identity } from '../../network/certificates.fixture.ts';
import { EgressFailed, EgressRefused, request, type EgressPolicy } from './index.ts';

/** Listens where nobody may call. */
const canary = await openOffice();
const port = new URL(canary.url).port;

const call = (url: string, policy: Partial<EgressPolicy> = {}, headers: Record<string, string> = {}) =>
  request(
    { method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from('{}') },
    { endpoints: [url], timeoutMilliseconds: 2_000, ...policy },
  );
const failure = (work: Promise<unknown>): Promise<Error & Pick<EgressFailed, 'code' | 'sent'>> =>
  work.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error as EgressFailed,
  );
const leadingTo =
  (...addresses: string[]): Lookup =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('S16: where a call may go', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '１２７.０.０.１',
    '127。0。0。1',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:7f00:0001]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '2852039166',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[fc00::1]',
    '224.0.0.1',
    '255.255.255.255',
  ];
  it.each(spellings)('%s is refused before anything is opened', async (host) => {
    const error = await failure(call(`http://${host}:${port}/x`, { allowHttp: true }));
    expect(error).toBeInstanceOf(EgressRefused);
    expect(error.message).toBe('address-refused');
    expect(canary.connections()).toBe(0);
  });

  const names: [string, string[]][] = [
    ['loopback', ['127.0.0.1']],
    ['loopback, both families', ['::1', '127.0.0.1']],
    ['mapped', ['::ffff:127.0.0.1']],
    ['translated', ['64:ff9b::7f00:1']],
    ['metadata', ['169.254.169.254']],
    ['nothing', []],
    ['no address', ['localhost']],
  ];
  it.each(names)('a name that leads to %s is refused', async (_name, addresses) => {
    const error = await failure(call(`http://harmless.example:${port}/x`, { allowHttp: true, lookup: leadingTo(...addresses) }));
    expect(error).toBeInstanceOf(EgressRefused);
    expect(canary.connections()).toBe(0);
  });

  it('rebinding has no window: what is looked up once is what is called', async () => {
    let lookups = 0;
    const changing: Lookup = (host, options, done) => leadingTo((lookups += 1) === 1 ? '127.0.0.1' : '93.184.216.34')(host, options, done);
    await failure(call(`http://harmless.example:${port}/x`, { allowHttp: true, lookup: changing }));
    expect(lookups).toBe(1);
    expect(canary.connections()).toBe(0);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data'],
    ['http://[fd00:ec2::254]/latest'],
    ['http://[::ffff:10.0.0.1]/'],
    ['http://0.0.0.0/'],
  ])('%s stays refused where private addresses are allowed', async (url) => {
    expect(await failure(call(url, { allowHttp: true, allowPrivate: true }))).toBeInstanceOf(EgressRefused);
  });

  it('allows the private address of a setting, and the public ones', () => {
    for (const inside of ['127.0.0.1', '10.1.2.3', '192.168.1.1', '::1', 'fd12::1']) {
      expect([inside, mayCall(inside), mayCall(inside, true)]).toEqual([inside, false, true]);
    }
    for (const outside of ['93.184.216.34', '9.9.9.9', '2a02:2e0::1']) expect([outside, mayCall(outside)]).toEqual([outside, true]);
    expect(mayCall('localhost', true)).toBe(false);
  });

  it('only the configured host and port, only https unless allowed, no password in the address, no line break in a header', async () => {
    const own = { endpoints: [canary.url], allowHttp: true, allowPrivate: true };
    expect((await failure(call(`http://127.0.0.1:${Number(port) + 1}/`, own))).message).toBe('endpoint-refused');
    expect((await failure(call(`http://127.0.0.2:${port}/`, own))).message).toBe('endpoint-refused');
    expect((await failure(call(canary.url, { allowPrivate: true }))).message).toBe('http-refused');
    expect((await failure(call(canary.url.replace('//', '//user:secret@'), own))).message).toBe('password-refused');
    const injected = await failure(call(canary.url, own, { 'x-note': 'a\r\nx-admin: yes' }));
    expect(injected).toBeInstanceOf(EgressRefused);
    expect(injected.message).toBe('ERR_INVALID_CHAR');
    for (const url of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1:70/'])
      expect(await failure(call(url, { allowHttp: true, allowPrivate: true }))).toBeInstanceOf(EgressRefused);
    expect(canary.connections()).toBe(0);
  });

  it('follows no redirect', async () => {
    const office = await openOffice();
    for (const status of [301, 302, 307, 308]) {
      office.react(answerWith(status, '', { location: canary.url }));
      expect(await call(office.url, { allowHttp: true, allowPrivate: true })).toMatchObject({ status });
    }
    expect(canary.connections()).toBe(0);
  });
});

describe('R7: a call ends, whatever the other side does', () => {
  const DEADLINE = 400;
  const behaviours: [string, string, (socket: Socket) => void][] = [
    ['says nothing', 'TIMEOUT', () => undefined],
    ['drips its head', 'TIMEOUT', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Slow: ')],
    ['drips its body', 'TIMEOUT', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')],
    ['sends a body without an end', 'ANSWER_TOO_LONG', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n\r\n')],
    ['sends a head without an end', 'HPE_HEADER_OVERFLOW', (socket) => flood(socket, 'HTTP/1.1 200 OK\r\nX-Long: ')],
    ['resets', 'ECONNRESET', (socket) => void socket.resetAndDestroy()],
    ['closes without a word', 'ECONNRESET', (socket) => void socket.end()],
    ['speaks nonsense', 'HPE_INVALID_CONSTANT', (socket) => void socket.end('SMTP ready\r\n\r\n')],
  ];
  const over: number[] = [];
  afterAll(() => {
    const latest = Math.max(0, ...over).toFixed(0);
    process.stdout.write(`R7: ${over.length} ways to hang or break off, each call ended, the latest ${latest} ms after its deadline\n`);
  });
  it.each(behaviours)('that %s', async (_name, code, behaviour) => {
    const sockets = new Set<Socket>();
    const server = createTcp((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => behaviour(socket));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const began = performance.now();
    const error = await failure(
      call(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
        allowHttp: true,
        allowPrivate: true,
        timeoutMilliseconds: DEADLINE,
      }),
    );
    const took = performance.now() - began;
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(error).toBeInstanceOf(EgressFailed);
    expect([error.code, error.sent]).toEqual([code, true]);
    expect(took).toBeLessThan(DEADLINE + 500);
    over.push(took - DEADLINE);
  });

  it('that cannot be reached: nothing was sent', async () => {
    const error = await failure(call('http://127.0.0.1:9/', { allowHttp: true, allowPrivate: true }));
    expect([error.code, error.sent]).toEqual(['ECONNREFUSED', false]);
  });

  it('that answers a large body before it has read it: the answer counts', async () => {
    const server = createTcp((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    async function* large() {
      for (let n = 0; n < 50; n += 1) {
        yield Buffer.alloc(16_384);
        await new Promise((wait) => setTimeout(wait, 2));
      }
    }
    const answer = await request(
      { method: 'POST', url, headers: {}, body: large() },
      { endpoints: [url], allowHttp: true, allowPrivate: true, timeoutMilliseconds: 2_000 },
    );
    expect(answer).toMatchObject({ status: 413, body: 'no' });
    server.close();
  });

  it('GET sends nothing, PUT what it was given, and both are held to the same rules', async () => {
    const office = await openOffice();
    office.react((_call, res, req) => void res.end(`${req.method} ${'x'.repeat(100)}`));
    const policy = { endpoints: [office.url], allowHttp: true, allowPrivate: true, timeoutMilliseconds: 2_000 };
    const get = { method: 'GET', url: office.url, headers: {} } as const;
    expect((await request(get, policy)).body).toMatch(/^GET x/);
    expect((await request({ ...get, method: 'PUT', body: Buffer.from('new') }, policy)).body).toMatch(/^PUT x/);
    expect(office.calls.map((one) => one.body.toString())).toEqual(['', 'new']);
    expect((await failure(request({ ...get, mostBytes: 50 }, policy))).code).toBe('ANSWER_TOO_LONG');
    expect(await failure(request({ ...get, url: canary.url }, policy))).toBeInstanceOf(EgressRefused);
    expect(await failure(request(get, { ...policy, allowPrivate: false }))).toBeInstanceOf(EgressRefused);
  });

  it('a body of ours that breaks is our fault, and arrives nowhere as a whole', async () => {
    const office = await openOffice();
    async function* broken() {
      yield Buffer.from('half');
      throw new RangeError('ours');
    }
    const work = request(
      { method: 'POST', url: office.url, headers: { 'content-length': '100' }, body: broken() },
      { endpoints: [office.url], allowHttp: true, allowPrivate: true, timeoutMilliseconds: 2_000 },
    );
    expect(await failure(work)).toBeInstanceOf(RangeError);
    expect(office.calls).toHaveLength(0);
  });
});

function drip(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), 50);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket, head: string): void {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write('x'.repeat(8_192)));
  };
  socket.on('drain', more);
  more();
}

describe('S17: TLS', () => {
  const authority = identity({ name: 'Test CA' });
  const stranger = identity({ name: 'Stranger CA' });
  const addresses = ['127.0.0.1'];
  const good = identity({ name: 'office', by: authority, addresses });
  const ours = identity({ name: 'portal', by: authority });

  async function office(
    own = good,
    more: { minVersion?: SecureVersion; maxVersion?: SecureVersion; requestCert?: boolean; ciphers?: string } = {},
  ) {
    const server = createHttps({ key: own.key, cert: own.certificate, ca: authority.certificate, ...more });
    server.on('tlsClientError', () => undefined);
    return openOffice(server);
  }

  it('own authority, own certificate shown', async () => {
    const { url, calls } = await office(good, { requestCert: true });
    const tls = { ca: authority.certificate, certificate: ours.certificate, key: ours.key };
    expect(await call(url, { allowPrivate: true, tls })).toMatchObject({ status: 200 });
    expect(calls).toHaveLength(1);
  });

  const refusals: [string, () => ReturnType<typeof office>, string | undefined, RegExp][] = [
    [
      'a public authority is needed and this is none',
      () => office(),
      undefined,
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/,
    ],
    [
      'a stranger signed it',
      () => office(identity({ name: 'x', by: stranger, addresses })),
      authority.certificate,
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    ],
    ['it signed itself', () => office(identity({ name: 'x', addresses })), authority.certificate, /DEPTH_ZERO_SELF_SIGNED_CERT/],
    [
      'it has another name',
      () => office(identity({ name: 'x', by: authority, addresses: ['127.0.0.9'] })),
      authority.certificate,
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    [
      'it has run out',
      () => office(identity({ name: 'x', by: authority, addresses, until: new Date(Date.now() - 60_000) })),
      authority.certificate,
      /CERT_HAS_EXPIRED/,
    ],
    [
      'the version is too old',
      () => office(good, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      authority.certificate,
      /ERR_SSL|EPROTO|ECONNRESET/,
    ],
    ['it wants a certificate and we have none', () => office(good, { requestCert: true }), authority.certificate, /ERR_SSL|ECONNRESET/],
  ];
  it.each(refusals)('refused: %s', async (_name, open, ca, code) => {
    const { url, calls } = await open();
    const error = await failure(call(url, { allowPrivate: true, tls: { ca } }));
    expect(error).toBeInstanceOf(EgressFailed);
    expect(error.code).toMatch(code);
    expect(calls).toHaveLength(0);
  });

  it('plain http where https is configured is refused', async () => {
    const error = await failure(call(canary.url.replace('http:', 'https:'), { allowPrivate: true }));
    expect(error.code).toMatch(/ERR_SSL|EPROTO/);
    expect(canary.calls).toHaveLength(0);
  });
});

afterAll(() => expect(canary.calls).toEqual([]));
