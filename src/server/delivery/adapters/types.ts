/** What an adapter is: one folder a protocol, one object. */
import type { Readable } from 'node:stream';
import type { TlsSettings } from '../egress.ts';
import type { Envelope } from '../envelope.ts';

/** A destination as the configuration names it, secrets resolved. */
export interface DestinationSettings {
  readonly id: string;
  readonly adapter: string;
  readonly url: string;
  /** Newest first. */
  readonly secrets: readonly string[];
  readonly allowHttp?: boolean;
  readonly allowPrivate?: boolean;
  readonly tls?: TlsSettings;
  /** Sends at the same time, over all portals and workers. */
  readonly maxInFlight?: number;
  readonly timeoutSeconds?: number;
}

export interface DeliveryContext {
  readonly destination: DestinationSettings;
  readonly envelope: Envelope;
  readonly openAttachment: (id: string) => Promise<Readable | undefined>;
  /** An earlier attempt was cut off: what it did is not known. */
  readonly repeat: boolean;
  /** What earlier attempts noted with `saveCheckpoint`. */
  readonly checkpoint: unknown;
  /** Notes a step that is done, durably, and renews the lease. Throws when another worker has the delivery by now: stop at once. */
  readonly saveCheckpoint: (data: unknown) => Promise<void>;
  /** For every single call, in milliseconds; shorter than the lease. */
  readonly deadline: number;
  /** The worker stops: end what is under way. */
  readonly signal: AbortSignal;
}

/**
 * What became of an attempt. Reasons are short and hold no personal data: they stand in the database in clear.
 * - `delivered`: the receiver has it for good.
 * - `retry`: not now. `afterSeconds`: the receiver said when. `misconfigured`: no delivery of this destination can get through until a person
 *   changes something (credentials, certificate, address): its breaker opens and an alarm is given.
 * - `park`: this one never: a person decides.
 * - `unknown`: it may have arrived, and the receiver would take a second send for a second application.
 */
export type DeliveryOutcome =
  | { kind: 'delivered'; status?: number; detail?: string }
  | { kind: 'retry'; reason: string; status?: number; afterSeconds?: number; misconfigured?: boolean }
  | { kind: 'park'; reason: string; status?: number }
  | { kind: 'unknown'; reason: string; status?: number };

export interface Adapter {
  /** One attempt. What it throws is taken for a fault of ours, not of the receiver. */
  deliver(context: DeliveryContext): Promise<DeliveryOutcome>;
}
