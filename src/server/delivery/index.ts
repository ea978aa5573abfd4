/** Deliveries: one submission on its way to one destination, and the news that come back. */
export type { Adapter, DeliveryContext, DeliveryOutcome, DestinationSettings } from './adapters/types.ts';
export { applyStatus, receiveStatus, type StatusContext, type StatusNews } from './callback.ts';
export { buildEnvelope, ENVELOPE_SCHEMA, type Envelope, type EnvelopeAttachment, type EnvelopeInput } from './envelope.ts';
export { deliveryStatus, type DeliveryStatus, type DestinationStatus } from './status.ts';
export { createWorker, type DeliveryLogger, type Worker, type WorkerOptions } from './worker.ts';
