/**
 * Calls to the outside. Addresses are checked inside the connection's own look-up, so that nothing can change between check and use; private ranges
 * and plain http only where the configuration says so; redirects are answers like any other; every call has one deadline and a limit on what it reads.
 */
import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivate } from './addresses.ts';

/** PEM texts: whom to trust instead of the public authorities, and who we are. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface EgressPolicy {
  readonly allowHttp?: boolean;
  readonly allowPrivate?: boolean;
  readonly tls?: TlsSettings;
  /** For the whole call, in milliseconds. */
  readonly deadline: number;
  /** Ends the call from outside. */
  readonly signal?: AbortSignal;
  /** For tests: names instead of the system's resolver. */
  readonly resolve?: (hostname: string, options: LookupAllOptions, done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;
}

export interface EgressCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
}

export interface EgressAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** At most 64 KB; what comes after is not read. */
  readonly body: string;
}

/** The call was not made: what is configured is not allowed. */
export class EgressRefused extends Error {}

/** There was no answer. `code`: `timeout`, `stopped`, or what the system called it (ECONNREFUSED, CERT_HAS_EXPIRED, …). It may have arrived all the same. */
export class EgressFailed extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`no answer: ${code}`, { cause });
    this.code = code;
  }
}

const MAX_ANSWER = 64 * 1024;

/**
 * One call over a connection of its own.
 * @throws EgressRefused before anything is sent; EgressFailed without an answer; and whatever reading `body` throws
 */
export async function call(wanted: EgressCall, policy: EgressPolicy): Promise<EgressAnswer> {
  const target = checked(wanted.url, policy);
  const timeout = AbortSignal.timeout(policy.deadline);
  const signal = policy.signal ? AbortSignal.any([timeout, policy.signal]) : timeout;
  // Reading the body fails for reasons of our own, which are not the receiver's: kept apart from the network's.
  const source: { error?: unknown } = {};
  try {
    return await exchange(target, wanted, policy, signal, source);
  } catch (error) {
    if ('error' in source) throw source.error;
    if (error instanceof EgressRefused) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    throw new EgressFailed(timeout.aborted ? 'timeout' : signal.aborted ? 'stopped' : code, error);
  }
}

/** The address, if it may be called as far as it can be told without asking for names. */
function checked(url: string, { allowHttp, allowPrivate }: EgressPolicy): URL {
  if (!URL.canParse(url)) throw new EgressRefused('this is no address');
  const target = new URL(url);
  if (target.protocol !== 'https:' && !(target.protocol === 'http:' && allowHttp)) throw new EgressRefused('only https is allowed');
  if (target.username || target.password) throw new EgressRefused('an address with a user name is not allowed');
  // For a literal address no name is looked up. URL has brought every spelling of it (decimal, octal, full-width) into the usual form.
  const literal = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !allowPrivate && isPrivate(literal)) throw new EgressRefused('private addresses are not allowed');
  return target;
}

/** A look-up that gives the connection only addresses that it may use. */
function guarded({ allowPrivate, resolve = systemLookup as NonNullable<EgressPolicy['resolve']> }: EgressPolicy): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const usable = allowPrivate ? addresses : addresses.filter(({ address }) => !isPrivate(address));
      if (usable.length === 0) return done(new EgressRefused('the name leads to a private address'), []);
      if (options.all) return done(null, usable);
      done(null, usable[0]!.address, usable[0]!.family);
    });
  };
}

function exchange(target: URL, wanted: EgressCall, policy: EgressPolicy, signal: AbortSignal, source: { error?: unknown }): Promise<EgressAnswer> {
  const { method, headers, body } = wanted;
  const secure = target.protocol === 'https:';
  // agent: false = a connection of its own, so that an address that was checked for one destination is never reused for another
  const options: RequestOptions = { method, headers, signal, agent: false, lookup: guarded(policy), ...(secure && { minVersion: 'TLSv1.2', ...policy.tls }) };
  return new Promise((done, failed) => {
    const request = (secure ? httpsRequest : httpRequest)(target, options, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () => {
        done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() });
        // whoever has answered needs no more of our body, and we no more of theirs
        request.destroy();
      };
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, MAX_ANSWER - size));
        size += chunk.length;
        if (size >= MAX_ANSWER) finish();
      });
      answer.on('end', finish);
      answer.on('error', failed);
    });
    request.on('error', failed);
    if (body === undefined || body instanceof Uint8Array) request.end(body);
    else {
      void pour(body, request).catch((error: unknown) => {
        source.error = error;
        request.destroy();
        failed(error as Error);
      });
    }
  });
}

/** Writes a body piece by piece, no faster than it is taken. Stops quietly when the connection is gone: that error comes from the connection. */
async function pour(body: AsyncIterable<Uint8Array>, request: ReturnType<typeof httpRequest>): Promise<void> {
  for await (const chunk of body) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await new Promise<void>((go) => request.once('drain', go).once('close', go));
  }
  request.end();
}
