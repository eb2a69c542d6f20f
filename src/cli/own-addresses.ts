import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { quote } from './quote.ts';

/** One address, or one of each family. @throws Error whose message completes "VARIABLE ..." */
export function ipAddresses(given: string): [string, ...string[]] {
  const [first = '', ...others] = given.split(',').map((address) => address.trim());
  const families = [first, ...others].map((address) => isIP(address));
  if (families.includes(0)) throw new Error(`must be an IP address, for example 127.0.0.1, not ${quote(given)}.`);
  if (new Set(families).size < families.length)
    throw new Error(`must be one address, or one of IPv4 and one of IPv6, not ${quote(given)}.`);
  return [first, ...others];
}

/** The same of addresses that are told to others. @throws Error whose message completes "VARIABLE ..." */
export function addressesToSendTo(given: string): [string, ...string[]] {
  const addresses = ipAddresses(given);
  if (addresses.some(isEveryInterface)) throw new Error(`must be addresses that the other side can send to, not ${quote(given)}.`);
  return addresses;
}

/**
 * What is wrong with the public addresses of a server that listens on `sipHosts`, as the end of "VARIABLE ..."; undefined: nothing. Each family
 * that it listens to on every interface needs one: which of its own the other side reaches is not known here.
 */
export function unfitPublicAddresses(
  sipHosts: readonly string[],
  publicAddresses: readonly string[],
  sipHostVariable: string,
): string | undefined {
  const has = (addresses: readonly string[], family: number): boolean => addresses.some((address) => isIP(address) === family);
  if (publicAddresses.some((address) => !has(sipHosts, isIP(address))))
    return `must be of a family of addresses that ${sipHostVariable} has.`;
  const unknown = sipHosts.find((host) => isEveryInterface(host) && !has(publicAddresses, isIP(host)));
  if (unknown === undefined) return undefined;
  return `must have an IPv${isIP(unknown)} address that the other side can send to, since ${sipHostVariable} listens on every interface.`;
}

/** Whether it stands for all addresses of the machine (RFC 4291 section 2.5.2): nobody can send to it, and in SDP it means a hold. */
function isEveryInterface(address: string): boolean {
  return ipaddr.process(address).range() === 'unspecified';
}
