/** News from the back office: verified, checked, recorded once, and never turning an application back. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { deliveryTotals, purposes, recordStatus, seal, submissionById, type DeliveryTotals, type KeyRing, type Store } from '#server/store';
import type { DestinationSettings } from './adapters/types.ts';
import { verify } from './signature.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['type', 'eventId', 'submission', 'destination', 'status', 'at'],
  properties: {
    type: { const: 'status' },
    eventId: { type: 'string', minLength: 1, maxLength: 100 },
    submission: { type: 'string', pattern: '^[0-9a-f-]{36}$' },
    destination: { type: 'string', maxLength: 60 },
    status: { enum: ['received', 'in_progress', 'information_requested', 'decided'] },
    at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$' },
    text: { type: 'string', maxLength: 2000 },
  },
} as const;

interface StatusNews {
  eventId: string;
  submission: string;
  destination: string;
  status: 'received' | 'in_progress' | 'information_requested' | 'decided';
  at: string;
  text?: string;
}

const validate = new Ajv2020({ strict: false }).compile(schema);

/** From which states each news leads on: late and doubled ones find no way (the lifecycle machine is tested against this table). */
export const LEADS_ON: Readonly<Record<StatusNews['status'], readonly string[]>> = {
  received: ['submitted', 'forwarded'],
  in_progress: ['submitted', 'forwarded', 'received', 'information_requested'],
  information_requested: ['submitted', 'forwarded', 'received', 'in_progress'],
  decided: ['submitted', 'forwarded', 'received', 'in_progress', 'information_requested'],
};

export interface StatusContext {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly logger: { info(event: string, fields: object): void; warn(event: string, fields: object): void };
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
}

/** Takes a call-back's raw body. 401 for anything not signed by the destination it names, 404 for an unknown case. */
export async function receiveStatus(
  context: StatusContext,
  municipality: { id: string },
  headers: NodeJS.Dict<string | string[]>,
  body: Buffer,
): Promise<{ status: number; body: string }> {
  const refuse = (status: number, reason: string) => {
    context.logger.warn('callback_refused', { municipality: municipality.id, status, reason });
    return { status, body: status === 401 ? 'unauthorized' : reason };
  };
  let news: StatusNews;
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (!validate(parsed)) return refuse(400, 'invalid');
    news = parsed;
  } catch {
    return refuse(400, 'invalid');
  }
  const destination = context.destination(municipality.id, news.destination);
  if (!destination || !verify(destination.secrets, headers, body)) return refuse(401, 'signature');
  const row = await submissionById(context.store, municipality.id, news.submission);
  if (!row) return refuse(404, 'unknown');
  const key = await context.keys.unwrap(municipality.id, row.keyEpoch, row.wrappedKey);
  const textSealed = news.text
    ? seal(
        key,
        { municipality: municipality.id, application: row.application, purpose: purposes.statusText, revision: 0 },
        Buffer.from(news.text),
      )
    : null;
  const result = await recordStatus(context.store, {
    municipality: municipality.id,
    submission: news.submission,
    status: news.status,
    at: new Date(news.at),
    source: `backoffice:${news.destination}`,
    textKey: null,
    textSealed,
    externalId: news.eventId,
    lifecycle: { to: news.status, from: LEADS_ON[news.status] },
  });
  context.logger.info('callback', { municipality: municipality.id, status: news.status, outcome: result.outcome });
  return { status: 200, body: result.outcome };
}

export interface DeliveryStatus {
  municipalities: DeliveryTotals[];
  total: Omit<DeliveryTotals, 'municipality'>;
  /** ordered = queued + sending + delivered + parked + unknown, everywhere. */
  balanced: boolean;
}

/** The delivery equation. */
export async function deliveryStatus(store: Store): Promise<DeliveryStatus> {
  const municipalities = await deliveryTotals(store);
  const total = { submissions: 0, ordered: 0, queued: 0, sending: 0, delivered: 0, parked: 0, unknown: 0 };
  let balanced = true;
  for (const row of municipalities) {
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += Number(row[name]);
    const found = [row.queued, row.sending, row.delivered, row.parked, row.unknown].reduce((sum, n) => sum + Number(n), 0);
    if (found !== Number(row.ordered)) balanced = false;
  }
  return { municipalities, total, balanced };
}
