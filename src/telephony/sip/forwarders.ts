import type { HeaderList } from './header-list.ts';
import { parseNameAddress } from './parse-address.ts';
import { splitList } from './split-list.ts';
import { parseUri, type SipUri } from './uri.ts';

/** Most entries of one header that are looked at. */
const MOST = 20;
/** What of a Diversion asks for its address not to be shown (RFC 5806 section 4). */
const HIDING = ['full', 'uri'];

interface Entry {
  readonly uri: SipUri;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * For whom a call was before it was forwarded to us: users and numbers as written, who forwarded it last first. They are those of Diversion
 * (RFC 5806), or else those that History-Info (RFC 7044) tells of; without those who want to be kept from us, and without what cannot be
 * read. Anybody can write these headers: they are good from trusted peers only.
 */
export function readForwarders(headers: HeaderList): readonly string[] {
  const diverting = entriesOf(headers, 'Diversion').flatMap(({ uri, params }) =>
    HIDING.includes((params.get('privacy') ?? '').toLowerCase()) ? [] : userOf(uri),
  );
  return diverting.length > 0 ? diverting : historyOf(headers);
}

/** From the oldest entry to the newest: each is one to whom the call was sent. */
function historyOf(headers: HeaderList): readonly string[] {
  if (wantsNoHistory(headers.all('Privacy').join(';'))) return [];
  const entries = entriesOf(headers, 'History-Info');
  const forwarding = entries.filter((entry, at) => {
    const next = entries[at + 1];
    if (!next || wantsNoHistory(headerOf(entry.uri, 'Privacy'))) return false;
    return isMapped(entry, entries) || next.uri.params.has('cause') || /^sip\b.*;\s*cause\s*=/i.test(headerOf(entry.uri, 'Reason'));
  });
  return forwarding.flatMap(({ uri }) => userOf(uri)).reverse();
}

/** Whether a later entry says that it stands for another user than this one (RFC 7044 section 5). */
function isMapped({ params }: Entry, entries: readonly Entry[]): boolean {
  const index = params.get('index');
  return index !== undefined && entries.some((other) => other.params.get('mp') === index);
}

function wantsNoHistory(privacy: string): boolean {
  return privacy
    .toLowerCase()
    .split(/[;,]/)
    .some((wish) => wish.trim() === 'history');
}

function headerOf({ headers }: SipUri, name: string): string {
  return headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}

function userOf({ user = '' }: SipUri): string[] {
  return user === '' ? [] : [user];
}

function entriesOf(headers: HeaderList, name: string): readonly Entry[] {
  try {
    return splitList(headers.all(name)).slice(0, MOST).flatMap(entryIn);
  } catch {
    return [];
  }
}

function entryIn(value: string): Entry[] {
  try {
    const { uri, params } = parseNameAddress(value);
    return [{ uri: parseUri(uri), params }];
  } catch {
    return [];
  }
}
