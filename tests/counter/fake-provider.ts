/**
 * An identity provider that lies when told to. It keeps to the protocol where a test says nothing, so that each test breaks one thing; every code it
 * gives may be used again and again, so that only the portal can refuse.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** What a test breaks. */
export interface Lies {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  /** Signs with a key that is not published, with the client's secret, or not at all. */
  signature?: 'foreign' | 'secret' | 'none';
  /** Instead of the token answer. */
  answer?: { status: number; body: object };
  /** Instead of what the document says. */
  document?: Record<string, unknown>;
}

export interface FakeProvider {
  readonly issuer: string;
  lies: Lies;
  /** Bodies of the token requests, oldest first. */
  readonly asked: URLSearchParams[];
  /** What it wrote down of the last way to its login page. */
  readonly challenge: () => string | undefined;
  /** The person logs in: the address of the call-back, as the browser would be sent there. `change`: what stands in it instead. */
  readonly comeBack: (location: string, change?: Record<string, string>) => string;
  readonly close: () => Promise<void>;
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function formOf(req: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of req as AsyncIterable<Buffer>) text += chunk.toString();
  return new URLSearchParams(text);
}

/** `secret`: the client's. */
export async function startFakeProvider(secret: string): Promise<FakeProvider> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** What each login asked for, by its state; the code is the state's hash. */
  const logins = new Map<string, URLSearchParams>();
  const codeOf = (state: string) => createHash('sha256').update(state).digest('hex');
  let last: URLSearchParams | undefined;
  const fake = { lies: {} as Lies, asked: [] as URLSearchParams[] };

  function idToken(login: URLSearchParams): string {
    const { lies } = fake;
    const now = Math.floor(Date.now() / 1_000);
    const header = { alg: lies.signature === 'none' ? 'none' : lies.signature === 'secret' ? 'HS256' : 'RS256', kid: 'k', ...lies.header };
    const claims = {
      iss: issuer,
      aud: 'musterstadt',
      sub: 'fake-subject',
      name: 'Frieda Falschgold',
      roles: ['buergerbuero'],
      nonce: login.get('nonce'),
      iat: now,
      exp: now + 300,
      ...lies.claims,
    };
    const text = `${encoded(header)}.${encoded(claims)}`;
    const rsa = (key: KeyObject) => sign('sha256', Buffer.from(text), key).toString('base64url');
    const signature =
      lies.signature === 'none'
        ? ''
        : lies.signature === 'secret'
          ? createHmac('sha256', secret).update(text).digest('base64url')
          : rsa(lies.signature === 'foreign' ? foreign.privateKey : keys.privateKey);
    return `${text}.${signature}`;
  }

  async function token(req: IncomingMessage): Promise<{ status: number; body: object }> {
    const form = await formOf(req);
    fake.asked.push(form);
    if (fake.lies.answer) return fake.lies.answer;
    const login = [...logins].find(([state]) => codeOf(state) === form.get('code'))?.[1];
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!login || login.get('code_challenge') !== challenge) return { status: 400, body: { error: 'invalid_grant' } };
    return { status: 200, body: { access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token: idToken(login) } };
  }

  const server = createServer((req, res) => {
    void (async () => {
      const { pathname } = new URL(req.url ?? '/', 'http://fake');
      const { status, body } =
        pathname === '/token'
          ? await token(req)
          : pathname === '/jwks'
            ? { status: 200, body: { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }] } }
            : {
                status: 200,
                body: {
                  issuer,
                  authorization_endpoint: `${issuer}/auth`,
                  token_endpoint: `${issuer}/token`,
                  jwks_uri: `${issuer}/jwks`,
                  response_types_supported: ['code'],
                  subject_types_supported: ['public'],
                  // It would sign with anything.
                  id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
                  ...fake.lies.document,
                },
              };
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no address');
  const issuer = `http://127.0.0.1:${address.port}`;
  return Object.assign(fake, {
    issuer,
    challenge: () => last?.get('code_challenge') ?? undefined,
    comeBack: (location: string, change: Record<string, string> = {}) => {
      last = new URL(location).searchParams;
      const state = last.get('state')!;
      logins.set(state, last);
      const query = new URLSearchParams({ code: codeOf(state), state, ...change });
      return `${new URL(last.get('redirect_uri')!).pathname}?${query.toString()}`;
    },
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}
