/**
 * `http-json`: one POST, signed as in Standard Webhooks, with a stable Idempotency-Key. The contract (`submission-envelope.v1`) obliges the receiver
 * to take the same key once, so whatever happened to an answer, sending again is right and "outcome unknown" does not exist here.
 */
import { AttachmentBroken } from '../../attachments.ts';
import { call, EgressFailed, EgressRefused } from '../../egress.ts';
import { sign, WeakSecret } from '../../signature.ts';
import type { Adapter, DeliveryOutcome } from '../types.ts';
import { judge } from './answer.ts';
import { bodyOf } from './body.ts';

/** The other side's certificate or ours: nothing that another try would change. */
const CERTIFICATE = /CERT|TLS|SSL|UNABLE_TO_|SELF_SIGNED/;

export const httpJson: Adapter = {
  async deliver(context) {
    const { destination, envelope, deadline, signal } = context;
    try {
      const body = await bodyOf(context);
      const headers = {
        ...sign(destination.secrets, envelope.id, body.signed),
        'idempotency-key': envelope.id,
        'user-agent': 'Schalter/1',
        accept: 'application/json, text/plain;q=0.5',
        'content-type': body.type,
        'content-length': String(body.length),
      };
      const { url, allowHttp, allowPrivate, tls } = destination;
      const answer = await call({ url, method: 'POST', headers, body: body.content }, { allowHttp, allowPrivate, tls, deadline, signal });
      return judge(answer, envelope.payload);
    } catch (error) {
      return failure(error);
    }
  },
};

function failure(error: unknown): DeliveryOutcome {
  if (error instanceof AttachmentBroken) return { kind: 'park', reason: error.message };
  if (error instanceof EgressRefused || error instanceof WeakSecret) return { kind: 'retry', reason: error.message, misconfigured: true };
  if (error instanceof EgressFailed) return { kind: 'retry', reason: error.code, ...(CERTIFICATE.test(error.code) && { misconfigured: true }) };
  throw error;
}
