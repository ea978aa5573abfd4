/** Deliveries: one submission on its way to one destination. */
export { isMediaBreak, takesAnswers, type DestinationSettings } from './adapters/index.ts';
export type { DeliveryContext, DeliveryOutcome } from './adapters/types.ts';
export { envelopeOf, redirect, wordsOf } from './desk.ts';
export { destinationSettings, type ReadReference } from './destinations.ts';
export {
  buildEnvelope,
  buildFollowup,
  type Envelope,
  type EnvelopeAttachment,
  type EnvelopeHandling,
  type EnvelopeInput,
} from './envelope.ts';
export { check, COUNTS, equation, type Counts, type Equation, type EquationFinding } from './equation.ts';
export { createFigures } from './figures.ts';
export { receiveHint, type HintContext } from './hints.ts';
export { LEADS_ON, receiveStatus, statusTimeline, type NewsContext, type TimelineEntry } from './news.ts';
export { createWorker, type Worker, type WorkerEvent, type WorkerLogger, type WorkerOptions } from './worker.ts';
