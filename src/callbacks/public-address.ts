import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Answers whether a callback may go to an IP address. */
export type AddressCheck = (address: string) => boolean;

/** IPv6 that is handed out to networks; everything else is local, wraps IPv4, or means nothing (IANA IPv6 address space). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');
/** Public by its range, but answers the virtual machines of one cloud with their secrets. The others use link-local addresses. */
const metadataAddresses = new Set(['168.63.129.16']);

/**
 * The check against requests into networks that the caller of the API has no business in: addresses of the public internet pass, and those
 * in `networks` (CIDR). Private, loopback, link-local, shared, reserved and multicast ones do not, nor IPv6 that stands for an IPv4 address.
 * @throws Error for a network that is not CIDR
 */
export function addressCheck(networks: readonly string[] = []): AddressCheck {
  const allowed = networks.map((network) => ipaddr.parseCIDR(network));
  return (text) => {
    if (isIP(text) === 0) return false;
    const address = ipaddr.parse(text);
    return allowed.some((network) => isIn(address, network)) || isPublic(address);
  };
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? !metadataAddresses.has(address.toString()) : isIn(address, globalUnicast);
}

function isIn(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}
