import type { HeaderList } from './header-list.ts';
import { parseNameAddress } from './parse-address.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { userOfUri } from './user-of-uri.ts';

/** What a network says of who calls (RFC 3325). */
export interface AssertedIdentity {
  /** User parts of SIP URIs and numbers of tel URIs in P-Asserted-Identity, as they were written, two at most (section 9.1). */
  readonly users: readonly string[];
  /** Whether who calls wants it to be told to nobody outside of that network (section 7). */
  readonly isPrivate: boolean;
}

const MOST = 2;
/** What asks for the identity to be kept (RFC 3323 section 4.2, RFC 3325 section 9.3). */
const KEEPING = ['id', 'header', 'user'];

/** Reads P-Asserted-Identity and Privacy. Whatever cannot be read is left out. Anybody can write these: they are good from trusted peers only. */
export function readAssertedIdentity(headers: HeaderList): AssertedIdentity {
  const wishes = headers.all('Privacy').flatMap((line) => line.toLowerCase().split(/[;,]/));
  return { users: usersIn(headers.all('P-Asserted-Identity')), isPrivate: wishes.some((wish) => KEEPING.includes(wish.trim())) };
}

function usersIn(lines: readonly string[]): string[] {
  try {
    const users = splitList(lines).map((value) => userOfUri(parseNameAddress(value).uri));
    return users.filter((user) => user !== '').slice(0, MOST);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}
