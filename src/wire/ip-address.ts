import { isIP, SocketAddress } from 'node:net';

export type Family = 4 | 6;

/** One IP address of each family that is in use; at least one is there. */
export interface ByFamily {
  readonly 4?: string;
  readonly 6?: string;
}

/** The family of an IP address. */
export function familyOf(address: string): Family {
  return isIP(address) === 6 ? 6 : 4;
}

/**
 * The one spelling of an IP address under which sockets tell it (RFC 5952), so that two can be compared as texts. Anything else, and an
 * address with a zone, stays as it is.
 */
export function canonicalAddress(address: string): string {
  if (!address.includes(':') || address.includes('%') || isIP(address) !== 6) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** @returns the addresses by their family; of several of one family the first */
export function byFamily(addresses: readonly string[]): ByFamily {
  const four = addresses.find((address) => familyOf(address) === 4);
  const six = addresses.find((address) => familyOf(address) === 6);
  return { ...(four !== undefined && { 4: four }), ...(six !== undefined && { 6: six }) };
}

/** The address itself; of IPv6 the network of 64 bits, all of which one stranger may have. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

/** Whether an address means something only where it is used (RFC 6890): private, shared, link-local, loopback, unspecified. */
export function isNotPublic(address: string): boolean {
  if (isIP(address) === 6) return /^(?:::1?$|f[cd]|fe[89ab])/i.test(address);
  const [first = 0, second = 0] = address.split('.', 2).map(Number);
  switch (first) {
    case 0:
    case 10:
    case 127:
      return true;
    case 100:
      return second >= 64 && second < 128;
    case 169:
      return second === 254;
    case 172:
      return second >= 16 && second < 32;
    case 192:
      return second === 168;
    default:
      return false;
  }
}
