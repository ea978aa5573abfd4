/**
 * Logs and metrics. A log line is an event name and allow-listed fields, nothing else: what a person typed cannot reach a log, because no field for it exists.
 */
import { destination as pinoDestination, pino } from 'pino';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Logger as StoreLogger } from '#server/store';

/** Every field a log line may have. Ids, codes, counts and durations; never text from a request. */
const ALLOWED = new Set([
  'applied',
  'attempt',
  'correlation',
  'count',
  'delivery',
  'destination',
  'drafts',
  'error',
  'file',
  'flow',
  'held',
  'message',
  'method',
  'milliseconds',
  'municipality',
  'outcome',
  'place',
  'port',
  'reason',
  'remedy',
  'route',
  'rule',
  'service',
  'sessions',
  'severity',
  'status',
  'uploads',
]);

export interface PortalLogger {
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
  /** The same log for rooms that name the event last. */
  readonly forStore: StoreLogger;
}

/** Keeps allow-listed fields; line breaks and control characters of texts become spaces, so that an event stays one line. */
export function allowed(fields: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!ALLOWED.has(name)) continue;

    out[name] = typeof value === 'string' ? value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 500) : value;
  }
  return out;
}

/** One JSON line per event. `write` is for tests. */
export function createLogger(write?: (line: string) => void): PortalLogger {
  const log = pino(
    { base: undefined, timestamp: pino.stdTimeFunctions.isoTime, level: process.env.SCHALTER_LOG ?? 'info' },
    write ? { write } : pinoDestination({ dest: 1, sync: false }),
  );
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields: object = {}) =>
      log[level]({ event, ...allowed(fields) });
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    forStore: {
      info: (fields, event) => line('info')(event, fields),
      warn: (fields, event) => line('warn')(event, fields),
      error: (fields, event) => line('error')(event, fields),
    },
  };
}

export interface Metrics {
  readonly contentType: string;
  readonly text: () => Promise<string>;
  readonly request: (method: string, status: number, milliseconds: number) => void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'schalter_requests_total',
    help: 'Requests by method and class of answer',
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'schalter_request_seconds',
    help: 'Time to the answer',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request(method, status, milliseconds) {
      requests.inc({ method: method === 'GET' || method === 'POST' ? method : 'other', status: `${Math.floor(status / 100)}xx` });
      durations.observe(milliseconds / 1000);
    },
  };
}
