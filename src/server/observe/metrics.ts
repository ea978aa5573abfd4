/** Metrics in the Prometheus text format. Labels are routes, destinations and classes; never an address with something in it that belongs to a person. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DeliveryFigures, Unaccepted } from '#server/store';

export interface Metrics {
  readonly contentType: string;
  /** All figures. Those of the deliveries are read now, or a few seconds ago; without a database they are left out. */
  readonly text: () => Promise<string>;
  /** `route`: id of the route, undefined for what no route answers. */
  readonly request: (method: string, route: string | undefined, status: number, milliseconds: number) => void;
  readonly attempt: (delivery: { municipality: string; destination: string }, outcome: string, seconds: number) => void;
  readonly callback: (status: number) => void;
}

export interface MetricsOptions {
  /** The delivery equation, one query. */
  readonly figures: () => Promise<readonly DeliveryFigures[]>;
  /** What receivers have not taken for too long. */
  readonly unaccepted: () => Promise<readonly Unaccepted[]>;
  readonly failed?: (error: Error) => void;
  /** How long figures are good, in milliseconds. Default five seconds. */
  readonly keep?: number;
}

const STATES = ['submitted', 'delivered', 'queued', 'sending', 'parked', 'unknown', 'waiting'] as const;
const BREAKER = { closed: 0, 'half-open': 1, open: 2 } as const;

export function createMetrics({ figures, unaccepted, failed, keep = 5_000 }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'schalter_request_seconds',
    help: 'Time to the answer, by route and class of status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const destination = ['municipality', 'destination'] as const;
  const attempts = new Histogram({
    name: 'schalter_delivery_attempt_seconds',
    help: 'Attempts to deliver, by outcome, and how long they took',
    labelNames: [...destination, 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  const callbacks = new Counter({
    name: 'schalter_callbacks_total',
    help: 'Status call-backs by answer',
    labelNames: ['status'],
    registers,
  });
  const deliveries = new Gauge({
    name: 'schalter_deliveries',
    help: 'The delivery equation: submitted = delivered + queued + sending + parked + unknown + waiting',
    labelNames: [...destination, 'state'],
    registers,
  });
  const answers = new Gauge({
    name: 'schalter_deliveries_answers',
    help: 'How many of what was submitted are answers to what a back office asked',
    labelNames: destination,
    registers,
  });
  const oldest = new Gauge({
    name: 'schalter_delivery_oldest_queued_seconds',
    help: 'Age of the delivery that waits longest',
    labelNames: destination,
    registers,
  });
  const late = new Gauge({
    name: 'schalter_deliveries_unaccepted',
    help: 'Deliveries that were sent a day ago or earlier and that their receiver has not taken (counted to 100)',
    labelNames: destination,
    registers,
  });
  const breaker = new Gauge({
    name: 'schalter_destination_breaker',
    help: '0 closed, 1 half-open: the next delivery is a probe, 2 open',
    labelNames: destination,
    registers,
  });

  let read: Promise<void> | undefined;
  /** Portals share a database and each is asked: one query in a while is enough. */
  function refresh(): Promise<void> {
    read ??= Promise.all([figures(), unaccepted()])
      .then(fill, (error: Error) => {
        fill([[], []]);
        failed?.(error);
      })
      .finally(() => setTimeout(() => (read = undefined), keep).unref());
    return read;
  }

  function fill([rows, waiting]: [readonly DeliveryFigures[], readonly Unaccepted[]]): void {
    for (const gauge of [deliveries, answers, oldest, breaker, late]) gauge.reset();
    for (const row of rows) {
      const about = { municipality: row.municipality, destination: row.destination };
      for (const state of STATES) deliveries.set({ ...about, state }, row[state]);
      answers.set(about, row.answers);
      oldest.set(about, row.oldestQueued);
      breaker.set(about, BREAKER[row.breaker]);
      late.set(about, waiting.filter((one) => one.municipality === row.municipality && one.destination === row.destination).length);
    }
  }

  return {
    contentType: registry.contentType,
    text: async () => {
      await refresh();
      return registry.metrics();
    },
    request: (method, route, status, milliseconds) =>
      requests.observe(
        {
          method: method === 'GET' || method === 'POST' ? method : 'other',
          route: route ?? 'none',
          status: `${Math.floor(status / 100)}xx`,
        },
        milliseconds / 1_000,
      ),
    attempt: ({ municipality, destination: to }, outcome, seconds) => attempts.observe({ municipality, destination: to, outcome }, seconds),
    callback: (status) => callbacks.inc({ status: String(status) }),
  };
}
