/** Who is at the other end of a request, directly or through a proxy that is named in the settings. Anybody else's forwarded headers are dropped. */
import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';

export interface Peer {
  readonly scheme: 'http' | 'https';
  /** Address of the person's machine. */
  readonly address: string;
  /** The proxy named in the settings, and not the machine itself, holds the other end of the connection. */
  readonly proxied: boolean;
  /** Asked from this machine or by the proxy itself, not on behalf of somebody: health and metrics are for these alone. */
  readonly operator: boolean;
  /** Port that the outside reaches, for addresses that are given to others; undefined: the scheme's own. */
  readonly port: number | undefined;
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip', 'via'];
const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** Reads the forwarded headers if they come from one of `proxies`, and takes them all out of the request. */
export function peerOf(req: IncomingMessage, proxies: ReadonlySet<string>): Peer {
  const socket = plainAddress(req.socket.remoteAddress ?? '');
  const proxied = proxies.has(socket);
  const text = (name: string) => String(req.headers[name] ?? '');
  const scheme = proxied && text('x-forwarded-proto') === 'https' ? 'https' : 'http';
  const operator = (proxied || isLoopback(socket)) && FORWARDED.every((name) => req.headers[name] === undefined);
  // The last entry that is no proxy of ours: everything before it, the client could have written.
  const hops = proxied
    ? text('x-forwarded-for')
        .split(',')
        .map((hop) => plainAddress(hop.trim()))
    : [];
  const last = hops.filter((hop) => !proxies.has(hop)).at(-1) ?? '';
  const address = isIPv4(last) || isIPv6(last) ? last : socket;
  const given = proxied ? Number(text('x-forwarded-port')) : req.socket.localPort;
  const port = given && Number.isInteger(given) && given < 65536 && given !== DEFAULT_PORT[scheme] ? given : undefined;
  for (const name of FORWARDED) delete req.headers[name];
  return { scheme, address, proxied, operator, port };
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** IPv4 in an IPv6 socket is IPv4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What one subscriber holds: an IPv4 address, or an IPv6 network of 56 bits, in which every request could come from another address. */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toLowerCase()
    .slice(0, 14);
}
