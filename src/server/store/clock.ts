/**
 * The database's time in this process. Nodes of one portal share a database and nothing else: what one of them stamps another one judges (signatures,
 * grants, ends of sessions), and a node whose own clock is an hour wrong must not be an hour apart from the others. Between two questions it runs by
 * the process's monotonic clock, which nobody sets.
 */
export interface Clock {
  /** Milliseconds since 1970. Before the database has ever answered, this machine's. */
  readonly now: () => number;
  /** Asks the database; what it answers counts from now on. Never throws. */
  readonly set: () => Promise<void>;
}

/** A round trip that took longer says too little, in milliseconds. */
const LONGEST = 1_000;

/** `ask` gives the database's time in milliseconds since 1970. */
export function databaseClock(ask: () => Promise<number | undefined>): Clock {
  let zero: number | undefined;
  return {
    now: () => (zero === undefined ? Date.now() : Math.round(zero + performance.now())),
    async set() {
      const asked = performance.now();
      const there = await ask().catch(() => undefined);
      const took = performance.now() - asked;
      if (there !== undefined && (took < LONGEST || zero === undefined)) zero = there - asked - took / 2;
    },
  };
}
