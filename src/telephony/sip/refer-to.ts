import type { HeaderList } from './header-list.ts';
import { parseNameAddress } from './parse-address.ts';
import { parseReplaces, type Replaces, writeReplaces } from './replaces.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { parseUri, type SipUri, writeUri } from './uri.ts';

/** Whom somebody is asked to call (RFC 3515 section 2.1). */
export interface ReferTarget {
  /** Without method and headers: fit to be a Request-URI. */
  readonly uri: string;
  /** The call that the new one is to take the place of: an attended transfer (RFC 5589 section 7). */
  readonly replaces?: Replaces;
}

/**
 * Reads the Refer-To of a REFER. Headers of its URI other than Replaces are left out: nobody but us says what our INVITE holds.
 * @throws SipParseError 400 when there is not exactly one, or it asks for anything but a call; 416 for a scheme that we cannot call.
 */
export function parseReferTo(headers: HeaderList): ReferTarget {
  const values = splitList(headers.all('Refer-To'));
  const [value] = values;
  if (value === undefined || values.length > 1) throw new SipParseError(400, 'There has to be one Refer-To');
  const { uri: text } = parseNameAddress(value);
  const uri = parseUri(text);
  const method = uri.params.get('method');
  if (method !== undefined && method.toUpperCase() !== 'INVITE') throw new SipParseError(400, 'Refer-To asks for another method');
  const replaces = uri.headers.filter(([name]) => name.toLowerCase() === 'replaces');
  const [first] = replaces;
  if (replaces.length > 1) throw new SipParseError(400, 'Refer-To has several Replaces');
  return { uri: writeUri(bare(uri)), ...(first && { replaces: parseReplaces(first[1]) }) };
}

/** The Refer-To value that asks for a call to `target`. @throws SipParseError when its URI cannot be read. */
export function writeReferTo({ uri, replaces }: ReferTarget): string {
  const target = bare(parseUri(uri));
  return `<${writeUri(replaces ? { ...target, headers: [['Replaces', writeReplaces(replaces)]] } : target)}>`;
}

function bare(uri: SipUri): SipUri {
  const params = new Map(uri.params);
  params.delete('method');
  return { ...uri, params, headers: [] };
}

/** The URI of Referred-By (RFC 3892); undefined when there is none that can be read. Anybody can write anything into it. */
export function referrerOf(headers: HeaderList): string | undefined {
  const value = headers.first('Referred-By');
  if (value === undefined) return undefined;
  try {
    return parseNameAddress(value).uri;
  } catch {
    return undefined;
  }
}
