import { trimmed } from './char-set.ts';
import { parseHostPort } from './host-port.ts';
import { parseParams } from './parse-params.ts';
import { SipParseError } from './sip-parse-error.ts';
import { isToken } from './token.ts';

/**
 * One Via value (RFC 3261 section 20.42, RFC 3581). `transport` is upper case. `host` and `port` are the sent-by; an IPv6 address
 * has no brackets. `rport` is its value; a client that only asks for it leaves `params.get('rport')` at ''.
 */
export interface Via {
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly branch?: string;
  readonly received?: string;
  readonly rport?: number;
  readonly params: ReadonlyMap<string, string>;
}

/** Reads one Via value; `splitList` makes single values out of lines. @throws SipParseError 400 */
export function parseVia(text: string): Via {
  const semicolon = text.indexOf(';');
  const head = semicolon === -1 ? text : text.slice(0, semicolon);
  const first = head.indexOf('/');
  const second = head.indexOf('/', first + 1);
  if (first === -1 || second === -1) throw invalid();
  // The version may be any token: a request of a version that we lack is answered, by way of its Via.
  const name = trimmed(head.slice(0, first));
  if ((name !== 'SIP' && name.toUpperCase() !== 'SIP') || !isToken(trimmed(head.slice(first + 1, second)))) throw invalid();

  const sent = trimmed(head.slice(second + 1));
  const rest = sent.includes('\t') ? sent.replaceAll('\t', ' ') : sent;
  const space = rest.indexOf(' ');
  const transport = rest.slice(0, space).toUpperCase();
  if (space === -1 || !isToken(transport)) throw invalid();

  const params = parseParams(semicolon === -1 ? '' : text.slice(semicolon + 1));
  const branch = params.get('branch');
  const received = params.get('received');
  const rport = params.get('rport');
  const { host, port } = parseHostPort(trimmed(rest.slice(space + 1)));
  const via: { -readonly [Member in keyof Via]: Via[Member] } = { transport, host, params };
  if (port !== undefined) via.port = port;
  if (branch !== undefined) via.branch = branch;
  if (received !== undefined) via.received = withoutBrackets(received);
  if (rport !== undefined && rport !== '') via.rport = responsePort(rport);
  return via;
}

// RFC 3261 writes the address bare, some implementations in brackets (RFC 5118 section 4.5).
function withoutBrackets(received: string): string {
  return received.startsWith('[') && received.endsWith(']') ? received.slice(1, -1) : received;
}

function responsePort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port === 0 || port > 65535) throw invalid();
  return port;
}

function invalid(): SipParseError {
  return new SipParseError(400, 'A Via header is not valid');
}
