/** When a delivery that did not get through is tried again, and when a person has to look (measured, reliability section 2.3). All in milliseconds. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After the first failures; then hourly. The first one is short: most single failures are over in a moment. */
const PAUSES = [1 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE];

/** Hourly for three days. Attempts are counted and not hours, so that the time behind an open breaker does not use them up. */
export const MOST_ATTEMPTS = PAUSES.length + 72;

/** Pause after the given number of attempts, half shorter to half longer, so that a healed receiver is not met by all at once. */
export function backoff(attempts: number, random: number = Math.random()): number {
  return (PAUSES[attempts - 1] ?? HOUR) * (0.5 + random);
}

/** What the receiver asked for, never less, and up to a tenth more for the same reason. */
export function asTold(seconds: number, random: number = Math.random()): number {
  return seconds * SECOND * (1 + random / 10);
}

/** How long a claim belongs to a worker. What is sent must have ended before: `longestCall` leaves room for looking up, reading files and noting. */
export const LEASE = 90 * SECOND;
export const longestCall = (lease: number): number => lease * 0.8;

/** How long a destination rests whose credentials, certificate or address are wrong. */
export const MISCONFIGURED_PAUSE = 5 * MINUTE;
/** A receiver that asks for time gets it for all its deliveries, but not for longer than this before one of them asks again. */
export const LONGEST_REST = 5 * MINUTE;
