/**
 * How often something may be done, counted in the database and so exact over all portals. Nobody who works by hand gets there: each number is several
 * times what an office behind one address, or a quick person, needs. Saves and files are counted by what stores them (`SAVES`, `UPLOADS` of the store).
 */
import type { Settings } from '#server/config';
import { hitLimit } from '#server/store';
import type { Request } from './kit.ts';

export interface Rate {
  /** What is counted, in the key. */
  readonly what: string;
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
}

const QUARTER = 15 * 60_000;

export const RATES = {
  /** Tries of codes and references with their second factor: by subscriber, and by the code. */
  tries: (what: string): Rate => ({ what, limit: 10, window: QUARTER }),
  /** Logins begun from one address: a whole office may sit behind it, and begins at eight. */
  login: { what: 'staff-login', limit: 200, window: QUARTER } as Rate,
  /** Applications handed in by one subscriber. */
  submit: ({ submitsPerHour }: Settings): Rate => ({ what: 'submit', limit: submitsPerHour, window: 60 * 60_000 }),
};

/**
 * Counts one use. The table holds keyed hashes, so it does not tell who came.
 * @param by who or what it is counted for
 * @returns 0, or the seconds to wait (`Retry-After`) when there were too many
 */
export async function overRate({ portal, municipality }: Request, { what, limit, window }: Rate, by: string): Promise<number> {
  const key = await portal.keys.keyedHash(municipality.id, 'limit', `${what}/${by}`);
  return hitLimit(portal.store, municipality.id, key, limit, window);
}
