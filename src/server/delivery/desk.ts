/** What people decide about deliveries, where it needs more than a row: a back office's words are opened, an envelope is made out to somebody else. */
import {
  confirmRedirection,
  deliveryEnvelope,
  open,
  purposes,
  readWords,
  seal,
  type DeskClerk,
  type DeskDelivery,
  type KeyRing,
  type Store,
} from '#server/store';
import type { DestinationDocument } from '#server/config';
import { randomUUID } from 'node:crypto';
import { buildEnvelope, isFollowup, type Envelope } from './envelope.ts';

interface Room {
  readonly store: Store;
  readonly keys: KeyRing;
}

const keyOf = ({ keys }: Room, { municipality }: DeskClerk, { keyEpoch, wrappedKey }: DeskDelivery) =>
  keys.unwrap(municipality, keyEpoch, wrappedKey);

/** What the back office said when it refused. Who reads it is written down. Undefined: it said nothing, or the clerk may not. */
export async function wordsOf(room: Room, clerk: DeskClerk, delivery: DeskDelivery): Promise<string | undefined> {
  const words = await readWords(room.store, clerk, delivery.id);
  if (!words) return undefined;
  const { municipality } = clerk;
  const context = { municipality, application: delivery.application, purpose: purposes.words(delivery.id), revision: 0 };
  return open(await keyOf(room, clerk, delivery), context, words).toString();
}

/** What a delivery carries. @throws when it is gone or does not open */
export async function envelopeOf(room: Room, clerk: DeskClerk, delivery: DeskDelivery): Promise<{ envelope: Envelope; key: Buffer }> {
  const sealed = await deliveryEnvelope(room.store, clerk.municipality, delivery.id);
  if (!sealed) throw new Error('the delivery is gone');
  const key = await keyOf(room, clerk, delivery);
  const { application, revision, destination, answer } = delivery;
  const context = { municipality: clerk.municipality, application, purpose: purposes.envelope(destination, answer), revision };
  return { envelope: JSON.parse(open(key, context, sealed).toString()) as Envelope, key };
}

/**
 * The second person confirms: the delivery ends, and one of its own goes to `target`, with the same contents, a key of its own and in the version of
 * the envelope that the new destination reads.
 */
export async function redirect(
  room: Room,
  clerk: DeskClerk,
  delivery: DeskDelivery,
  { redirection, target }: { redirection: string; target: DestinationDocument },
): Promise<'confirmed' | 'forbidden' | 'same-person' | 'changed'> {
  const before = await envelopeOf(room, clerk, delivery);
  // an answer goes to who asked
  if (isFollowup(before.envelope)) return 'changed';
  const { application, revision, submission } = delivery;
  const after = buildEnvelope({ ...before.envelope, id: `${submission}:${target.id}` }, target.envelope);
  const context = { municipality: clerk.municipality, application, purpose: purposes.envelope(target.id), revision };
  const envelope = seal(before.key, context, Buffer.from(JSON.stringify(after)));
  return confirmRedirection(room.store, clerk, { id: redirection, delivery: randomUUID(), adapter: target.adapter, envelope });
}
