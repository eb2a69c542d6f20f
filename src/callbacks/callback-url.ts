import { isIP } from 'node:net';
import { type AddressCheck, addressCheck } from './public-address.ts';
import type { ResolvedAddress, ResolveName } from './resolve-name.ts';

const MOST_CHARACTERS = 2000;
/** Below it live mail, login and other services that a request of ours might be taken for one of theirs. */
const FIRST_FREE_PORT = 1024;
const WEB_PORTS = new Set(['', '80', '443']);

/** A callback that must not be sent: trying again would change nothing. */
export class CallbackRefused extends Error {
  override readonly name = 'CallbackRefused';
}

/**
 * What is wrong with the address of a status callback, as a sentence that says what to write; undefined when nothing is. Names are not
 * looked up here: what they stand for is checked each time that something is sent.
 */
export function checkCallbackUrl(text: string, mayReach: AddressCheck = addressCheck()): string | undefined {
  if (text.length > MOST_CHARACTERS) return `write an address of at most ${MOST_CHARACTERS} characters.`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return 'write an address that begins with https:// or http://.';
  if (!WEB_PORTS.has(url.port) && Number(url.port) < FIRST_FREE_PORT) return 'use port 80, 443, or one from 1024 on.';
  const literal = literalOf(url);
  if (literal !== undefined && !mayReach(literal)) return 'use a server on the public internet; this address is not on it.';
  return undefined;
}

/**
 * The addresses of the host of `url`, every one of which may be reached.
 * @throws CallbackRefused when one may not; the error of `resolve`
 */
export async function reachableAddresses(
  url: URL,
  mayReach: AddressCheck,
  resolve: ResolveName,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  const problem = checkCallbackUrl(url.href, mayReach);
  if (problem !== undefined) throw new CallbackRefused(`The address of the callback is not allowed: ${problem}`);
  const literal = literalOf(url);
  if (literal !== undefined) return [{ address: literal, family: isIP(literal) }];
  const addresses = await resolve(url.hostname, signal);
  if (!addresses.every(({ address }) => mayReach(address))) {
    throw new CallbackRefused('The name of the receiver stands for an address that is not on the public internet');
  }
  return addresses;
}

/** The IP address in a URL, which has brought it into its one usual form; undefined when there is a name. */
function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(host) === 0 ? undefined : host;
}
