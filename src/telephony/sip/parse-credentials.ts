import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { isToken, unquote } from './token.ts';

/** A challenge or an answer to one: `scheme` and parameter names are lower case, values unquoted. */
export interface Credentials {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Reads `Scheme name=value, name="value"`, as the four authentication headers have it (RFC 3261 section 25.1, challenge and
 * credentials).
 * @throws SipParseError 400
 */
export function parseCredentials(text: string): Credentials {
  const value = text.trim().replaceAll('\t', ' ');
  const space = value.indexOf(' ');
  const scheme = (space === -1 ? value : value.slice(0, space)).toLowerCase();
  if (!isToken(scheme)) throw invalid();
  const params = new Map<string, string>();
  if (space === -1) return { scheme, params };
  for (const part of splitList([value.slice(space + 1)])) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim().toLowerCase();
    if (equals === -1 || !isToken(name) || params.has(name)) throw invalid();
    params.set(name, unquote(part.slice(equals + 1).trim()));
  }
  return { scheme, params };
}

function invalid(): SipParseError {
  return new SipParseError(400, 'An authentication header is not valid');
}
