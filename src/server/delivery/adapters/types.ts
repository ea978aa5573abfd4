/** What an adapter is: one folder a protocol, one function. */
import type { Readable } from 'node:stream';
import type { Envelope } from '../envelope.ts';

export interface DestinationSettings {
  readonly id: string;
  readonly adapter: string;
  readonly url: string;
  readonly secrets: readonly string[];
  readonly allowHttp?: boolean;
  readonly allowPrivate?: boolean;
  readonly maxInFlight?: number;
  readonly timeoutSeconds?: number;
}

export interface DeliveryContext {
  readonly destination: DestinationSettings;
  /** The envelope's exact bytes; what is signed is what is sent. */
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly openAttachment: (id: string) => Promise<Readable | undefined>;
  /** What earlier attempts noted. */
  readonly checkpoint: unknown;
  readonly saveCheckpoint: (data: unknown) => Promise<void>;
}

/** `unknown`: it may have arrived, and the receiver would take a second send for a second application. */
export type DeliveryOutcome =
  | { kind: 'delivered'; status?: number }
  | { kind: 'retry'; reason: string; status?: number; afterSeconds?: number; credentials?: boolean }
  | { kind: 'park'; reason: string; status?: number }
  | { kind: 'unknown'; reason: string; status?: number };

export type Adapter = (context: DeliveryContext) => Promise<DeliveryOutcome>;
