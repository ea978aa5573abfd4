/** Which addresses belong to the public internet. What does not may be reached only where the configuration says so. */
import { BlockList, isIP } from 'node:net';

/** IANA special-purpose registries (IPv4 and IPv6), and what translates into them. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24',
  '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3',
];
/** Mapped, translated and tunnelled IPv4 (`::ffff:`, `64:ff9b:`, 6to4, Teredo) are refused altogether: they can spell every private address. */
const SPECIAL_IPV6 = [
  '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20',
  '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8',
];

function listOf(nets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address, bits] = net.split('/');
    list.addSubnet(address!, Number(bits), family);
  }
  return list;
}

// Two lists: one list would look up ::ffff:a.b.c.d among the IPv4 nets as well, and hide a net that is missing here.
const special4 = listOf(SPECIAL_IPV4, 'ipv4');
const special6 = listOf(SPECIAL_IPV6, 'ipv6');

/** Whether an address lies outside the public internet. What is no address counts as outside. */
export function isPrivate(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return special4.check(address, 'ipv4');
    case 6:
      return special6.check(address, 'ipv6');
    default:
      return true;
  }
}
