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
