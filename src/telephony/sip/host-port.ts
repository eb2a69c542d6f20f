import { isIPv6 } from 'node:net';
import { charSet, DIGITS, isAllIn, LETTERS, trimmed } from './char-set.ts';
import { SipParseError } from './sip-parse-error.ts';

/** `host` is a name or an IP address; an IPv6 address has no brackets here. */
export interface HostPort {
  readonly host: string;
  readonly port?: number;
}

// The grammar of RFC 3261 has no underscore, but names with one are in use.
const HOST = charSet(`${LETTERS}${DIGITS}._-`);
const LONGEST_HOST = 255;
// The grammar of RFC 3261 lets a third colon stand before an IPv4 tail; to be tolerated (RFC 5118 section 4.10).
const THREE_COLONS = /:::(?=[0-9]{1,3}\.[0-9.]{5,11}$)/;
const PORT = charSet(DIGITS);
const LONGEST_PORT = 5;

/**
 * Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port` (RFC 3261 section 25.1, hostport; RFC 5118). White space around the colon is
 * allowed, as sent-by has it.
 * @throws SipParseError 400
 */
export function parseHostPort(text: string): HostPort {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const host = text.slice(1, end).replace(THREE_COLONS, '::');
    if (end === -1 || !isIPv6(host) || host.includes('%')) throw new SipParseError(400, 'An IPv6 address is not valid');
    const rest = text.slice(end + 1).trim();
    if (rest === '') return { host };
    if (!rest.startsWith(':')) throw new SipParseError(400, 'Something follows an IPv6 address');
    return { host, port: parsePort(rest.slice(1).trim()) };
  }
  const colon = text.indexOf(':');
  const host = colon === -1 ? text : trimmed(text.slice(0, colon));
  if (host.length > LONGEST_HOST || !isAllIn(HOST, host)) throw new SipParseError(400, 'A host is not valid');
  return colon === -1 ? { host } : { host, port: parsePort(trimmed(text.slice(colon + 1))) };
}

/** The counterpart of `parseHostPort`. */
export function writeHostPort(host: string, port?: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (text.length > LONGEST_PORT || !isAllIn(PORT, text) || port === 0 || port > 65535) throw new SipParseError(400, 'A port is not valid');
  return port;
}
