/** What a protocol is: one folder, how its settings are read and how it sends. Everything round it (lease, back-off, breaker, parking) is the worker's. */
import type { Readable } from 'node:stream';
import type { CommonDestination } from '#server/config';
import type { Lookup } from '#server/network';
import type { EgressAnswer, EgressRequest } from '../egress/index.ts';
import type { Envelope } from '../envelope.ts';

/** What every destination has, with its secrets, as `destinationSettings` makes it from the configuration. */
export interface CommonSettings {
  readonly id: string;
  readonly adapter: string;
  /** Where its calls may go: host and port of each. */
  readonly endpoints: readonly string[];
  /** Signing secrets of messages in both directions, newest first; none: it sends no status call-backs. */
  readonly secrets: readonly string[];
  readonly allowHttp?: boolean | undefined;
  readonly allowPrivate?: boolean | undefined;
  readonly maxInFlight?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** `manual`: the receiver takes a second send for a second application, so a send whose outcome is not known waits for a person. Default `resend`. */
  readonly onUnknown?: 'resend' | 'manual' | undefined;
  /** PEM. */
  readonly tls?:
    { readonly ca?: string | undefined; readonly certificate?: string | undefined; readonly key?: string | undefined } | undefined;
  /** What keeps it from being used, in words for the operator; the deliveries wait. */
  readonly problems: readonly string[];
}

/** What a protocol reads from the document of a destination: where its calls go, and what only it knows. */
export type OwnSettings<Settings extends CommonSettings> = Omit<Settings, Exclude<keyof CommonSettings, 'endpoints'>>;

/** Resolves references of a document. What cannot be resolved becomes a problem of the destination, and undefined here. */
export interface References {
  readonly secret: (reference: string | undefined) => string | undefined;
  /** Not a secret (a certificate): others may be able to read the file. */
  readonly open: (reference: string | undefined) => string | undefined;
  /** Something else keeps the destination from being used; in words for the operator. */
  readonly problem: (message: string) => void;
}

/** One protocol. */
export interface Protocol<Document extends CommonDestination, Settings extends CommonSettings> {
  readonly settings: (document: Document, references: References) => OwnSettings<Settings>;
  /** Sends one delivery once, or asks about one that waits. What it throws counts as `ours`. */
  readonly send: (context: DeliveryContext<Settings>) => Promise<DeliveryOutcome>;
  /**
   * Reads a hint that its receiver sent: the names (`remote` of a checkpoint) of what there is news of. Undefined: not from this receiver, or not fresh.
   * `now`: milliseconds.
   */
  readonly hint?: (destination: Settings, headers: NodeJS.Dict<string | string[]>, body: Uint8Array, now: number) => string[] | undefined;
  /** What leaves this way is read by people, not by a program. */
  readonly mediaBreak?: boolean;
  /** Whether answers to what the office asks leave this way, as it is set up. */
  readonly answers: (destination: Settings) => boolean;
}

export interface DeliveryContext<Settings extends CommonSettings = CommonSettings> {
  readonly destination: Settings;
  /** The envelope's exact bytes; what is signed is what is sent. */
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly openAttachment: (id: string) => Promise<Readable | undefined>;
  /** What earlier attempts with this adapter noted, see `saveCheckpoint`. */
  readonly checkpoint: unknown;
  /** It was parked, and a person has it sent again: what was refused for good may be begun anew. */
  readonly again: boolean;
  /** Notes a step that need not be repeated, durably. Never answers or other personal data. Ends `again`. @throws LeaseLost */
  readonly saveCheckpoint: (data: unknown) => Promise<void>;
  /** Keeps what the receiver signed, sealed, each once by its `sourceId`. `kind`: a code. */
  readonly keepProofs: (proofs: readonly { readonly sourceId: string; readonly kind: string; readonly text: string }[]) => Promise<void>;
  /**
   * To be called before the first byte that could make the receiver take the application. A crash after it is an unknown outcome where the receiver
   * does not know the idempotency key. @throws LeaseLost
   */
  readonly beginSend: () => Promise<void>;
  /** The way out by HTTP: to the destination's endpoints, under its rules, ended when the lease is lost or the worker stops. */
  readonly request: (request: Omit<EgressRequest, 'signal'>) => Promise<EgressAnswer>;
  /** Milliseconds, by the clock that all nodes share. */
  readonly now: () => number;
  /** What is delivered as people read it: the application or the answer, PDF. */
  readonly summary: () => Promise<Uint8Array>;
  /** For ways out that are not HTTP: ends when the lease is lost or the worker stops; and the resolver, where it is not the system's. */
  readonly signal: AbortSignal;
  readonly lookup: Lookup | undefined;
}

/**
 * Why a delivery is tried again.
 * - `failing`: the receiver, or the way to it. Enough of these open its breaker
 * - `busy`: the receiver asked for a pause
 * - `settings`: it cannot work until somebody changes something (credentials, certificate, address): breaker and alarm at once
 * - `ours`: our side (a key, a file, the database): alarm, the receiver is not to blame
 */
export type RetryCause = 'failing' | 'busy' | 'settings' | 'ours';

/** `reason`: codes of ours, never text from outside. `words`: what the receiver said; is sealed and in no log. */
export type DeliveryOutcome =
  /** `accepted`: the receiver says that it has taken it, in news with this id; the application is received. */
  | { readonly kind: 'delivered'; readonly status?: number; readonly accepted?: string }
  /**
   * Sent, and not taken yet: the receiver is asked again by another call of `send`. Neither an attempt nor a failure. `checkpoint`: kept instead of what
   * was noted; its member "remote" is the receiver's name for it, if there are hints.
   */
  | {
      readonly kind: 'waiting';
      readonly afterSeconds: number;
      readonly status?: number;
      readonly reason?: string;
      readonly checkpoint?: unknown;
    }
  | {
      readonly kind: 'retry';
      readonly cause: RetryCause;
      readonly reason: string;
      readonly status?: number;
      readonly afterSeconds?: number;
    }
  /** It lies ready, and a person here takes it. */
  | { readonly kind: 'laid-out'; readonly status?: number }
  /** Refused for good. */
  | { readonly kind: 'park'; readonly reason: string; readonly status?: number; readonly words?: string }
  /** It may have arrived, and the receiver would take a second send for a second application. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly status?: number };
