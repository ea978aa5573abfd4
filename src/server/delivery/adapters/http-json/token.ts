/** OAuth 2 client credentials (RFC 6749, section 4.4). A token is kept in memory until shortly before it ends, one per destination. */
import { EgressFailed } from '../../egress/index.ts';
import type { DeliveryContext, RetryCause } from '../types.ts';
import type { HttpJsonSettings } from './settings.ts';

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

const tokens = new WeakMap<HttpJsonSettings, Promise<Token>>();

/** A token for the destination; one request however many deliveries wait for it. @throws TokenRefused, and what `request` throws */
export async function tokenFor(
  destination: HttpJsonSettings,
  request: DeliveryContext['request'],
  now = performance.now(),
): Promise<string> {
  const kept = tokens.get(destination);
  if (kept && (await kept).until <= now && tokens.get(destination) === kept) tokens.delete(destination);
  let asked = tokens.get(destination);
  if (!asked) {
    asked = ask(destination, request, now);
    tokens.set(destination, asked);
    asked.catch(() => tokens.delete(destination));
  }
  return (await asked).value;
}

/** The receiver did not take it. */
export function forgetToken(destination: HttpJsonSettings): void {
  tokens.delete(destination);
}

async function ask({ oauth2, ...destination }: HttpJsonSettings, request: DeliveryContext['request'], now: number): Promise<Token> {
  if (!oauth2) throw new Error(`destination ${destination.id} has no oauth2`);
  const { clientId, clientSecret, tokenUrl, scope } = oauth2;
  const credentials = [clientId, clientSecret].map((part) => encodeURIComponent(part)).join(':');
  const answer = await request({
    method: 'POST',
    url: tokenUrl,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'user-agent': 'Schalter/1',
    },
    body: Buffer.from(new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }).toString()),
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
