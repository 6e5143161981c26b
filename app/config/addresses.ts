import { BlockList, isIP } from 'node:net';

/** IPv4 addresses that are no host on the internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_V4 = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const NO_HOST_V4 = [
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  // Answers the machines of Azure about themselves, although it is a public address.
  '168.63.129.16/32',
];
/** IPv6 hosts on the internet are in 2000::/3, without the ranges for protocols, documentation and addresses that hold an IPv4 address. */
const PUBLIC_V6 = ['2000::/3'];
const NO_HOST_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const PRIVATE_V6 = ['::1/128', 'fc00::/7'];
/** Where a cloud answers its machines over IPv6. It lies in a private range. */
const METADATA_V6 = ['fd00:ec2::/32'];

type Reach = 'public' | 'private' | 'never';

const lists = {
  private: listOf([...PRIVATE_V4, ...PRIVATE_V6]),
  never: listOf([...NO_HOST_V4, ...NO_HOST_V6, ...METADATA_V6]),
  publicV6: listOf(PUBLIC_V6),
};

/** Whether an address is a host on the internet, one of a private network, or one that no request of others may name. */
export function reachOf(address: string): Reach {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return 'never';
  if (holds(lists.never, bare)) return 'never';
  if (holds(lists.private, bare)) return 'private';
  // A mapped address (::ffff:127.0.0.1) is not in 2000::/3, so it is refused as a whole.
  return family === 4 || holds(lists.publicV6, bare) ? 'public' : 'never';
}

/** What an operator allows: a host name, an address, or a range of addresses. */
export function isAllowance(entry: string): boolean {
  const [network = '', bits, ...rest] = entry.split('/');
  if (isIP(network) === 0) return bits === undefined && HOST_NAME.test(entry);
  const most = isIP(network) === 6 ? 128 : 32;
  return rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export interface AddressRules {
  /** Whether a request for this host may connect to this address. */
  readonly allows: (host: string, address: string) => boolean;
}

/**
 * Addresses of the internet are allowed, and those that the operator names. A name of the operator's allows what it leads to inside a
 * private network; a metadata service or a link-local address must be named by its address.
 */
export function createAddressRules(allowances: readonly string[]): AddressRules {
  const ranges = listOf(allowances.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0));
  const names = new Set(allowances);
  return {
    allows(host, address) {
      const reach = reachOf(address);
      if (reach === 'public' || holds(ranges, address)) return true;
      return reach === 'private' && names.has(host);
    },
  };
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    if (bits === undefined) list.addAddress(network, familyOf(network));
    else list.addSubnet(network, Number(bits), familyOf(network));
  }
  return list;
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
