/**
 * The worker: claims deliveries with a lease, sends them through their adapter, and notes what became of each. Only the database's clock decides when
 * something is due. It never gives up silently: after the last try a delivery is parked for a person.
 */
import type { Readable } from 'node:stream';
import {
  checkpointDelivery,
  claimDeliveries,
  finishDelivery,
  markUnknown,
  nextDeliveryAt,
  open,
  parkDelivery,
  purposes,
  releaseDelivery,
  retryDelivery,
  syncDestination,
  tripBreaker,
  type Claimed,
  type KeyRing,
  type Store,
} from '#server/store';
import { httpJson } from './adapters/http-json/index.ts';
import type { Adapter, DeliveryOutcome, DestinationSettings } from './adapters/types.ts';
import type { Envelope } from './envelope.ts';

const ADAPTERS: ReadonlyMap<string, Adapter> = new Map([['http-json', httpJson]]);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Pauses after each failed attempt; then hourly until 72 hours are over (the schedule was measured, reliability section 2.3). */
const PAUSES = [1 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE];
const MAX_ATTEMPTS = PAUSES.length + 72;
const LEASE = 60 * SECOND;
const AT_ONCE = 8;
const CREDENTIALS_PAUSE = 5 * MINUTE;

export interface WorkerOptions {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
  readonly destinations?: readonly { municipality: string; settings: DestinationSettings }[];
  readonly logger: { info(event: string, fields: object): void; warn(event: string, fields: object): void };
  readonly openAttachment: (municipality: string, application: string, key: Buffer, id: string) => Promise<Readable | undefined>;
  /** Longest pause between two looks at the queue. Default two seconds. */
  readonly poll?: number;
  /** For tests: pause before the next attempt, in milliseconds. */
  readonly pause?: (attempts: number) => number;
}

export interface Worker {
  start(): Promise<void>;
  /** Something was queued: look now. */
  wake(): void;
  /** Finishes what is being sent; nothing new is begun. */
  stop(): Promise<void>;
}

/** Pause after an attempt, with jitter of half either way so that a healed receiver is not met by all at once. */
export function backoff(attempts: number, random = Math.random()): number {
  return (PAUSES[attempts - 1] ?? 60 * MINUTE) * (0.5 + random);
}

export function createWorker(options: WorkerOptions): Worker {
  const { store, keys, logger } = options;
  const pause = options.pause ?? backoff;
  const running = new Set<Promise<void>>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;

  async function send(claimed: Claimed): Promise<void> {
    const outcome = await attempt(claimed);
    const held = await note(claimed, outcome);
    logger.info('delivery', {
      delivery: claimed.id,
      destination: claimed.destination,
      attempt: claimed.attempts,
      outcome: outcome.kind,
      status: outcome.status ?? 0,
      held,
    });
  }

  async function attempt(claimed: Claimed): Promise<DeliveryOutcome> {
    const destination = options.destination(claimed.municipality, claimed.destination);
    const adapter = ADAPTERS.get(claimed.adapter);
    if (!destination || !adapter)
      return { kind: 'park', reason: `destination "${claimed.destination}" or adapter "${claimed.adapter}" is not configured` };
    try {
      const key = await keys.unwrap(claimed.municipality, claimed.keyEpoch, claimed.wrappedKey);
      const context = {
        municipality: claimed.municipality,
        application: claimed.application,
        purpose: purposes.envelope(claimed.destination),
        revision: claimed.revision,
      };
      const bytes = open(key, context, claimed.envelope);
      return await adapter({
        destination,
        bytes,
        envelope: JSON.parse(bytes.toString()) as Envelope,
        openAttachment: (id) => options.openAttachment(claimed.municipality, claimed.application, key, id),
        checkpoint: claimed.checkpoint,
        saveCheckpoint: async (data) => void (await checkpointDelivery(store, claimed, data, LEASE)),
      });
    } catch (error) {
      // Our own fault (a key, a stored byte): a person has to look; trying again changes nothing.
      return { kind: 'park', reason: `cannot be sent: ${(error as Error).name}` };
    }
  }

  async function note(claimed: Claimed, outcome: DeliveryOutcome): Promise<boolean> {
    switch (outcome.kind) {
      case 'delivered':
        return finishDelivery(store, claimed, { status: outcome.status });
      case 'park':
        return parkDelivery(store, claimed, { error: outcome.reason, status: outcome.status });
      case 'unknown':
        return markUnknown(store, claimed, { error: outcome.reason, status: outcome.status });
      case 'retry': {
        if (outcome.credentials) {
          await tripBreaker(store, claimed.municipality, claimed.destination, CREDENTIALS_PAUSE);
          logger.warn('delivery_credentials', { destination: claimed.destination, status: outcome.status ?? 0 });
        }
        if (claimed.attempts >= MAX_ATTEMPTS)
          return parkDelivery(store, claimed, {
            error: `given up after ${claimed.attempts} attempts: ${outcome.reason}`,
            status: outcome.status,
          });
        const delay = outcome.afterSeconds === undefined ? pause(claimed.attempts) : outcome.afterSeconds * SECOND;
        return retryDelivery(store, claimed, { delay, error: outcome.reason, status: outcome.status, counts: outcome.status !== 429 });
      }
    }
  }

  async function look(): Promise<void> {
    const room = AT_ONCE - running.size;
    if (room <= 0 || stopped) return;
    const claimed = await claimDeliveries(store, room, LEASE);
    for (const one of claimed) {
      if (stopped) {
        await releaseDelivery(store, one);
        continue;
      }
      const work: Promise<void> = send(one)
        .catch((error: Error) => logger.warn('delivery_failed', { delivery: one.id, error: error.name }))
        .finally(() => {
          running.delete(work);
          wake();
        });
      running.add(work);
    }
    if (claimed.length === 0) schedule(await nextDeliveryAt(store));
    else again = true;
  }

  function schedule(next: Date | undefined): void {
    const longest = options.poll ?? 2_000;
    // The database's time against ours only decides how soon to look, never what is due.
    const wait = next ? Math.min(longest, Math.max(50, next.getTime() - Date.now())) : longest;
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(wake, wait);
    timer.unref();
  }

  function wake(): void {
    if (stopped) return;
    if (looking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    again = false;
    looking = look()
      // The database is away: look again in a while.
      .catch(() => schedule(undefined))
      .finally(() => {
        looking = undefined;
        if (again && running.size < AT_ONCE) setImmediate(wake);
        else if (!timer?.hasRef) schedule(undefined);
      });
  }

  return {
    async start() {
      for (const { municipality, settings } of options.destinations ?? []) {
        await syncDestination(store, municipality, settings.id, {
          maxInFlight: settings.maxInFlight ?? 4,
          breakerAfter: 5,
          breakerPause: 30 * SECOND,
        });
      }
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.race([Promise.all(running), new Promise((done) => setTimeout(done, 15_000).unref())]);
    },
  };
}
