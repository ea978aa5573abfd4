/** Which addresses a call may go to. */
import { BlockList, isIP } from 'node:net';

type Subnet = readonly [net: string, bits: number];

/** One list a family: a list with both would take every IPv4 address for one written as `::ffff:…`. */
function listOf(...nets: Subnet[]): (address: string) => boolean {
  const lists = { 4: new BlockList(), 6: new BlockList() };
  const kinds = { 4: 'ipv4', 6: 'ipv6' } as const;
  for (const [net, bits] of nets) {
    const family = isIP(net) as 4 | 6;
    lists[family].addSubnet(net, bits, kinds[family]);
  }
  return (address) => {
    const family = isIP(address) as 4 | 6;
    return lists[family].check(address, kinds[family]);
  };
}

/**
 * Never an endpoint, whatever a setting allows: "this network", link-local with the metadata services of clouds, multicast, reserved; and IPv6 forms
 * that carry an IPv4 address inside, because they would be one more spelling of it.
 */
const never = listOf(
  ['0.0.0.0', 8],
  ['100.100.100.200', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fd00:ec2::254', 128],
  ['fe80::', 10],
  ['ff00::', 8],
);

/** Inside: reached only when the destination's setting says so (RFC 1918, 6598, 4193, loopback, test and documentation nets). */
const inside = listOf(
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['::', 96],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fec0::', 10],
);

/** Whether a call may go to `address` (an IP address; anything else may not). */
export function mayCall(address: string, allowPrivate = false): boolean {
  return isIP(address) !== 0 && !never(address) && (allowPrivate || !inside(address));
}
