import { parseParams } from './parse-params.ts';
import { SipParseError } from './sip-parse-error.ts';
import { endOfQuoted, unquote } from './token.ts';

/** A From, To, Contact, Route or similar value. `uri` is as written, without brackets. */
export interface NameAddress {
  readonly displayName?: string;
  readonly uri: string;
  readonly params: ReadonlyMap<string, string>;
  readonly tag?: string;
}

/**
 * Reads one name-addr or addr-spec with the parameters after it (RFC 3261 sections 20.10 and 25.1); `splitList` makes single
 * values out of lines. Without angle brackets everything after the first semicolon belongs to the header, and the URI may have
 * neither comma nor question mark. `*` of a Contact is no address.
 * @throws SipParseError 400
 */
export function parseNameAddress(text: string): NameAddress {
  const start = text.trimStart();
  const quoted = start.startsWith('"');
  const nameEnd = quoted ? endOfQuoted(start, 0) + 1 : 0;
  if (quoted && nameEnd === 0) throw invalid();
  const open = start.indexOf('<', nameEnd);
  // Without brackets a '<' can only stand in a quoted parameter value, which comes after a semicolon.
  const semicolon = start.indexOf(';', nameEnd);
  if (open === -1 || (!quoted && semicolon !== -1 && semicolon < open && isBareUri(start.slice(0, semicolon)))) {
    if (quoted) throw invalid();
    return parseBareUri(start);
  }
  if (quoted && start.slice(nameEnd, open).trim() !== '') throw invalid();
  const close = start.indexOf('>', open);
  const uri = close === -1 ? '' : start.slice(open + 1, close).trim();
  if (!hasScheme(uri)) throw invalid();
  const rest = start.slice(close + 1).trim();
  if (rest !== '' && !rest.startsWith(';')) throw invalid();
  const displayName = quoted ? unquote(start.slice(0, nameEnd)) : start.slice(0, open).trim();
  // A comma ends a value in headers that may have several (RFC 4475 section 3.1.2.15).
  if (!quoted && /[",]/.test(displayName)) throw invalid();
  return { ...(displayName !== '' && { displayName }), uri, ...withTag(parseParams(rest)) };
}

function parseBareUri(text: string): NameAddress {
  const semicolon = text.indexOf(';');
  const uri = (semicolon === -1 ? text : text.slice(0, semicolon)).trim();
  if (!isBareUri(uri) || !hasScheme(uri)) throw invalid();
  return { uri, ...withTag(parseParams(semicolon === -1 ? '' : text.slice(semicolon))) };
}

function isBareUri(text: string): boolean {
  return !/[\s,?<>"]/.test(text.trim());
}

function hasScheme(uri: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(uri);
}

function withTag(params: ReadonlyMap<string, string>): Pick<NameAddress, 'params' | 'tag'> {
  const tag = params.get('tag');
  return tag === undefined || tag === '' ? { params } : { params, tag };
}

function invalid(): SipParseError {
  return new SipParseError(400, 'An address is not valid');
}
