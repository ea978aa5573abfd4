/** What the portal says about itself: structured logs without personal data, and metrics. */
export { createLogger, type PortalLogger } from './log.ts';
export { createMetrics, type DeliveryCounts, type Metrics, type MetricSources, type PoolCounts } from './metrics.ts';
