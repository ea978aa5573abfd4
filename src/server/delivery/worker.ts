/**
 * The worker: claims deliveries with a lease, has them sent, and notes what became of each. Only the database's clock decides when something is due.
 * Any number of workers share one database. Nothing ends the loop but `stop`: a database that is away is asked again.
 */
import { faultPoint } from '#server/faults';
import { claimDeliveries, DatabaseUnavailable, nextDeliveryIn, syncDestination, type Claimed } from '#server/store';
import type { DestinationSettings } from './adapters/index.ts';
import type { DeliveryOutcome } from './adapters/types.ts';
import { attempt, LeaseLost, Stopping, type AttemptOptions } from './attempt.ts';
import { backoff, MOST_ATTEMPTS } from './schedule.ts';
import { handBack, settle, type SettleOptions } from './settle.ts';

const SECOND = 1_000;
const BREAKER = { breakerAfter: 5, breakerPause: 30 * SECOND };

/** What a worker tells the log; the names are in the table of `#server/observe`. */
export type WorkerEvent =
  'delivery' | 'delivery_lost' | 'delivery_parked' | 'delivery_unknown' | 'delivery_broken' | 'destination_settings' | 'worker_failed';

export interface WorkerLogger {
  info(event: WorkerEvent, fields: object): void;
  warn(event: WorkerEvent, fields: object): void;
  error(event: WorkerEvent, fields: object): void;
}

export interface WorkerOptions extends Omit<AttemptOptions, 'lease'>, Partial<Pick<SettleOptions, 'pause' | 'mostAttempts'>> {
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
  readonly destinations?: readonly { municipality: string; settings: DestinationSettings }[];
  readonly logger: WorkerLogger;
  /** For metrics: an attempt ended. Seconds. */
  readonly attempted?: (claimed: Pick<Claimed, 'municipality' | 'destination'>, outcome: DeliveryOutcome['kind'], seconds: number) => void;
  /** Milliseconds; renewed while a send lasts longer. Default one minute. */
  readonly lease?: number;
  /** Longest pause between two looks at the queue, in milliseconds. Default two seconds. */
  readonly poll?: number;
  /** Sends of this worker at the same time, over all destinations. Default 32: some that hang must not keep the others waiting. */
  readonly atOnce?: number;
  /** How long `stop` waits for sends under way before it ends them, in milliseconds. Default ten seconds. */
  readonly grace?: number;
}

export interface Worker {
  /** Brings the destinations' limits into the database and begins. @throws DatabaseUnavailable */
  start(): Promise<void>;
  /** Something was queued: look now. */
  wake(): void;
  /** Begins nothing new, finishes what is being sent, and hands back what does not finish in time. */
  stop(): Promise<void>;
}

export function createWorker(options: WorkerOptions): Worker {
  const { store, logger, lease = 60 * SECOND, poll = 2 * SECOND, atOnce = 32, grace = 10 * SECOND } = options;
  const sending: AttemptOptions = { ...options, lease };
  const settling: SettleOptions = { ...options, pause: options.pause ?? backoff, mostAttempts: options.mostAttempts ?? MOST_ATTEMPTS };
  const running = new Map<Promise<void>, AbortController>();
  let loop: Promise<void> | undefined;
  let stopped = false;
  let awake = false;
  let rouse: () => void = () => undefined;

  async function deliver(claimed: Claimed, abort: AbortController): Promise<void> {
    const started = performance.now();
    const outcome = await attempt(sending, claimed, options.destination(claimed.municipality, claimed.destination), abort);
    const seconds = (performance.now() - started) / SECOND;
    faultPoint('delivery-judged');
    const reason: unknown = abort.signal.reason;
    const held = reason instanceof LeaseLost ? false : await note(claimed, outcome, reason instanceof Stopping);
    faultPoint('delivery-noted');
    options.attempted?.(claimed, outcome.kind, seconds);
    report(claimed, outcome, held, Math.round(seconds * SECOND));
  }

  /** Writes it down, however long the database is away: only a stop ends that, and then the lease runs out. */
  async function note(claimed: Claimed, outcome: DeliveryOutcome, stopping: boolean): Promise<boolean> {
    for (;;) {
      try {
        return await (stopping && outcome.kind === 'retry' ? handBack(settling, claimed) : settle(settling, claimed, outcome));
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || stopped) throw error;
        await pauseFor(SECOND);
      }
    }
  }

  function report(claimed: Claimed, outcome: DeliveryOutcome, held: boolean, milliseconds: number): void {
    const about = { municipality: claimed.municipality, destination: claimed.destination, delivery: claimed.id };
    const reason = 'reason' in outcome ? outcome.reason : undefined;
    const { kind, status } = outcome;
    logger.info('delivery', { ...about, attempt: claimed.attempts, outcome: kind, status, reason, held, milliseconds });
    if (!held) return logger.warn('delivery_lost', about);
    if (kind === 'park') logger.error('delivery_parked', { ...about, status, reason });
    if (kind === 'unknown') logger.error('delivery_unknown', { ...about, status, reason });
    if (kind !== 'retry') return;
    if (outcome.cause === 'settings') logger.error('destination_settings', { ...about, status, reason });
    if (outcome.cause === 'ours') logger.error('delivery_broken', { ...about, reason });
    if (claimed.attempts >= settling.mostAttempts) logger.error('delivery_parked', { ...about, status, reason });
  }

  /** Claims what there is room for; gives how long to wait before the next look, in milliseconds. */
  async function look(): Promise<number> {
    const room = atOnce - running.size;
    if (room <= 0) return poll;
    const claimed = await claimDeliveries(store, room, lease);
    if (claimed.length > 0) faultPoint('delivery-claimed');
    for (const one of claimed) {
      if (stopped) {
        await handBack(settling, one);
        continue;
      }
      const abort = new AbortController();
      const work: Promise<void> = deliver(one, abort)
        .catch((error: Error) => logger.warn('worker_failed', { delivery: one.id, error: error.name }))
        .finally(() => {
          running.delete(work);
          wake();
        });
      running.set(work, abort);
    }
    if (claimed.length > 0) return 0;
    // Due but not given to us: its destination is busy with what others send.
    return Math.min(poll, Math.max(SECOND / 4, (await nextDeliveryIn(store)) ?? poll));
  }

  async function run(): Promise<void> {
    while (!stopped) {
      awake = false;
      let wait = poll;
      try {
        wait = await look();
      } catch (error) {
        logger.warn('worker_failed', { error: (error as Error).name });
      }
      if (!awake && !stopped && wait > 0) {
        await new Promise<void>((done) => {
          const timer = setTimeout(done, wait);
          rouse = () => (clearTimeout(timer), done());
        });
      }
    }
  }

  function wake(): void {
    awake = true;
    rouse();
  }

  return {
    async start() {
      for (const { municipality, settings } of options.destinations ?? [])
        await syncDestination(store, municipality, settings.id, { maxInFlight: settings.maxInFlight ?? 4, ...BREAKER });
      loop ??= run();
    },
    wake,
    async stop() {
      stopped = true;
      wake();
      await loop;
      const finished = () => Promise.all(running.keys());
      await within(grace, finished());
      for (const abort of running.values()) abort.abort(new Stopping());
      await within(grace / 2, finished());
    },
  };
}

const pauseFor = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const timer: { set?: NodeJS.Timeout } = {};
  await Promise.race([work, new Promise((done) => (timer.set = setTimeout(done, milliseconds)))]);
  clearTimeout(timer.set);
}
