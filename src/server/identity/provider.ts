/**
 * The identity provider of a municipality, as `openid-client` sees it. Its document is read when somebody first logs in, and again after an hour:
 * a provider that is away does not keep the portal from starting. Everything it names has to lie where the issuer lies.
 */
import * as openid from 'openid-client';
import { LoginRefused, LoginUnavailable, type StaffDocument } from './types.ts';

const FRESH = 60 * 60_000;
/** For one call, in milliseconds. */
const PATIENCE = 5_000;

export type Provider = openid.Configuration;

/** Only the issuer's own origin is called, no redirect is followed, and no call lasts. */
function confined(issuer: URL): openid.CustomFetch {
  return (url, options) => {
    if (new URL(url).origin !== issuer.origin) throw new LoginUnavailable('provider-elsewhere');
    return fetch(url, { ...(options as RequestInit), redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
  };
}

async function discover(staff: StaffDocument, secret: (reference: string) => string, now: () => number): Promise<Provider> {
  const issuer = new URL(staff.issuer);
  let clientSecret: string;
  try {
    clientSecret = secret(staff.clientSecret);
  } catch {
    throw new LoginUnavailable('secret-missing');
  }
  // tokens are judged by the time that all nodes share, whatever this one's clock says
  const skewed = { [openid.clockSkew]: Math.round((now() - Date.now()) / 1_000) };
  const provider = await openid.discovery(issuer, staff.clientId, skewed, openid.ClientSecretBasic(clientSecret), {
    // The signature is verified although the token comes straight from the provider: a broken TLS end must not make staff.
    execute: [openid.enableNonRepudiationChecks, ...(staff.allowHttp ? [openid.allowInsecureRequests] : [])],
    [openid.customFetch]: confined(issuer),
    timeout: PATIENCE / 1_000,
  });
  // The person's browser is sent to these.
  const { authorization_endpoint, end_session_endpoint } = provider.serverMetadata();
  for (const address of [authorization_endpoint, end_session_endpoint])
    if (address !== undefined && URL.parse(address)?.origin !== issuer.origin) throw new LoginUnavailable('provider-elsewhere');
  return provider;
}

/** Gives the provider of a municipality; one request for its document at a time, and none while the last is fresh. */
export function createProviders(secret: (reference: string) => string, now: () => number): (staff: StaffDocument) => Promise<Provider> {
  const known = new Map<StaffDocument, { at: number; provider: Promise<Provider> }>();
  return (staff) => {
    const last = known.get(staff);
    if (last && performance.now() - last.at < FRESH) return last.provider;
    const provider = discover(staff, secret, now).catch((error: unknown) => {
      known.delete(staff);
      throw error instanceof LoginUnavailable ? error : new LoginUnavailable(codeOf(error));
    });
    known.set(staff, { at: performance.now(), provider });
    return provider;
  };
}

/** The error's code or name: never a message, which may quote what came from outside. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

/** What `openid-client` threw while a login was checked: refused, unless the provider itself failed. */
export function judged(error: unknown): LoginRefused | LoginUnavailable {
  if (error instanceof LoginUnavailable) return error;
  const code = codeOf(error);
  const { cause } = error as { cause?: unknown };
  const failed = cause instanceof Response && cause.status >= 500;
  const away = error instanceof TypeError || ['TimeoutError', 'AbortError', 'OAUTH_TIMEOUT', 'OAUTH_ABORT'].includes(code);
  return failed || away || cause instanceof LoginUnavailable ? new LoginUnavailable(code) : new LoginRefused(code);
}
