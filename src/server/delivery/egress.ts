/**
 * Calls to the outside. Addresses are checked inside the connection's own look-up, so that nothing can change between check and use; private ranges,
 * plain http and redirects only where the configuration says so; every call has one deadline and a limit on what it reads.
 */
import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';

export interface EgressPolicy {
  readonly allowHttp?: boolean;
  readonly allowPrivate?: boolean;
  /** For the whole call. */
  readonly timeoutMilliseconds: number;
}

export interface EgressAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** The call was not made: the address is not allowed. */
export class EgressRefused extends Error {}

const MAX_ANSWER = 64 * 1024;

const privateRanges = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  privateRanges.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateRanges.addSubnet(net, bits, 'ipv6');

/** Whether an address lies in a range that is not the public internet. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family === 0 || privateRanges.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** One POST. Rejects with EgressRefused before connecting, or with the network's error. Redirects are answers like any other. */
export function post(
  url: string,
  headers: Record<string, string>,
  body: AsyncIterable<Uint8Array> | Uint8Array,
  policy: EgressPolicy,
): Promise<EgressAnswer> {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  if (!secure && !(target.protocol === 'http:' && policy.allowHttp)) throw new EgressRefused('only https is allowed');
  const literal = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) && !policy.allowPrivate && isPrivate(literal)) throw new EgressRefused('private addresses are not allowed');
  const signal = AbortSignal.timeout(policy.timeoutMilliseconds);
  return new Promise((done, failed) => {
    const call = (secure ? httpsRequest : httpRequest)(
      target,
      {
        method: 'POST',
        headers,
        signal,
        agent: false,
        ...(secure && { minVersion: 'TLSv1.2' as const }),
        lookup: (hostname, options, callback) => {
          lookup(hostname, { ...options, all: true }, (error, addresses) => {
            if (error) return callback(error, [] as never, 0);
            const usable = policy.allowPrivate ? addresses : addresses.filter((one) => !isPrivate(one.address));
            if (usable.length === 0) return callback(new EgressRefused('the name leads to a private address'), [] as never, 0);
            if (options.all) return (callback as unknown as (e: null, a: typeof usable) => void)(null, usable);
            return callback(null, usable[0]!.address, usable[0]!.family);
          });
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_ANSWER) chunks.push(chunk);
          else answer.destroy(new Error('the answer is too long'));
        });
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
        answer.on('error', failed);
      },
    );
    call.on('error', failed);
    if (body instanceof Uint8Array) call.end(body);
    else {
      void (async () => {
        for await (const chunk of body) {
          if (!call.write(chunk)) await new Promise((drained) => call.once('drain', drained).once('close', drained));
          if (call.destroyed) return;
        }
        call.end();
      })().catch((error: Error) => call.destroy(error));
    }
  });
}
