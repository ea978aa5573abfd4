/**
 * Metrics in the Prometheus text format: requests and their durations by route, deliveries by state, database connections, and the process itself.
 * Labels come from short lists of our own, never from a request: a label made of a path would hold reference numbers and grow without end.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Deliveries of all municipalities by state. */
export type DeliveryCounts = Readonly<Record<'queued' | 'sending' | 'delivered' | 'parked' | 'unknown', number>>;

/** Connections to the database: open, idle, and requests that wait for one. */
export interface PoolCounts {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Where gauges get their values, asked when metrics are read. */
export interface MetricSources {
  readonly deliveries?: () => Promise<DeliveryCounts>;
  readonly pool?: () => PoolCounts;
}

export interface Metrics {
  readonly contentType: string;
  /** Everything, as text. A source that fails leaves its gauges out and is counted; the rest is still there. */
  readonly text: () => Promise<string>;
  /** One answered request. `route` is Kit's route id, the pattern and not the path. */
  readonly request: (method: string, status: number, milliseconds: number, route?: string | null) => void;
  /** One step of a citizen: the saving of a page, from the request's arrival to the answer. */
  readonly step: (service: string, milliseconds: number) => void;
}

/** A portal has some thirty routes and services; whatever comes after this many is one label. */
const MOST_LABELS = 100;
const METHODS = new Set(['GET', 'HEAD', 'POST']);

/** Lets at most `MOST_LABELS` different values through. */
function bounded(): (value: string | null | undefined) => string {
  const seen = new Set<string>();
  return (value) => {
    if (value === null || value === undefined) return 'none';
    if (!seen.has(value) && seen.size >= MOST_LABELS) return 'other';
    seen.add(value);
    return value;
  };
}

/** Makes a registry of its own: two portals in one process, as in tests, do not meet. */
export function createMetrics(sources: MetricSources = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];
  const requests = new Counter({
    name: 'schalter_requests_total',
    help: 'Requests by method, route and class of answer',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'schalter_request_seconds',
    help: 'Time to the answer',
    labelNames: ['route'],
    buckets,
    registers,
  });
  const steps = new Histogram({
    name: 'schalter_step_seconds',
    help: 'Time to save a page of a flow',
    labelNames: ['service'],
    buckets,
    registers,
  });
  const failures = new Counter({
    name: 'schalter_metric_failures_total',
    help: 'Sources of metrics that could not be asked',
    labelNames: ['source'],
    registers,
  });
  const routeLabel = bounded();
  const serviceLabel = bounded();

  const { deliveries, pool } = sources;
  const gauge = (source: string, name: string, help: string, read: () => Promise<object> | object): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset();
        try {
          for (const [state, value] of Object.entries(await read())) this.set({ state }, Number(value));
        } catch {
          failures.inc({ source });
        }
      },
    });
  if (deliveries) gauge('deliveries', 'schalter_deliveries', 'Deliveries by state', deliveries);
  if (pool) gauge('pool', 'schalter_database_connections', 'Database connections; waiting: requests without one', () => ({ ...pool() }));

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request(method, status, milliseconds, route) {
      const label = routeLabel(route);
      requests.inc({ method: METHODS.has(method) ? method : 'other', route: label, status: `${Math.floor(status / 100)}xx` });
      durations.observe({ route: label }, milliseconds / 1000);
    },
    step(service, milliseconds) {
      steps.observe({ service: serviceLabel(service) }, milliseconds / 1000);
    },
  };
}
