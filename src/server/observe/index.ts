/** Logs and metrics. */
export { EVENTS, STORE_EVENTS, type EventName } from './events.ts';
export { createLogger, type PortalLogger } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
