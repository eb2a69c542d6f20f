import { lowered } from './char-set.ts';
import { parseHostPort, writeHostPort } from './host-port.ts';
import { SipParseError } from './sip-parse-error.ts';
import { isUriText } from './token.ts';

/**
 * A SIP, SIPS or tel URI (RFC 3261 section 19.1, RFC 3966). Everything is unescaped. Of a tel URI the number is `user` and
 * `host` is ''. An IPv6 `host` has no brackets. Parameter names are lower case; a flag such as `lr` has the value ''.
 */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  readonly user?: string;
  readonly password?: string;
  readonly host: string;
  readonly port?: number;
  readonly params: ReadonlyMap<string, string>;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const MAX_URI_LENGTH = 2048;
const MAX_PARTS = 50;
const noUser: { readonly user?: string; readonly password?: string } = {};
const noParams: ReadonlyMap<string, string> = new Map();
const noHeaders: SipUri['headers'] = [];
const TEL_NUMBER = /^\+?[0-9A-Fa-f*#().-]+$/;

/**
 * Reads a URI.
 * @throws SipParseError 416 for another scheme (RFC 3261 section 8.2.2.1), 400 for a URI that is not valid.
 */
export function parseUri(text: string): SipUri {
  if (text.length > MAX_URI_LENGTH || !isUriText(text)) throw invalid();
  const colon = text.indexOf(':');
  if (colon === -1) throw invalid();
  const scheme = lowered(text.slice(0, colon));
  if (scheme === 'tel') return parseTel(text.slice(colon + 1));
  if (scheme !== 'sip' && scheme !== 'sips') throw new SipParseError(416, 'The URI scheme is not supported');

  const at = text.indexOf('@', colon);
  const afterUser = at === -1 ? colon + 1 : at + 1;
  const question = text.indexOf('?', afterUser);
  const beforeHeaders = question === -1 ? text.length : question;
  const semicolon = text.indexOf(';', afterUser);
  const hostEnd = semicolon === -1 || semicolon > beforeHeaders ? beforeHeaders : semicolon;
  const { user, password } = at === -1 ? noUser : parseUser(text.slice(colon + 1, at));
  const { host, port } = parseHostPort(text.slice(afterUser, hostEnd));
  const params = parseUriParams(text.slice(hostEnd, beforeHeaders));
  const headers = question === -1 ? noHeaders : parseUriHeaders(text.slice(question + 1));
  const uri: { -readonly [Member in keyof SipUri]: SipUri[Member] } = { scheme, host, params, headers };
  if (user !== undefined) uri.user = user;
  if (password !== undefined) uri.password = password;
  if (port !== undefined) uri.port = port;
  return uri;
}

/** The counterpart of `parseUri`: escapes what needs it (RFC 3261 section 25.1). @throws URIError for a lone surrogate. */
export function writeUri(uri: SipUri): string {
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += uri.scheme === 'tel' ? uri.user : escapeUser(uri.user);
    if (uri.password !== undefined) text += `:${escapePassword(uri.password)}`;
    if (uri.scheme !== 'tel') text += '@';
  }
  if (uri.scheme !== 'tel') text += writeHostPort(uri.host, uri.port);
  for (const [name, value] of uri.params) text += `;${escapeParam(name)}${value === '' ? '' : `=${escapeParam(value)}`}`;
  let mark = '?';
  for (const [name, value] of uri.headers) {
    text += `${mark}${escapeHeader(name)}=${escapeHeader(value)}`;
    mark = '&';
  }
  return text;
}

function parseTel(text: string): SipUri {
  const semicolon = text.indexOf(';');
  const user = semicolon === -1 ? text : text.slice(0, semicolon);
  if (!TEL_NUMBER.test(user)) throw invalid();
  return { scheme: 'tel', user, host: '', params: semicolon === -1 ? new Map() : parseUriParams(text.slice(semicolon)), headers: [] };
}

function parseUser(text: string): { user: string; password?: string } {
  const colon = text.indexOf(':');
  const user = unescaped(colon === -1 ? text : text.slice(0, colon));
  if (user === '') throw invalid();
  return colon === -1 ? { user } : { user, password: unescaped(text.slice(colon + 1)) };
}

function parseUriParams(text: string): ReadonlyMap<string, string> {
  if (text === '') return noParams;
  const params = new Map<string, string>();
  for (let start = 1, end = 1; start <= text.length; start = end + 1) {
    end = text.indexOf(';', start);
    if (end === -1) end = text.length;
    const part = text.slice(start, end);
    const equals = part.indexOf('=');
    const name = lowered(unescaped(equals === -1 ? part : part.slice(0, equals)));
    if (name === '' || params.has(name) || params.size === MAX_PARTS) throw invalid();
    params.set(name, equals === -1 ? '' : unescaped(part.slice(equals + 1)));
  }
  return params;
}

function parseUriHeaders(text: string): (readonly [string, string])[] {
  const parts = text.split('&', MAX_PARTS + 1);
  if (parts.length > MAX_PARTS) throw invalid();
  return parts.map((part) => {
    const equals = part.indexOf('=');
    if (equals < 1) throw invalid();
    return [unescaped(part.slice(0, equals)), unescaped(part.slice(equals + 1))];
  });
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid();
  }
}

// Each set is what the grammar lets stand unescaped in that place, beyond letters, digits and marks.
export const escapeUser = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]+/g, encodeURIComponent);
const escapePassword = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,]+/g, encodeURIComponent);
const escapeParam = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()[\]/:&+$]+/g, encodeURIComponent);
const escapeHeader = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()[\]/?:+$]+/g, encodeURIComponent);

function invalid(): SipParseError {
  return new SipParseError(400, 'A URI is not valid');
}
