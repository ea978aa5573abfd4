/**
 * The worker: claims deliveries with a lease and sends several at a time. Any number of workers may run on one database; what is due, the cap per
 * destination and the breaker are decided there, by its clock. This process only decides how soon it looks again.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimDeliveries, type Claimed, type KeyRing, releaseDelivery, type Store, syncDestination } from '#server/store';
import { adapters as allAdapters } from './adapters/index.ts';
import type { Adapter, DestinationSettings } from './adapters/types.ts';
import { attempt, type AttemptOptions } from './attempt.ts';
import { backoff, LEASE } from './schedule.ts';

export interface DeliveryLogger {
  info(event: string, fields: object): void;
  warn(event: string, fields: object): void;
  error(event: string, fields: object): void;
}

export interface WorkerOptions {
  readonly store: Store;
  readonly keys: KeyRing;
  /** Settings of a destination, secrets resolved. Undefined: not configured (any more). */
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
  /** Whose limits are brought into the database at start. */
  readonly destinations?: readonly { municipality: string; settings: DestinationSettings }[];
  readonly logger: DeliveryLogger;
  /** A file's contents, opened with the application's key. */
  readonly openAttachment: (municipality: string, application: string, key: Buffer, id: string) => Promise<Readable | undefined>;
  /** After every attempt, for metrics. */
  readonly observe?: (attempt: { municipality: string; destination: string; outcome: string; milliseconds: number }) => void;
  /** Sends at the same time in this process. Default 8. */
  readonly parallel?: number;
  /** Longest pause between two looks at the queue, in milliseconds. Default 2000. */
  readonly poll?: number;
  /** How long a claim holds, in milliseconds. Default 90 s. */
  readonly lease?: number;
  /** How long `stop` waits for what is being sent before it breaks it off, in milliseconds. Default 15 s. */
  readonly grace?: number;
  /** Pause before the next attempt, in milliseconds. Default: `backoff`. */
  readonly pause?: (attempts: number) => number;
  readonly adapters?: ReadonlyMap<string, Adapter>;
}

export interface Worker {
  /** Brings the destinations' limits into the database and begins. */
  start(): Promise<void>;
  /** Something was queued: look now. */
  wake(): void;
  /** Begins nothing new, finishes what is being sent, and hands back what it cannot finish. */
  stop(): Promise<void>;
}

const PARALLEL = 8;
const FIRST_POLL = 100;
const LONGEST_POLL = 2_000;
const GRACE = 15_000;
const LIMITS = { maxInFlight: 4, breakerAfter: 5, breakerPause: 30_000 };

export function createWorker(options: WorkerOptions): Worker {
  const { store, logger, parallel = PARALLEL, poll = LONGEST_POLL, lease = LEASE, grace = GRACE } = options;
  const running = new Set<Promise<void>>();
  const breakOff = new AbortController();
  const common: AttemptOptions = { ...options, adapters: options.adapters ?? allAdapters, lease, pause: options.pause ?? backoff, stopping: breakOff.signal };
  let stopped = false;
  let loop: Promise<void> | undefined;
  let woken = false;
  let alarm: AbortController | undefined;

  function wake(): void {
    woken = true;
    alarm?.abort();
  }

  async function rest(milliseconds: number): Promise<void> {
    if (!woken) {
      alarm = new AbortController();
      await sleep(milliseconds, undefined, { signal: alarm.signal }).catch(() => undefined);
    }
    woken = false;
  }

  function begin(claimed: Claimed): void {
    const work: Promise<void> = attempt(common, claimed).finally(() => {
      running.delete(work);
      // there is room again, here and at the destination
      wake();
    });
    running.add(work);
  }

  async function look(): Promise<number> {
    const room = parallel - running.size;
    if (room <= 0) return 0;
    const claimed = await claimDeliveries(store, room, lease);
    // Stopped while the database was asked: these were not begun.
    if (stopped) await Promise.all(claimed.map((one) => releaseDelivery(store, one)));
    else claimed.forEach(begin);
    return claimed.length;
  }

  async function run(): Promise<void> {
    let pause = Math.min(FIRST_POLL, poll);
    while (!stopped) {
      let found = 0;
      try {
        found = await look();
      } catch (error) {
        logger.warn('queue_unreachable', { error: error instanceof Error ? error.name : 'unknown error' });
        pause = poll;
      }
      // A look that found something is followed by the next at once: perhaps there is more than was taken.
      if (found > 0 && running.size < parallel) continue;
      const busy = running.size >= parallel;
      const before = woken;
      await rest(busy ? poll : pause);
      pause = found > 0 || before ? Math.min(FIRST_POLL, poll) : Math.min(pause * 2, poll);
    }
  }

  return {
    async start() {
      for (const { municipality, settings } of options.destinations ?? []) {
        await syncDestination(store, municipality, settings.id, { ...LIMITS, maxInFlight: settings.maxInFlight ?? LIMITS.maxInFlight });
      }
      loop = run();
    },
    wake,
    async stop() {
      if (stopped) return;
      stopped = true;
      wake();
      await loop;
      const waiting = new AbortController();
      await Promise.race([Promise.all(running), sleep(grace, undefined, { signal: waiting.signal }).catch(() => undefined)]);
      waiting.abort();
      breakOff.abort();
      await Promise.all(running);
    },
  };
}
