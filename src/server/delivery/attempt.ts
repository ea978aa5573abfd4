/** One attempt to deliver: opens the sealed envelope, has the adapter send it, and notes what became of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkpointDelivery,
  type Claimed,
  DatabaseUnavailable,
  finishDelivery,
  markUnknown,
  open,
  parkDelivery,
  purposes,
  retryDelivery,
  SealBroken,
  tripBreaker,
} from '#server/store';
import type { DeliveryOutcome } from './adapters/types.ts';
import type { Envelope } from './envelope.ts';
import { asTold, longestCall, LONGEST_REST, MISCONFIGURED_PAUSE, MOST_ATTEMPTS } from './schedule.ts';
import type { WorkerOptions } from './worker.ts';

/** What the worker settles for all its attempts. */
export interface AttemptOptions extends Required<Pick<WorkerOptions, 'adapters' | 'lease' | 'pause'>>, Pick<WorkerOptions, 'store' | 'keys' | 'destination' | 'openAttachment' | 'logger' | 'observe'> {
  /** Aborted when the worker cannot wait any longer for what it sends. */
  readonly stopping: AbortSignal;
}

/** `ours`: it failed on our side (database away, a defect); says nothing about the receiver. `lost`: another worker has it by now. */
type Result = DeliveryOutcome | { kind: 'ours'; reason: string } | { kind: 'lost' };

/** Thrown out of an adapter when its lease is gone. */
class LeaseLost extends Error {}

const DEFAULT_TIMEOUT = 30;

/** Runs one attempt to its end. Never throws. */
export async function attempt(options: AttemptOptions, claimed: Claimed): Promise<void> {
  const { logger, observe } = options;
  const began = performance.now();
  const result = await send(options, claimed);
  const held = await noteSurely(options, claimed, result, began);
  const milliseconds = Math.round(performance.now() - began);
  const status = 'status' in result ? result.status : undefined;
  const facts = { municipality: claimed.municipality, destination: claimed.destination, delivery: claimed.id };
  // No reason here: it may be the back office's words. It stands with the delivery.
  logger.info('delivery', { ...facts, attempt: claimed.attempts, outcome: result.kind, status, held, milliseconds });
  if (result.kind === 'retry' && result.misconfigured) logger.error('destination_misconfigured', { ...facts, status });
  if (result.kind === 'park' || result.kind === 'unknown') logger.warn('delivery_needs_a_person', { ...facts, outcome: result.kind, status });
  if (result.kind === 'ours') logger.error('delivery_failed_here', { ...facts, reason: result.reason });
  observe?.({ municipality: claimed.municipality, destination: claimed.destination, outcome: result.kind, milliseconds });
}

async function send(options: AttemptOptions, claimed: Claimed): Promise<Result> {
  const { store, keys, adapters, lease, stopping } = options;
  const destination = options.destination(claimed.municipality, claimed.destination);
  if (!destination) return { kind: 'retry', reason: 'the destination is not configured', misconfigured: true };
  const adapter = adapters.get(claimed.adapter);
  if (!adapter) return { kind: 'retry', reason: `there is no adapter "${claimed.adapter}"`, misconfigured: true };
  // An attempt that ends with the whole worker never comes to its outcome: the limit has to hold for it, too.
  if (claimed.attempts > MOST_ATTEMPTS) return { kind: 'park', reason: `given up: ${claimed.attempts - 1} attempts were cut off or failed` };
  try {
    const key = await keys.unwrap(claimed.municipality, claimed.keyEpoch, claimed.wrappedKey);
    const { municipality, application, revision } = claimed;
    const bytes = open(key, { municipality, application, purpose: purposes.envelope(claimed.destination), revision }, claimed.envelope);
    return await adapter.deliver({
      destination,
      envelope: JSON.parse(bytes.toString()) as Envelope,
      openAttachment: (id) => options.openAttachment(municipality, application, key, id),
      repeat: claimed.repeat,
      checkpoint: claimed.checkpoint,
      saveCheckpoint: async (data) => {
        if (!(await checkpointDelivery(store, claimed, data, lease))) throw new LeaseLost();
      },
      deadline: Math.min((destination.timeoutSeconds ?? DEFAULT_TIMEOUT) * 1_000, longestCall(lease)),
      signal: stopping,
    });
  } catch (error) {
    if (error instanceof LeaseLost) return { kind: 'lost' };
    // Altered, moved, or the key is destroyed: no other try can open it.
    if (error instanceof SealBroken) return { kind: 'park', reason: 'what was stored cannot be opened' };
    return { kind: 'ours', reason: error instanceof Error ? error.name : 'unknown error' };
  }
}

/**
 * Notes the result; tries for as long as the lease lasts, because a result that is not noted means sending again. Past the lease the fence drops it
 * anyway. False: it was dropped.
 */
async function noteSurely(options: AttemptOptions, claimed: Claimed, result: Result, began: number): Promise<boolean> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    try {
      return await note(options, claimed, result);
    } catch (error) {
      const late = performance.now() - began > options.lease;
      if (!(error instanceof DatabaseUnavailable) || late || options.stopping.aborted) {
        options.logger.error('delivery_not_noted', { delivery: claimed.id, outcome: result.kind, error: error instanceof Error ? error.name : 'unknown error' });
        return false;
      }
      await sleep(pause, undefined, { signal: options.stopping }).catch(() => undefined);
    }
  }
}

async function note(options: AttemptOptions, claimed: Claimed, result: Result): Promise<boolean> {
  const { store, pause, stopping } = options;
  switch (result.kind) {
    case 'lost':
      return false;
    case 'delivered':
      return finishDelivery(store, claimed, { status: result.status, detail: result.detail });
    case 'park':
      return parkDelivery(store, claimed, { error: result.reason, status: result.status });
    case 'unknown':
      return markUnknown(store, claimed, { error: result.reason, status: result.status });
  }
  const status = result.kind === 'retry' ? result.status : undefined;
  if (claimed.attempts >= MOST_ATTEMPTS) return parkDelivery(store, claimed, { error: `given up after ${claimed.attempts} attempts: ${result.reason}`, status });
  if (stopping.aborted) return retryDelivery(store, claimed, { delay: 0, error: 'the worker was stopped', counts: false });
  if (result.kind === 'ours') return retryDelivery(store, claimed, { delay: pause(claimed.attempts), error: `failed here: ${result.reason}`, counts: false });
  if (result.misconfigured) await tripBreaker(store, claimed.municipality, claimed.destination, MISCONFIGURED_PAUSE);
  const told = result.afterSeconds === undefined ? undefined : asTold(result.afterSeconds);
  // "Not now" is about the receiver, not about this application: the others wait as well. Only the breaker is shared by all nodes.
  if (told) await tripBreaker(store, claimed.municipality, claimed.destination, Math.min(told, LONGEST_REST));
  // A receiver that answers "too many" or says when to come again works: that is no failure.
  const counts = result.status !== 429 && told === undefined;
  return retryDelivery(store, claimed, { delay: told ?? pause(claimed.attempts), error: result.reason, status, counts });
}
