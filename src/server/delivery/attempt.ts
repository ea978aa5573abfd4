/** One attempt: opens what was frozen, hands it to the adapter, and keeps the lease alive meanwhile. */
import type { Readable } from 'node:stream';
import { faultPoint } from '#server/faults';
import type { Lookup } from '#server/network';
import { checkpointDelivery, keepProofs, open, purposes, renewLease, seal, type Claimed, type KeyRing, type Store } from '#server/store';
import { protocolOf, takesAnswers, type DestinationSettings } from './adapters/index.ts';
import type { DeliveryOutcome } from './adapters/types.ts';
import { request, type EgressPolicy } from './egress/index.ts';
import type { Envelope } from './envelope.ts';

const DEFAULT_TIMEOUT = 15_000;

/** The destination's protocol, as it is set up, carries no answers. */
const NO_ANSWERS = 'answers-not-taken';

/** Another worker holds the delivery now, or may: nothing more is sent, and nothing of this attempt is written down. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The worker stops and does not wait any longer. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

export interface AttemptOptions {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly openAttachment: (municipality: string, application: string, key: Buffer, id: string) => Promise<Readable | undefined>;
  /** The application, or the answer with this number, as people read it: PDF. */
  readonly summary: (municipality: string, submission: string, answer: number | null) => Promise<Uint8Array>;
  /** Milliseconds. The lease is renewed three times in it. */
  readonly lease: number;
  /** Instead of the system's resolver. */
  readonly lookup?: Lookup | undefined;
}

/** What is kept between attempts, beside what the adapter keeps. */
interface Checkpoint {
  readonly adapter: string;
  /** The attempt that began to send; see `beginSend`. */
  readonly sending?: number;
  /** A person has it sent again. */
  readonly again?: boolean | undefined;
  readonly data?: unknown;
}

/**
 * Sends a claimed delivery once. `abort` ends it early; it is also called here when the lease is lost.
 * @returns what became of it; whatever goes wrong on our side is a retry with cause `ours`
 */
export async function attempt(
  options: AttemptOptions,
  claimed: Claimed,
  destination: DestinationSettings | undefined,
  abort: AbortController,
): Promise<DeliveryOutcome> {
  // A document that cannot be read must not park what its municipality has under way: it waits.
  if (!destination) return { kind: 'retry', cause: 'settings', reason: 'not-configured' };
  if (destination.problems.length > 0) return { kind: 'retry', cause: 'settings', reason: 'secret-missing' };
  let saved = { adapter: destination.adapter, ...(claimed.checkpoint as Partial<Checkpoint> | null) };
  // The crash came after that attempt had begun to send, and before it could say what became of it.
  if (destination.onUnknown === 'manual' && claimed.repeat && saved.sending === claimed.attempts - 1)
    return { kind: 'unknown', reason: 'interrupted' };
  if (saved.adapter !== destination.adapter) saved = { adapter: destination.adapter };
  // Nobody is asked on a way that no answer goes; so its settings changed since, and a person has to look.
  if (claimed.answer !== null && !takesAnswers(destination)) return { kind: 'park', reason: NO_ANSWERS };

  const save = async (next: Checkpoint) => {
    abort.signal.throwIfAborted();
    if (!(await checkpointDelivery(options.store, claimed, next, options.lease))) {
      abort.abort(new LeaseLost());
      abort.signal.throwIfAborted();
    }
    saved = next;
  };
  const stopHeartbeat = heartbeat(options, claimed, abort);
  try {
    const key = await options.keys.unwrap(claimed.municipality, claimed.keyEpoch, claimed.wrappedKey);
    const { municipality, application, revision, answer } = claimed;
    const purpose = purposes.envelope(claimed.destination, answer);
    const bytes = open(key, { municipality, application, purpose, revision }, claimed.envelope);
    const policy = policyOf(destination, options.lookup);
    faultPoint('delivery-opened');
    const outcome = await protocolOf(destination.adapter).send({
      destination,
      bytes,
      envelope: JSON.parse(bytes.toString()) as Envelope,
      openAttachment: (id) => options.openAttachment(municipality, application, key, id),
      checkpoint: saved.data,
      again: saved.again === true,
      saveCheckpoint: (data) => save({ ...saved, again: undefined, data }),
      keepProofs: async (proofs) => {
        const sealed = proofs.map(({ sourceId, kind, text }) => {
          const context = { municipality, application, purpose: purposes.proof(claimed.id, sourceId), revision: 0 };
          return { sourceId, kind, sealed: seal(key, context, Buffer.from(text)) };
        });
        await keepProofs(options.store, municipality, claimed.id, sealed);
      },
      beginSend: async () => {
        if (destination.onUnknown === 'manual') await save({ ...saved, sending: claimed.attempts });
        abort.signal.throwIfAborted();
      },
      now: options.store.now,
      request: (call) => request({ ...call, signal: abort.signal }, policy),
      summary: () => options.summary(municipality, claimed.submission, answer),
      signal: abort.signal,
      lookup: options.lookup,
    });
    if (outcome.kind !== 'waiting' || outcome.checkpoint === undefined) return outcome;
    return { ...outcome, checkpoint: { adapter: destination.adapter, data: outcome.checkpoint } satisfies Checkpoint };
  } catch (error) {
    return { kind: 'retry', cause: 'ours', reason: (error as Error).name };
  } finally {
    stopHeartbeat();
  }
}

function policyOf(destination: DestinationSettings, lookup: Lookup | undefined): EgressPolicy {
  const { endpoints, allowHttp, allowPrivate, tls, timeoutSeconds } = destination;
  return {
    endpoints,
    allowHttp,
    allowPrivate,
    tls,
    lookup,
    timeoutMilliseconds: timeoutSeconds === undefined ? DEFAULT_TIMEOUT : timeoutSeconds * 1_000,
  };
}

/** Renews the lease until it is stopped. When it is lost, or could not be renewed for as long as it lasts, the attempt ends. */
function heartbeat({ store, lease }: AttemptOptions, claimed: Claimed, abort: AbortController): () => void {
  let renewed = performance.now();
  const timer = setInterval(() => {
    const asked = performance.now();
    renewLease(store, claimed, lease)
      .then((held) => {
        if (held) renewed = asked;
        else abort.abort(new LeaseLost());
      })
      .catch(() => {
        if (performance.now() - renewed > lease) abort.abort(new LeaseLost());
      });
  }, lease / 3);
  return () => clearInterval(timer);
}
