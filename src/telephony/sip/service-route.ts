import type { HeaderList } from './header-list.ts';
import { parseNameAddress } from './parse-address.ts';
import { splitList } from './split-list.ts';
import { parseUri } from './uri.ts';

/** Of what is longer none is taken: it goes into each INVITE, which has to stay a datagram. */
const MOST_VALUES = 10;
const MOST_CHARACTERS = 1000;

/**
 * The values of Route for requests that leave while an address is registered, from the 200 to its REGISTER (RFC 3608 section 6.1); none when there
 * is no Service-Route, or one that is too long, or of which a part is no SIP URI of a loose router: a part of a way leads nowhere.
 */
export function readServiceRoute(headers: HeaderList): readonly string[] {
  try {
    const values = splitList(headers.all('Service-Route'));
    if (values.length > MOST_VALUES) return [];
    const uris = values.map((value) => parseNameAddress(value).uri);
    if (uris.join('').length > MOST_CHARACTERS || !uris.every(isLooseRouter)) return [];
    return uris.map((uri) => `<${uri}>`);
  } catch {
    return [];
  }
}

function isLooseRouter(text: string): boolean {
  const { scheme, params, headers } = parseUri(text);
  return scheme !== 'tel' && params.has('lr') && headers.length === 0;
}
