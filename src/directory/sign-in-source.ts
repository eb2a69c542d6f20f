import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What sign-ins from an IP address are counted by: the address, but for IPv6 its network of 64 bits, of which whoever has one address has
 * all (RFC 6177, RFC 7421). IPv4 that is written as IPv6 is IPv4.
 */
export function signInSource(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return new ipaddr.IPv6([...parsed.toByteArray().slice(0, 8), ...new Uint8Array(8)]).toString();
}
