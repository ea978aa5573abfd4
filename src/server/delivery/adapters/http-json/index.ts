/**
 * `http-json`: one POST, signed as in Standard Webhooks, with a stable Idempotency-Key. Without files the body is the envelope; with files it is
 * multipart, the envelope first, and the signature covers the envelope, which names each file with its size.
 */
import { randomUUID } from 'node:crypto';
import { EgressRefused, post } from '../../egress.ts';
import { sign } from '../../signature.ts';
import type { Adapter, DeliveryContext, DeliveryOutcome } from '../types.ts';

const AGAIN = new Set([408, 425, 429]);

export const httpJson: Adapter = async (context) => {
  const { destination, bytes, envelope } = context;
  if (destination.secrets.length === 0) return { kind: 'retry', reason: 'no secret is configured for this destination', credentials: true };
  const boundary = `schalter-${randomUUID()}`;
  const files = envelope.attachments.length > 0;
  const headers: Record<string, string> = {
    ...sign(destination.secrets, envelope.id, bytes),
    'idempotency-key': envelope.id,
    'user-agent': 'Schalter/1',
    'content-type': files ? `multipart/mixed; boundary=${boundary}` : 'application/json',
    ...(!files && { 'content-length': String(bytes.length) }),
  };
  try {
    const answer = await post(destination.url, headers, files ? parts(context, boundary) : bytes, {
      allowHttp: destination.allowHttp,
      allowPrivate: destination.allowPrivate,
      timeoutMilliseconds: (destination.timeoutSeconds ?? 15) * 1000,
    });
    return judge(answer.status, answer.headers['retry-after']);
  } catch (error) {
    if (error instanceof EgressRefused) return { kind: 'park', reason: error.message };
    return { kind: 'retry', reason: (error as NodeJS.ErrnoException).code ?? (error as Error).name };
  }
};

/** What an answer means. 2xx arrived; 408, 425, 429 and 5xx later again; 401 and 403 are our credentials; everything else waits for a person. */
export function judge(status: number, retryAfter: string | string[] | undefined): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const seconds = Number(retryAfter);
  if (AGAIN.has(status) || status >= 500) {
    return { kind: 'retry', status, reason: `answer ${status}`, ...(seconds > 0 && { afterSeconds: Math.min(seconds, 86_400) }) };
  }
  if (status === 401 || status === 403) return { kind: 'retry', status, reason: `answer ${status}`, credentials: true };
  // The answer's words may repeat what was sent. They are not kept: the reason lies in clear in the database.
  return { kind: 'park', status, reason: `answer ${status}` };
}

async function* parts({ bytes, envelope, openAttachment }: DeliveryContext, boundary: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`--${boundary}\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n`);
  yield bytes;
  for (const file of envelope.attachments) {
    const stream = await openAttachment(file.id);
    if (!stream) throw new Error('ATTACHMENT_MISSING');
    yield Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${file.mime}\r\nContent-Disposition: form-data; name="attachment"; filename="${file.id}"\r\n\r\n`,
    );
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
