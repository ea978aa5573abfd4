/** OAuth 2 client credentials (RFC 6749, section 4.4). A token is kept in memory until shortly before it ends, one per set of credentials. */
import { EgressFailed } from '../egress/index.ts';
import type { DeliveryContext, RetryCause } from './types.ts';

export interface Credentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** How the issuer wants the secret (OpenID Connect Core, section 9). Default `client_secret_basic`. */
  readonly method?: 'client_secret_basic' | 'client_secret_post';
}

/** The token's issuer did not give one. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  override readonly cause: RetryCause;
  readonly status: number;

  constructor(cause: RetryCause, status: number) {
    super(`token-answer-${status}`);
    this.cause = cause;
    this.status = status;
  }
}

interface Token {
  readonly value: string;
  /** By this process's own clock, which never leaves it. */
  readonly until: number;
}

/** Renewed this long before it ends, so that it lasts for the call. */
const MARGIN = 60_000;
/** RFC 6749 does not make `expires_in` a duty. */
const DEFAULT_SECONDS = 300;

const tokens = new WeakMap<Credentials, Promise<Token>>();

/** A token for these credentials; one request however many deliveries wait for it. @throws TokenRefused, and what `request` throws */
export async function tokenFor(credentials: Credentials, request: DeliveryContext['request'], now = performance.now()): Promise<string> {
  const kept = tokens.get(credentials);
  if (kept && (await kept).until <= now && tokens.get(credentials) === kept) tokens.delete(credentials);
  let asked = tokens.get(credentials);
  if (!asked) {
    asked = ask(credentials, request, now);
    tokens.set(credentials, asked);
    asked.catch(() => tokens.delete(credentials));
  }
  return (await asked).value;
}

/** The receiver did not take it. */
export function forgetToken(credentials: Credentials): void {
  tokens.delete(credentials);
}

async function ask(credentials: Credentials, request: DeliveryContext['request'], now: number): Promise<Token> {
  const { clientId, clientSecret, tokenUrl, scope, method } = credentials;
  const inBody = method === 'client_secret_post';
  const basic = [clientId, clientSecret].map((part) => encodeURIComponent(part)).join(':');
  const form = {
    grant_type: 'client_credentials',
    ...(inBody && { client_id: clientId, client_secret: clientSecret }),
    ...(scope && { scope }),
  };
  const answer = await request({
    method: 'POST',
    url: tokenUrl,
    headers: {
      ...(!inBody && { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'user-agent': 'Schalter/1',
    },
    body: Buffer.from(new URLSearchParams(form).toString()),
  }).catch((error: unknown) => {
    // whatever became of this call, the application itself was not sent
    throw error instanceof EgressFailed ? new EgressFailed(error.code, false, error) : error;
  });
  if (answer.status >= 500 || answer.status === 429) throw new TokenRefused('failing', answer.status);
  const given = answer.status === 200 ? read(answer.body) : undefined;
  if (!given) throw new TokenRefused('settings', answer.status);
  return { value: given.token, until: now + given.seconds * 1_000 - Math.min(MARGIN, given.seconds * 500) };
}

function read(body: string): { token: string; seconds: number } | undefined {
  try {
    const { access_token: token, expires_in: seconds } = JSON.parse(body) as { access_token?: unknown; expires_in?: unknown };
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16000}$/.test(token)) return undefined;
    return { token, seconds: Number(seconds) > 0 ? Number(seconds) : DEFAULT_SECONDS };
  } catch {
    return undefined;
  }
}
