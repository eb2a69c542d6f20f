import { charSet, DIGITS, isAllIn, LETTERS, trimmed } from './char-set.ts';
import { parseParams } from './parse-params.ts';
import { SipParseError } from './sip-parse-error.ts';
import { endOfQuoted, isUriText, unquote } from './token.ts';

/** A From, To, Contact, Route or similar value. `uri` is as written, without brackets. */
export interface NameAddress {
  readonly displayName?: string;
  readonly uri: string;
  readonly params: ReadonlyMap<string, string>;
  readonly tag?: string;
}

const LETTER = charSet(LETTERS);
const SCHEME = charSet(`${LETTERS}${DIGITS}+.-`);
const REST_OF_URI = /^[^\s<>"]+$/;

/**
 * Reads one name-addr or addr-spec with the parameters after it (RFC 3261 sections 20.10 and 25.1); `splitList` makes single
 * values out of lines. Without angle brackets everything after the first semicolon belongs to the header, and the URI may have
 * neither comma nor question mark. `*` of a Contact is no address.
 * @throws SipParseError 400
 */
export function parseNameAddress(text: string): NameAddress {
  const start = text.startsWith('<') || text.startsWith('"') ? text : text.trimStart();
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
  if (quoted && trimmed(start.slice(nameEnd, open)) !== '') throw invalid();
  const close = start.indexOf('>', open);
  const uri = close === -1 ? '' : trimmed(start.slice(open + 1, close));
  if (!hasScheme(uri)) throw invalid();
  const rest = close === start.length - 1 ? '' : trimmed(start.slice(close + 1));
  if (rest !== '' && !rest.startsWith(';')) throw invalid();
  const displayName = quoted ? unquote(start.slice(0, nameEnd)) : open === 0 ? '' : trimmed(start.slice(0, open));
  // A comma ends a value in headers that may have several (RFC 4475 section 3.1.2.15).
  if (!quoted && displayName !== '' && /[",]/.test(displayName)) throw invalid();
  return nameAddress(displayName, uri, parseParams(rest));
}

function parseBareUri(text: string): NameAddress {
  const semicolon = text.indexOf(';');
  const uri = (semicolon === -1 ? text : text.slice(0, semicolon)).trim();
  if (!isBareUri(uri) || !hasScheme(uri)) throw invalid();
  return nameAddress('', uri, parseParams(semicolon === -1 ? '' : text.slice(semicolon)));
}

function isBareUri(text: string): boolean {
  return !/[\s,?<>"]/.test(text.trim());
}

function hasScheme(uri: string): boolean {
  const colon = uri.indexOf(':');
  if (!isAllIn(LETTER, uri, 0, 1) || !isAllIn(SCHEME, uri, 0, colon)) return false;
  const rest = uri.slice(colon + 1);
  return isUriText(rest) || REST_OF_URI.test(rest);
}

function nameAddress(displayName: string, uri: string, params: ReadonlyMap<string, string>): NameAddress {
  const address: { -readonly [Member in keyof NameAddress]: NameAddress[Member] } = { uri, params };
  if (displayName !== '') address.displayName = displayName;
  const tag = params.get('tag');
  if (tag !== undefined && tag !== '') address.tag = tag;
  return address;
}

function invalid(): SipParseError {
  return new SipParseError(400, 'An address is not valid');
}
