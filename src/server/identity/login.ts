/**
 * One login: what is remembered between leaving for the provider and coming back, and what has to hold then. Code flow with PKCE (S256), state and
 * nonce (RFC 9700 section 2.1; OpenID Connect Core 3.1). What is remembered travels in a cookie under a MAC, and works once.
 */
import { timingSafeEqual } from 'node:crypto';
import * as openid from 'openid-client';
import { hitLimit, type KeyRing, type StaffIdentity, type Store } from '#server/store';
import { identityOf } from './claims.ts';
import { judged, type Provider } from './provider.ts';
import { returnPath } from './return-path.ts';
import { LoginRefused, type StaffedMunicipality } from './types.ts';

/** How long somebody may take at the provider, in milliseconds. */
export const LOGIN_TIME = 10 * 60_000;

export interface LoginRoom {
  readonly store: Pick<Store, 'query' | 'now'>;
  readonly keys: KeyRing;
}

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the person wanted to go. */
  readonly to: string;
  /** By this clock, in milliseconds. */
  readonly until: number;
}

const mac = (room: LoginRoom, municipality: string, text: string) => room.keys.keyedHash(municipality, 'staff-login', text);

/** Where to send the browser, and the cookie it has to bring back. `callback`: our address, as the provider knows it. `to`: a checked path. */
export async function beginLogin(
  room: LoginRoom,
  { id }: StaffedMunicipality,
  provider: Provider,
  { callback, to, lang }: { callback: string; to: string; lang: string },
): Promise<{ location: string; cookie: string }> {
  const pending: Pending = {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
    to,
    until: room.store.now() + LOGIN_TIME,
  };
  const text = Buffer.from(JSON.stringify(pending)).toString('base64url');
  const location = openid.buildAuthorizationUrl(provider, {
    redirect_uri: callback,
    scope: 'openid profile',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    // Whom the clock sent away has to show again who they are: the provider's own session does not do.
    prompt: 'login',
    ui_locales: lang,
  });
  return { location: location.href, cookie: `${text}.${(await mac(room, id, text)).toString('base64url')}` };
}

async function pendingOf(room: LoginRoom, municipality: string, cookie: string | undefined): Promise<Pending> {
  const [text, proof] = (cookie ?? '').split('.');
  if (!text || !proof) throw new LoginRefused('no-login-begun');
  const given = Buffer.from(proof, 'base64url');
  const expected = await mac(room, municipality, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new LoginRefused('forged-login');
  const pending = JSON.parse(Buffer.from(text, 'base64url').toString()) as Pending;
  if (!(pending.until > room.store.now())) throw new LoginRefused('login-too-old');
  return pending;
}

/**
 * Who came back, and where they wanted to go. `returned`: our call-back's address with what the provider added.
 * @throws LoginRefused, LoginUnavailable
 */
export async function finishLogin(
  room: LoginRoom,
  { id, staff }: StaffedMunicipality,
  provider: Provider,
  returned: URL,
  cookie: string | undefined,
): Promise<{ who: StaffIdentity; to: string }> {
  const pending = await pendingOf(room, id, cookie);
  const once = await room.keys.keyedHash(id, 'limit', `staff-login/${pending.state}`);
  if ((await hitLimit(room.store, id, once, 1, LOGIN_TIME)) > 0) throw new LoginRefused('login-used-before');
  const tokens = await openid
    .authorizationCodeGrant(provider, returned, {
      pkceCodeVerifier: pending.verifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    })
    .catch((error: unknown) => {
      throw judged(error);
    });
  const claims = tokens.claims();
  if (!claims) throw new LoginRefused('no-id-token');
  // It is ours by the MAC. That it leads nowhere else is asked again where it is used.
  const to = returnPath(pending.to);
  if (to === undefined) throw new LoginRefused('return-path');
  return { who: identityOf(claims, staff), to };
}
