/** Deliveries: one submission on its way to one destination. */
export type { Adapter, DeliveryContext, DeliveryOutcome, DestinationSettings } from './adapters/types.ts';
export { buildEnvelope, ENVELOPE_SCHEMA, type Envelope, type EnvelopeAttachment, type EnvelopeInput } from './envelope.ts';
export { sign, verify } from './signature.ts';
export { deliveryStatus, receiveStatus, type DeliveryStatus } from './status.ts';
export { backoff, createWorker, type Worker } from './worker.ts';
