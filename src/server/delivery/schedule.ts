/** When a delivery is tried again, and when it is enough. */

const MINUTE = 60_000;

/** Pauses after each failed attempt, in milliseconds; then hourly until 72 hours are over. */
const PAUSES = [0, MINUTE / 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE];
const HOURLY = 60 * MINUTE;

/** After so many attempts a delivery is parked for a person. */
export const MOST_ATTEMPTS = PAUSES.length + 72;

/** Milliseconds to wait after an attempt (the first is 1), with jitter of half either way so that a healed receiver is not met by all at once. */
export function backoff(attempts: number, random = Math.random()): number {
  return (PAUSES[attempts - 1] ?? HOURLY) * (0.5 + random);
}
