/** The queue, typed: thin wrappers over the functions that `migrations/README.md` describes. All times in milliseconds. */
import type { Statements } from './pool.ts';
import { milliseconds } from './interval.ts';

/** A delivery this worker holds until its lease ends. */
export interface Claimed {
  id: string;
  municipality: string;
  submission: string;
  application: string;
  service: string;
  reference: string;
  flowHash: string;
  destination: string;
  adapter: string;
  /** The same over all attempts. */
  idempotencyKey: string;
  leaseId: string;
  /** This attempt included. */
  attempts: number;
  /** An earlier lease ran out: what that worker did is not known. */
  repeat: boolean;
  queuedAt: Date;
  submittedAt: Date;
  checkpoint: unknown;
  /** Sealed: purpose `purposes.envelope(destination, answer)`, application and revision as here. */
  envelope: Buffer;
  /** It is the answer to a question, with this number; null: the application itself. */
  answer: number | null;
  revision: number;
  keyEpoch: string;
  wrappedKey: Buffer;
}

/** What the functions below need of a claim. */
export type Lease = Pick<Claimed, 'municipality' | 'id' | 'leaseId'>;

/** Takes up to `max` deliveries that are due, of all municipalities. A send must end well before `lease` does. */
export function claimDeliveries(store: Statements, max: number, lease: number): Promise<Claimed[]> {
  return store.query<Claimed>(
    'delivery-claim',
    `select id, municipality, submission_id as submission, application_id as application, service, reference, flow_hash as "flowHash", destination, adapter,
            idempotency_key as "idempotencyKey", lease_id as "leaseId", attempts, repeat, queued_at as "queuedAt", submitted_at as "submittedAt", checkpoint,
            envelope, revision, key_epoch as "keyEpoch", wrapped_key as "wrappedKey", answer
     from claim_deliveries($1, $2)`,
    [max, milliseconds(lease)],
  );
}

