/**
 * `soap`: one call of an operation that a WSDL describes, with a body that the configuration maps; the key goes in the header, and wherever the mapping
 * puts it. Offices without a contract of their own get ours: `static/schemas/submission.v1.wsdl`.
 */
import { faultPoint } from '#server/faults';
import type { SoapDestination } from '#server/config';
import { failed } from '../judge.ts';
import type { DeliveryContext, DeliveryOutcome, Protocol } from '../types.ts';
import { judgeSoap } from './answer.ts';
import { wireBody } from './body.ts';
import { messageOf } from './message.ts';
import { CONTRACT, soapSettings, type SoapSettings } from './settings.ts';
import { operationOf, WsdlAway } from './described.ts';
import { WsdlUnfit } from './wsdl.ts';
import { XmlRefused } from './xml.ts';

export type { SoapSettings } from './settings.ts';

export const soap: Protocol<SoapDestination, SoapSettings> = {
  settings: soapSettings,
  send,
  // A mapping of the office's own is made for applications: an answer in it would come as another, empty application.
  answers: ({ message }) => message === CONTRACT,
};

async function send(context: DeliveryContext<SoapSettings>): Promise<DeliveryOutcome> {
  const { destination, envelope, bytes } = context;
  const manual = destination.onUnknown === 'manual';
  try {
    const operation = await operationOf(destination, context.request);
    const url = destination.url ?? operation.address;
    // A password in clear goes where nobody else reads it.
    if (destination.user?.digest === false && !url.startsWith('https:') && !destination.allowHttp)
      return { kind: 'retry', cause: 'settings', reason: 'password-in-clear' };
    const pieces = messageOf(destination, operation, envelope, bytes, new Date(context.now()));
    const { type, length, parts } = wireBody(pieces, operation, destination.mtom ?? operation.mtom, context.openAttachment);
    await context.beginSend();
    faultPoint('delivery-signed');
    const answer = await context.request({
      method: 'POST',
      url,
      headers: {
        'user-agent': 'Schalter/1',
        accept: 'application/soap+xml, text/xml, multipart/related',
        'content-type': type,
        'content-length': String(length),
        'idempotency-key': envelope.id,
        ...(operation.version === '1.1' && { soapaction: `"${operation.action}"` }),
      },
      body: parts,
    });
    faultPoint('delivery-answered');
    return judgeSoap(answer, destination);
  } catch (error) {
    if (error instanceof WsdlAway) return { kind: 'retry', cause: error.cause, reason: error.message, status: error.status };
    if (error instanceof WsdlUnfit || error instanceof XmlRefused) return { kind: 'retry', cause: 'settings', reason: error.message };
    return failed(error, manual);
  }
}
