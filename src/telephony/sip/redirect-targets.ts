import type { HeaderList } from './header-list.ts';
import { parseNameAddress } from './parse-address.ts';
import { splitList } from './split-list.ts';
import { parseUri } from './uri.ts';

/** Most targets of one response that are looked at. */
const MAX_TARGETS = 10;

/**
 * The URIs in the Contact headers of a 3xx, the most wanted first (RFC 3261 sections 8.1.3.4 and 20.10: the q-value is 1 when there is
 * none). Those that are no SIP URI, or want to write headers of the next request, are left out.
 */
export function redirectTargets(headers: HeaderList): readonly string[] {
  return contactsOf(headers)
    .flatMap((contact) => targetIn(contact) ?? [])
    .sort((one, other) => other.q - one.q)
    .map(({ uri }) => uri);
}

function contactsOf(headers: HeaderList): readonly string[] {
  try {
    return splitList(headers.all('Contact')).slice(0, MAX_TARGETS);
  } catch {
    return [];
  }
}

function targetIn(contact: string): { uri: string; q: number } | undefined {
  try {
    const { uri, params } = parseNameAddress(contact);
    const { scheme, headers } = parseUri(uri);
    if (scheme !== 'sip' || headers.length > 0) return undefined;
    const q = params.get('q') ?? '1';
    return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? { uri, q: Number(q) } : undefined;
  } catch {
    return undefined;
  }
}
