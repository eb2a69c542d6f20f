import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/**
 * The address of a host name, or the address itself when it is one already.
 * Locating servers by NAPTR and SRV records (RFC 3263) is not done here.
 * @throws the resolver's error when the name does not exist or nothing answers.
 */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const { address } = await lookup(host, { verbatim: true });
  return address;
}
