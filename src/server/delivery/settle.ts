/** What becomes of a delivery after an attempt. Every write is fenced by the lease: false means that it is no longer ours, and nothing was changed. */
import {
  acceptDelivery,
  awaitAcceptance,
  confirmDelivery,
  finishDelivery,
  layOut,
  markUnknown,
  parkDelivery,
  purposes,
  releaseDelivery,
  retryDelivery,
  seal,
  timeline,
  tripBreaker,
  type Claimed,
  type KeyRing,
  type Store,
} from '#server/store';
import type { DeliveryOutcome } from './adapters/types.ts';
import { LEADS_ON, sourceOf } from './news.ts';

/** How long a destination rests that needs somebody to change its settings. */
const SETTINGS_PAUSE = 5 * 60_000;

export interface SettleOptions {
  readonly store: Store;
  readonly keys: KeyRing;
  /** Pause after an attempt, in milliseconds. */
  readonly pause: (attempts: number) => number;
  /** After so many attempts it is parked. */
  readonly mostAttempts: number;
}

/** Writes an outcome down. @throws DatabaseUnavailable: repeat it, nothing else is lost by that */
export async function settle(options: SettleOptions, claimed: Claimed, outcome: DeliveryOutcome): Promise<boolean> {
  const { store } = options;
  switch (outcome.kind) {
    case 'delivered': {
      const { status, accepted } = outcome;
      if (accepted === undefined) return finishDelivery(store, claimed, { status });
      const source = sourceOf(claimed.destination);
      return acceptDelivery(store, claimed, { status, source, news: `${source}:${accepted}`, from: LEADS_ON.received });
    }
    case 'waiting': {
      const { afterSeconds, status, checkpoint } = outcome;
      return awaitAcceptance(store, claimed, { delay: afterSeconds * 1_000, status, checkpoint });
    }
    case 'laid-out':
      return layOut(store, claimed);
    case 'unknown': {
      const held = await markUnknown(store, claimed, { error: outcome.reason, status: outcome.status });
      // Its news may have been faster than the end of our waiting: then there is no doubt.
      const source = sourceOf(claimed.destination);
      // News is about the application; an answer is not heard of.
      const heard =
        held &&
        claimed.answer === null &&
        (await timeline(store, claimed.municipality, claimed.submission)).some((event) => event.source === source);
      if (heard) await confirmDelivery(store, claimed.municipality, claimed.idempotencyKey, source);
      return held;
    }
    case 'park': {
      const words = outcome.words === undefined ? undefined : await sealedWords(options, claimed, outcome.words);
      return parkDelivery(store, claimed, { error: outcome.reason, status: outcome.status, words, alive: true });
    }
    case 'retry': {
      const { cause, reason, status, afterSeconds } = outcome;
      const told = afterSeconds === undefined ? 0 : afterSeconds * 1_000;
      const held =
        claimed.attempts >= options.mostAttempts
          ? await parkDelivery(store, claimed, { error: `given-up:${reason}`, status })
          : await retryDelivery(store, claimed, {
              delay: Math.max(told, options.pause(claimed.attempts)),
              error: reason,
              status,
              counts: cause === 'failing',
            });
      // Whoever asks for a pause gets it for everything that waits, and then one delivery first.
      const rest = Math.max(told, cause === 'settings' ? SETTINGS_PAUSE : 0);
      if (held && rest > 0) await tripBreaker(store, claimed.municipality, claimed.destination, rest);
      return held;
    }
  }
}

/** Hands a delivery back that was not sent: due at once for whoever comes, and the attempt does not count. */
export const handBack = ({ store }: SettleOptions, claimed: Claimed): Promise<boolean> => releaseDelivery(store, claimed);

/** The back office may repeat what it was sent: its words are sealed like an answer. */
async function sealedWords({ keys }: SettleOptions, claimed: Claimed, words: string): Promise<Buffer> {
  const key = await keys.unwrap(claimed.municipality, claimed.keyEpoch, claimed.wrappedKey);
  const { municipality, application } = claimed;
  return seal(key, { municipality, application, purpose: purposes.words(claimed.id), revision: 0 }, Buffer.from(words));
}
