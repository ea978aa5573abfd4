/** Fetches and checks keys: those of the destination by their ids, those of the delivery service from its set. */
import { judge } from '../judge.ts';
import type { DeliveryContext } from '../types.ts';
import type { SubmissionApi } from './api.ts';
import { Halt, settings } from './halt.ts';
import { forget, kept } from './kept.ts';
import { KeyRefused, usableKey, type KeyUse, type Trust } from './keys.ts';
import { Revocations } from './revocations.ts';
import type { FitConnectSettings } from './settings.ts';

const MINUTE = 60_000;
const MOST_LIST_BYTES = 8 * 1_024 * 1_024;

export type Keys = ReturnType<typeof keysOf>;

export function keysOf(
  { destination, request }: Pick<DeliveryContext<FitConnectSettings>, 'destination' | 'request'>,
  api: SubmissionApi,
  now: () => number = Date.now,
) {
  async function trust(): Promise<Trust> {
    const { roots, revocations } = destination;
    const lists = revocations.length > 0 ? await kept(destination, 'revocations', 60 * MINUTE, () => fetchLists(revocations)) : undefined;
    return { roots, revocations: lists, now: now() };
  }

  async function fetchLists(urls: readonly string[]): Promise<Revocations> {
    const lists: Buffer[] = [];
    for (const url of urls) {
      const answer = await request({ method: 'GET', url, headers: { 'user-agent': 'Schalter/1' }, mostBytes: MOST_LIST_BYTES });
      if (judge(answer).kind !== 'delivered') throw settings('revocations-missing', answer.status);
      lists.push(answer.bytes);
    }
    try {
      return new Revocations(lists);
    } catch {
      throw settings('revocations-unreadable');
    }
  }

  /** The JWK is kept for a while, its certificates are looked at each time. */
  async function ofDestination(kid: string, use: KeyUse) {
    const jwk = await kept(destination, `key:${kid}`, 10 * MINUTE, () => api.key(kid));
    return { jwk, key: await usableKey(jwk, kid, use, await trust()) };
  }

  async function ofService(kid: string) {
    const find = async () => {
      const set = (await kept(destination, 'jwks', 10 * MINUTE, () => api.serviceKeys())) as { keys?: { kid?: unknown }[] };
      return Array.isArray(set.keys) ? set.keys.find((one) => one?.kid === kid) : undefined;
    };
    let jwk = await find();
    if (!jwk) {
      // the service has a new key; asked for once a minute, whatever tokens say
      await kept(destination, 'jwks-anew', MINUTE, () => Promise.resolve(forget(destination, 'jwks')));
      jwk = await find();
    }
    // The service's own keys stand behind its TLS certificate and have none of their own.
    return { jwk, key: await usableKey(jwk, kid, 'verify', { roots: undefined, revocations: undefined, now: now() }) };
  }

  return { ofDestination, ofService };
}

/** A refused key of the destination, as an outcome: nothing is sent until somebody looks at it. */
export function refusedKey(error: unknown): never {
  if (error instanceof KeyRefused) throw new Halt({ kind: 'retry', cause: 'settings', reason: error.message });
  throw error;
}
