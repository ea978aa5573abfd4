/**
 * Calls to the outside. A destination reaches its configured endpoints and nothing else; addresses are checked inside the connection's own look-up, so
 * that nothing can change between check and use; redirects are answers like any other; every call has one deadline and a limit on what it reads.
 */
import { faultPoint } from '#server/faults';
import { AddressRefused, checkedLookup, checkLiteral, type NetworkPolicy } from '#server/network';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface EgressPolicy extends NetworkPolicy {
  /** Addresses that are configured; a call goes to the host and port of one of them. */
  readonly endpoints: readonly string[];
  readonly allowHttp?: boolean | undefined;
  /** For the whole call: look-up, connection, TLS, sending, answer. */
  readonly timeoutMilliseconds: number;
  /** PEM. `ca` replaces the system's list; `certificate` and `key` are shown to the receiver (mTLS). */
  readonly tls?:
    { readonly ca?: string | undefined; readonly certificate?: string | undefined; readonly key?: string | undefined } | undefined;
}

export interface EgressRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Nothing with GET. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
  /** Bytes of the answer that are read at most; a longer one is no answer. Default 64 KB. */
  readonly mostBytes?: number;
  /** Ends the call early. */
  readonly signal?: AbortSignal | undefined;
}

export interface EgressAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly bytes: Buffer;
  /** As UTF-8. */
  readonly body: string;
}

/** The call is not allowed: nothing was sent, and nothing will be until the settings change. The message is a code. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
}

/** The call was made, and no complete answer came. */
export class EgressFailed extends Error {
  override readonly name = 'EgressFailed';
  /** System error code, TLS code, `TIMEOUT`, `ABORTED` or `ANSWER_TOO_LONG`; never text from outside. */
  readonly code: string;
  /** Whether something may have reached the receiver. */
  readonly sent: boolean;

  constructor(code: string, sent: boolean, cause?: unknown) {
    super(code, { cause });
    this.code = code;
    this.sent = sent;
  }
}

const MOST_BYTES = 64 * 1024;
const NOTHING = new Uint8Array();

/**
 * One call, on a connection of its own.
 * @throws EgressRefused before anything is sent; EgressFailed; and whatever reading `body` throws
 */
export async function request(
  { method, url, headers, body = NOTHING, mostBytes = MOST_BYTES, signal }: EgressRequest,
  policy: EgressPolicy,
): Promise<EgressAnswer> {
  const target = checked(url, policy);
  const secure = target.protocol === 'https:';
  const deadline = AbortSignal.timeout(policy.timeoutMilliseconds);
  let call: ClientRequest;
  try {
    call = (secure ? httpsRequest : httpRequest)(target, {
      method,
      headers: { ...headers },
      agent: false,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      lookup: checkedLookup(policy),
      ...(secure && {
        minVersion: 'TLSv1.2' as const,
        rejectUnauthorized: true,
        ...(policy.tls?.ca && { ca: policy.tls.ca }),
        ...(policy.tls?.certificate && { cert: policy.tls.certificate, key: policy.tls.key }),
      }),
    });
  } catch (error) {
    // a header with a line break, a key that is none
    throw new EgressRefused((error as NodeJS.ErrnoException).code ?? 'call-refused');
  }
  let connected = false;
  call.once('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true)));
  call.on('error', () => undefined);
  call.once('finish', () => faultPoint('delivery-sent'));
  const answered = new Promise<IncomingMessage>((done, failed) => call.once('response', done).once('error', failed));
  const source = new Source(body);
  // A receiver may answer before it has read everything: what counts is the answer, so a break while sending waits for it.
  const sent = source.into(call).catch(() => undefined);
  try {
    const answer = await Promise.race([answered, sent.then(() => answered)]);
    const bytes = await read(answer, mostBytes);
    return { status: answer.statusCode ?? 0, headers: answer.headers, bytes, body: bytes.toString() };
  } catch (error) {
    if (source.broken) throw source.broken;
    if (error instanceof AddressRefused) throw new EgressRefused(error.code);
    if (error instanceof EgressFailed) throw error;
    const code = deadline.aborted ? 'TIMEOUT' : signal?.aborted ? 'ABORTED' : ((error as NodeJS.ErrnoException).code ?? 'FAILED');
    throw new EgressFailed(code, connected, error);
  } finally {
    call.destroy();
  }
}

/** What is sent, and whether reading it failed: that is our side's fault and no answer of the receiver. */
class Source {
  broken: Error | undefined;
  readonly #body: AsyncIterable<Uint8Array> | Uint8Array;

  constructor(body: AsyncIterable<Uint8Array> | Uint8Array) {
    this.#body = body;
  }

  async into(call: ClientRequest): Promise<void> {
    if (this.#body instanceof Uint8Array) call.end(this.#body);
    else await pipeline(Readable.from(this.#watched(this.#body), { objectMode: false }), call);
  }

  async *#watched(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* parts;
    } catch (error) {
      this.broken = error as Error;
      throw error;
    }
  }
}

function checked(url: string, policy: EgressPolicy): URL {
  const { endpoints, allowHttp } = policy;
  const target = new URL(url);
  if (!endpoints.some((one) => new URL(one).origin === target.origin)) throw new EgressRefused('endpoint-refused');
  if (target.protocol !== 'https:' && !(target.protocol === 'http:' && allowHttp)) throw new EgressRefused('http-refused');
  if (target.username || target.password) throw new EgressRefused('password-refused');
  // URL has already turned every spelling of an address into the plain one.
  try {
    checkLiteral(target.hostname, policy);
  } catch {
    throw new EgressRefused('address-refused');
  }
  return target;
}

async function read(answer: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new EgressFailed('ANSWER_TOO_LONG', true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
