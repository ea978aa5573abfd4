/** Deliveries: one submission on its way to one destination. */
export type { Adapter, DeliveryContext, DeliveryOutcome, DestinationSettings } from './adapters/types.ts';
export { destinationSettings, type ReadReference } from './destinations.ts';
export { buildEnvelope, type Envelope, type EnvelopeAttachment, type EnvelopeHandling, type EnvelopeInput } from './envelope.ts';
export { COUNTS, equation, type Counts, type Equation, type EquationFinding } from './equation.ts';
export { LEADS_ON, receiveStatus, statusTimeline, type NewsContext, type TimelineEntry } from './news.ts';
export { createWorker, type Worker, type WorkerEvent, type WorkerLogger, type WorkerOptions } from './worker.ts';
