/**
 * The demo identity provider: a real OpenID provider (`oidc-provider`) with invented staff, a program of its own on this machine's own address. It knows
 * of the portal what any provider knows: client ids, a secret, and the addresses it may send people back to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider, { type ClientMetadata, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { accountOf, ACCOUNTS } from './accounts.ts';
import { keysIn } from './keys.ts';
import { failedPage, languageOf, leftPage, loginPage, logoutPage, STYLE } from './pages.ts';

export interface Client {
  readonly id: string;
  readonly secret: string;
  /** Complete addresses of the call-back. */
  readonly callbacks: readonly string[];
  /** Complete addresses to go to after a logout. */
  readonly left: readonly string[];
}

export interface IdentityProviderOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly dataDir: string;
  readonly clients: readonly Client[];
}

export interface IdentityProvider {
  readonly port: number;
  readonly close: () => Promise<void>;
}

const HOST = '127.0.0.1';
const FORM_LIMIT = 8 * 1024;
const MINUTE = 60;

function configuration({ dataDir, clients }: IdentityProviderOptions): Configuration {
  const keys = keysIn(dataDir);
  const html = (ctx: KoaContextWithOIDC, body: string) => {
    ctx.type = 'html';
    ctx.body = body;
  };
  const languageIn = (ctx: KoaContextWithOIDC) => languageOf(ctx.oidc?.params?.ui_locales ?? ctx.get('accept-language'));
  return {
    clients: clients.map((client): ClientMetadata => ({
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [...client.callbacks],
      post_logout_redirect_uris: [...client.left],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    })),
    jwks: { keys: [keys.signing] },
    cookies: { keys: [keys.cookies] },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'roles'] },
    // The ID token says it all: the portal asks for nothing else.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => html(ctx, logoutPage(languageIn(ctx), form)),
        postLogoutSuccessSource: (ctx) => html(ctx, leftPage(languageIn(ctx))),
      },
    },
    ttl: {
      AccessToken: 5 * MINUTE,
      AuthorizationCode: MINUTE,
      IdToken: 5 * MINUTE,
      Interaction: 10 * MINUTE,
      Session: 60 * MINUTE,
      Grant: 60 * MINUTE,
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, id) => {
      const account = ACCOUNTS.find((one) => one.id === id);
      return account && { accountId: id, claims: () => ({ sub: id, name: account.name, roles: account.roles }) };
    },
    // The portal is the house's own: nobody is asked whether it may know who they are.
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
    renderError: (ctx) => html(ctx, failedPage(languageIn(ctx))),
  };
}

/** Serves on the loopback address only. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const server = createServer((req, res) => void handle(req, res).catch(() => answer(res, 500, failedPage('de'))));
  await new Promise<void>((done, failed) => server.once('error', failed).listen(options.port, HOST, done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  const provider = new Provider(`http://${HOST}:${port}`, configuration(options));
  const protocol = provider.callback();
  /** The forms of these pages end at the portal: browsers ask here whether they may. */
  const portals = [...new Set(options.clients.flatMap(({ callbacks }) => callbacks.map((one) => new URL(one).origin)))].join(' ');

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://provider');
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('X-Frame-Options', 'DENY');
    // Not `no-referrer`: browsers would send our own forms with `Origin: null`.
    res.setHeader('Referrer-Policy', 'same-origin');
    if (req.headers.host !== `${HOST}:${port}`) return answer(res, 421, failedPage('de'));
    if (pathname === '/style.css') return answer(res, 200, STYLE, 'text/css; charset=utf-8');
    if (pathname.startsWith('/interaction/')) return interact(req, res);
    await protocol(req, res);
  }

  async function interact(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const details = await provider.interactionDetails(req, res).catch(() => undefined);
    if (!details) return answer(res, 400, failedPage(languageOf(req.headers['accept-language'])));
    const lang = languageOf(details.params.ui_locales);
    if (req.method !== 'POST') return answer(res, 200, loginPage(lang, details.uid));
    if (req.headers.origin !== undefined && req.headers.origin !== `http://${HOST}:${port}`) return answer(res, 403, failedPage(lang));
    const form = await formOf(req);
    if (form.has('cancel')) return provider.interactionFinished(req, res, { error: 'access_denied' }, { mergeWithLastSubmission: false });
    const user = form.get('user') ?? '';
    const account = accountOf(user, form.get('password') ?? '');
    if (!account) return answer(res, 401, loginPage(lang, details.uid, user.slice(0, 100)));
    await provider.interactionFinished(req, res, { login: { accountId: account.id } }, { mergeWithLastSubmission: false });
  }

  function answer(res: ServerResponse, status: number, body: string, type = 'text/html; charset=utf-8'): void {
    res.writeHead(status, {
      'Content-Type': type,
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; style-src 'self'; form-action 'self' ${portals}; base-uri 'none'; frame-ancestors 'none'`,
    });
    res.end(body);
  }

  return {
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function formOf(req: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of req as AsyncIterable<Buffer>) {
    if (text.length + chunk.length > FORM_LIMIT) break;
    text += chunk.toString();
  }
  return new URLSearchParams(text);
}
