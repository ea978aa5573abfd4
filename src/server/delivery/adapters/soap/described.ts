/** What the WSDL says: read at the start, or fetched from where the back office publishes it, and kept for a while. */
import { EgressFailed } from '../../egress/index.ts';
import type { DeliveryContext, RetryCause } from '../types.ts';
import type { SoapSettings } from './settings.ts';
import { readWsdl, type Operation } from './wsdl.ts';

/** The WSDL could not be had. */
export class WsdlAway extends Error {
  override readonly name = 'WsdlAway';
  override readonly cause: RetryCause;
  readonly status: number;

  constructor(status: number) {
    super(`wsdl-answer-${status}`);
    this.cause = status >= 500 || status === 429 ? 'failing' : 'settings';
    this.status = status;
  }
}

/** How long a fetched WSDL is good, by this process's own clock. */
const KEPT = 60 * 60_000;
const MOST_BYTES = 4 * 1024 * 1024;

const fetched = new WeakMap<SoapSettings, { readonly until: number; readonly operation: Promise<Operation> }>();

/** How the operation is called; one request however many deliveries wait for it. @throws WsdlAway, WsdlUnfit, XmlRefused, and what `request` throws */
export async function operationOf(
  settings: SoapSettings,
  request: DeliveryContext['request'],
  now = performance.now(),
): Promise<Operation> {
  if (settings.described) return settings.described;
  const kept = fetched.get(settings);
  if (kept && kept.until > now) return kept.operation;
  const operation = fetchOperation(settings, request);
  fetched.set(settings, { until: now + KEPT, operation });
  operation.catch(() => fetched.delete(settings));
  return operation;
}

async function fetchOperation({ wsdlUrl, operation, port }: SoapSettings, request: DeliveryContext['request']): Promise<Operation> {
  const headers = { 'user-agent': 'Schalter/1', accept: 'text/xml, application/wsdl+xml' };
  const answer = await request({ method: 'GET', url: wsdlUrl ?? '', headers, mostBytes: MOST_BYTES }).catch((error: unknown) => {
    // whatever became of this call, the application itself was not sent
    throw error instanceof EgressFailed ? new EgressFailed(error.code, false, error) : error;
  });
  if (answer.status !== 200) throw new WsdlAway(answer.status);
  return readWsdl(answer.body, { operation, port });
}