async function holds(
  store: Statements,
  name: string,
  call: string,
  { municipality, id, leaseId }: Lease,
  ...values: readonly unknown[]
): Promise<boolean> {
  const [row] = await store.query<{ held: boolean }>(name, `select ${call} as held`, [municipality, id, leaseId, ...values]);
  return row?.held ?? false;
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** Delivered. Like all that follow: false when the lease is not ours any more and the result was dropped. Details never hold personal data. */
export const finishDelivery = (store: Statements, lease: Lease, result: { status?: number; detail?: string; checkpoint?: unknown } = {}) =>
  holds(
    store,
    'delivery-finish',
    'finish_delivery($1, $2, $3, $4, $5, $6)',
    lease,
    result.status ?? null,
    result.detail ?? null,
    json(result.checkpoint),
  );

/** Again after `delay`. `counts`: the destination failed; enough of these in a row open its breaker. */
export const retryDelivery = (
  store: Statements,
  lease: Lease,
  result: { delay: number; error: string; status?: number; counts: boolean },
) =>
  holds(
    store,
    'delivery-retry',
    'retry_delivery($1, $2, $3, $4, $5, $6, $7)',
    lease,
    milliseconds(result.delay),
    result.error,
    result.status ?? null,
    result.counts,
  );

/**
 * Refused for good, or tried long enough: waits for a person. `words`: what the back office said, sealed with purpose `words:<delivery>`, revision 0.
 * `alive`: it answered to the point, so its breaker need not wait for another probe.
 */
export const parkDelivery = (
  store: Statements,
  lease: Lease,
  result: { error: string; status?: number; words?: Buffer | undefined; alive?: boolean },
) =>
  holds(
    store,
    'delivery-park',
    'park_delivery($1, $2, $3, $4, $5, $6, $7)',
    lease,
    result.error,
    result.status ?? null,
    result.words ?? null,
    result.alive ?? false,
  );

/** Sent, outcome unknown, and the receiver would take a second send for a second application: waits for an answer or a person. */
export const markUnknown = (store: Statements, lease: Lease, result: { error: string; status?: number }) =>
  holds(store, 'delivery-unknown', 'unknown_delivery($1, $2, $3, $4, $5)', lease, result.error, result.status ?? null);

/** It lies ready, and a person of this house takes it: nobody is asked meanwhile. */
export const layOut = (store: Statements, lease: Lease) => holds(store, 'delivery-wait', 'wait_delivery($1, $2, $3, $4)', lease, null);
/**
 * Sent, and the receiver has not taken it yet: it is asked again after `delay`. Counts neither as an attempt nor for the breaker. `checkpoint`: kept
 * instead of what was there.
 */
export const awaitAcceptance = (
  store: Statements,
  lease: Lease,
  result: { delay: number; status?: number | undefined; checkpoint?: unknown },
) =>
  holds(
    store,
    'delivery-await',
    'await_acceptance($1, $2, $3, $4, $5, $6)',
    lease,
    milliseconds(result.delay),
    result.status ?? null,
    json(result.checkpoint),
  );

/** The receiver took it: delivered and received, in one. `news`: its own id of that, prefixed like any external id; `from`: see `recordStatus`. */
export const acceptDelivery = (
  store: Statements,
  lease: Lease,
  result: { status?: number | undefined; source: string; news: string; from: readonly string[] },
) =>
  holds(
    store,
    'delivery-accept',
    'accept_delivery($1, $2, $3, $4, $5, $6, $7)',
    lease,
    result.status ?? null,
    result.source,
    result.news,
    result.from,
  );

/** The receiver hinted at news of what it calls `remote`: it is asked now. Gives how many deliveries that were. */
export async function wakeDelivery(store: Statements, municipality: string, destination: string, remote: string): Promise<number> {
  const [row] = await store.query<{ woken: number }>('delivery-wake', `select wake_delivery($1, $2, $3) as woken`, [
    municipality,
    destination,
    remote,
  ]);
  return row?.woken ?? 0;
}

export interface Unaccepted {
  municipality: string;
  destination: string;
  delivery: string;
  /** Since it was sent. */
  seconds: number;
}

/** What was sent `since` milliseconds ago or earlier and is not taken yet, of all municipalities, at most `max`, the longest waiting first. */
export const unacceptedDeliveries = (store: Statements, since: number, max = 100) =>
  store.query<Unaccepted>(
    'delivery-unaccepted',
    `select municipality, destination, delivery_id as delivery, seconds from unaccepted_deliveries($1, $2)`,
    [milliseconds(since), max],
  );

/** Stores a step that is done, and renews the lease. */
export const checkpointDelivery = (store: Statements, lease: Lease, checkpoint: unknown, leaseFor: number) =>
  holds(store, 'delivery-checkpoint', 'checkpoint_delivery($1, $2, $3, $4, $5)', lease, json(checkpoint), milliseconds(leaseFor));

/** The send goes on: the lease lasts `leaseFor` from now. */
export const renewLease = (store: Statements, lease: Lease, leaseFor: number) =>
  holds(store, 'delivery-renew', 'renew_lease($1, $2, $3, $4)', lease, milliseconds(leaseFor));

/** Hands an unsent delivery back (graceful stop): due at once, the attempt does not count. */
export const releaseDelivery = (store: Statements, lease: Lease) => holds(store, 'delivery-release', 'release_delivery($1, $2, $3)', lease);

/** Opens a destination's breaker at once (wrong credentials). */
export async function tripBreaker(store: Statements, municipality: string, destination: string, duration: number): Promise<void> {
  await store.query('breaker-trip', `select trip_breaker($1, $2, $3)`, [municipality, destination, milliseconds(duration)]);
}

/** A person decides about a parked or unknown delivery: send it (again), or it has arrived. False when it is neither parked nor unknown. */
export async function resolveDelivery(
  store: Statements,
  municipality: string,
  id: string,
  state: 'queued' | 'delivered',
  actor: string,
): Promise<boolean> {
  const [row] = await store.query<{ done: boolean }>('delivery-resolve', `select resolve_delivery($1, $2, $3, $4) as done`, [
    municipality,
    id,
    state,
    actor,
  ]);
  return row?.done ?? false;
}

export interface DestinationLimits {
  /** Sends at the same time, over all portals and workers. */
  maxInFlight: number;
  /** Failures in a row that open the breaker, and for how long. */
  breakerAfter: number;
  breakerPause: number;
}

/** Brings a destination's limits from the configuration into the database. */
export async function syncDestination(store: Statements, municipality: string, id: string, limits: DestinationLimits): Promise<void> {
  const values = [municipality, id, limits.maxInFlight, limits.breakerAfter, milliseconds(limits.breakerPause)];
  await store.query('destination-sync', `select sync_destination($1, $2, $3, $4, $5)`, values);
}

/** How many deliveries to a destination are held. */
export interface Held {
  municipality: string;
  destination: string;
  held: number;
}

/** After a restore: holds what may have been sent since the backup, in all municipalities, until somebody knows better. */
export function holdRestored(store: Statements, actor: string): Promise<Held[]> {
  return store.query<Held>('delivery-hold-restored', `select municipality, destination, held from hold_restored($1)`, [actor]);
}

/** Sends what a restore has held for one destination; gives how many. */
export async function sendRestored(store: Statements, municipality: string, destination: string, actor: string): Promise<number> {
  const [row] = await store.query<{ sent: number }>('delivery-send-restored', `select send_restored($1, $2, $3) as sent`, [
    municipality,
    destination,
    actor,
  ]);
  return row?.sent ?? 0;
}

/** The back office itself says that it has what we were not sure about (`unknown`). False: there was no doubt. `key`: the idempotency key. */
export async function confirmDelivery(store: Statements, municipality: string, key: string, actor: string): Promise<boolean> {
  const [row] = await store.query<{ done: boolean }>('delivery-confirm', `select confirm_delivery($1, $2, $3) as done`, [
    municipality,
    key,
    actor,
  ]);
  return row?.done ?? false;
}

/** One line of the delivery equation: submitted = queued + sending + delivered + parked + unknown + waiting, always. */
export interface DeliveryFigures {
  municipality: string;
  destination: string;
  /** Submissions that ordered a delivery to it, or that people sent there, and answers to it: counted on those, everything else on the deliveries. */
  submitted: number;
  /** How many of them are answers. */
  answers: number;
  queued: number;
  /** In flight. */
  sending: number;
  delivered: number;
  parked: number;
  unknown: number;
  /** Handed on, not taken yet. */
  waiting: number;
  /** Seconds since the longest waiting was ordered. */
  oldestQueued: number;
  breaker: 'closed' | 'half-open' | 'open';
  /** In a row. */
  failures: number;
  /** Seconds until an open breaker lets one through. */
  rests: number;
}

/** The delivery equation, a line per destination; of all municipalities. */
export const deliveryFigures = (store: Statements) =>
  store.query<DeliveryFigures>(
    'delivery-figures',
    `select municipality, destination, submitted, answers, queued, sending, delivered, parked, unknown, waiting, oldest_queued as "oldestQueued", breaker,
            failures, rests
     from delivery_figures()`,
  );

export interface DeliveryGap {
  municipality: string;
  submission: string;
  destination: string;
  /** Ordered without a delivery, or a delivery that nobody ordered. */
  kind: 'missing' | 'stray';
}

/** Where orders and deliveries differ, at most `max` of each kind. */
export const deliveryGaps = (store: Statements, max = 20) =>
  store.query<DeliveryGap>('delivery-gaps', `select municipality, submission_id as submission, destination, kind from delivery_gaps($1)`, [
    max,
  ]);

/** Milliseconds until the earliest open delivery can be claimed, by the database's clock; 0 when it is due; undefined: nothing is open. */
export async function nextDeliveryIn(store: Statements): Promise<number | undefined> {
  const [row] = await store.query<{ wait: number | null }>(
    'delivery-next',
    `select (extract(epoch from next_delivery_at() - now()) * 1000)::double precision as wait`,
  );
  return typeof row?.wait === 'number' ? Math.max(0, row.wait) : undefined;
}

export interface DeliveryRow {
  id: string;
  submission: string;
  reference: string;
  destination: string;
  adapter: string;
  state: string;
  attempts: number;
  nextAt: Date;
  lastError: string | null;
  /** What the back office said when it refused: sealed with purpose `words:<delivery>`, revision 0. */
  words: Buffer | null;
  deliveredAt: Date | null;
}

/** Deliveries of a municipality in one state, the longest waiting first. */
export function deliveriesIn(tx: Statements, municipality: string, state: string, limit = 100): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    'delivery-list',
    `select w.id, w.submission_id as submission, s.reference, w.destination, w.adapter, w.state, w.attempts, w.next_at as "nextAt",
            w.last_error as "lastError", w.words, w.delivered_at as "deliveredAt"
     from delivery w join submission s on s.municipality = w.municipality and s.id = w.submission_id
     where w.municipality = $1 and w.state = $2 order by w.created_at limit $3`,
    [municipality, state, limit],
  );
}
