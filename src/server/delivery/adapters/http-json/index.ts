/**
 * `http-json`: one POST, signed as in Standard Webhooks, with a stable Idempotency-Key. Without files the body is the envelope; with files it is
 * multipart/form-data, the envelope first, and the signature covers the envelope, which names each file with its size and hash.
 * The contract is published as `static/schemas/submission-envelope.v1.schema.json` and `.v2`; answers go the same way, as
 * `followup-envelope.v1.schema.json`.
 */
import { faultPoint } from '#server/faults';
import { sign } from '../../signature.ts';
import type { HttpJsonDestination } from '#server/config';
import type { DeliveryContext, DeliveryOutcome, Protocol } from '../types.ts';
import { bodyOf } from './body.ts';
import { failed, judge } from '../judge.ts';
import { httpJsonSettings, type HttpJsonSettings } from './settings.ts';
import { forgetToken, tokenFor } from '../oauth2.ts';

export type { HttpJsonSettings } from './settings.ts';

export const httpJson: Protocol<HttpJsonDestination, HttpJsonSettings> = { settings: httpJsonSettings, send, answers: () => true };

async function send(context: DeliveryContext<HttpJsonSettings>): Promise<DeliveryOutcome> {
  try {
    const first = await sendOnce(context);
    // A token may be withdrawn before its time: once, a 401 is answered with a new one.
    if (first.status !== 401 || !context.destination.oauth2) return first;
    forgetToken(context.destination.oauth2);
    return await sendOnce(context);
  } catch (error) {
    return failed(error, context.destination.onUnknown === 'manual');
  }
}

async function sendOnce(context: DeliveryContext<HttpJsonSettings>): Promise<DeliveryOutcome> {
  const { destination, bytes, envelope } = context;
  const authorization = destination.oauth2 && `Bearer ${await tokenFor(destination.oauth2, context.request)}`;
  const { type, length, parts } = bodyOf(context);
  await context.beginSend();
  faultPoint('delivery-signed');
  const answer = await context.request({
    method: 'POST',
    url: destination.url,
    headers: {
      ...sign(destination.secrets, envelope.id, bytes, context.now()),
      'idempotency-key': envelope.id,
      'user-agent': 'Schalter/1',
      accept: 'application/json, application/problem+json',
      'content-type': type,
      'content-length': String(length),
      ...(authorization && { authorization }),
    },
    body: parts,
  });
  faultPoint('delivery-answered');
  return judge(answer, destination.onUnknown === 'manual');
}
