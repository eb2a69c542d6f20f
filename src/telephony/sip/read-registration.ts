import type { SipRequest } from './message.ts';
import { type NameAddress, parseNameAddress } from './parse-address.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import { parseUri } from './uri.ts';

/** A contact that a REGISTER adds, renews or removes. */
export interface RegisteredContact {
  /** Tells it from other contacts of the user: the instance and flow of the phone (RFC 5626), else its URI. */
  readonly key: string;
  readonly uri: string;
  /** Seconds; undefined: as long as we please. 0 removes it. */
  readonly expiresSeconds: number | undefined;
}

/** What a REGISTER asks for (RFC 3261 section 10.3). */
export interface Registration {
  /** User part of To: whose contacts these are. */
  readonly user: string;
  /** `*`: every contact is removed. */
  readonly removeAll: boolean;
  /** Empty in a REGISTER that only asks which contacts there are. */
  readonly contacts: readonly RegisteredContact[];
  /** Route values for requests to the contacts (RFC 3327). */
  readonly path: readonly string[];
}

/** Most contacts in one REGISTER, proxies in its Path, and characters of a contact. */
const MOST_CONTACTS = 10;
const MOST_PROXIES = 10;
const LONGEST_CONTACT = 1024;
const LONGEST_KEY = 256;
const FLOW_NUMBER = /^[0-9]{1,9}$/;
const SECONDS = /^[0-9]{1,10}$/;

/** Reads a REGISTER. @throws SipParseError 400 */
export function readRegistration(request: SipRequest): Registration {
  const { headers } = request;
  const user = parseUri(parseNameAddress(headers.first('To') ?? '').uri).user ?? '';
  const expires = secondsOf(headers.first('Expires'));
  const values = splitList(headers.all('Contact'));
  if (values.length > MOST_CONTACTS) throw new SipParseError(400, 'Too many contacts');
  if (values.includes('*')) {
    if (values.length > 1 || expires !== 0) throw new SipParseError(400, 'Contact * stands alone, with Expires 0');
    return { user, removeAll: true, contacts: [], path: [] };
  }
  const contacts = values.map((value) => contactOf(parseNameAddress(value), expires));
  if (new Set(contacts.map(({ key }) => key)).size < contacts.length) throw new SipParseError(400, 'A contact is given twice');
  return { user, removeAll: false, contacts, path: pathOf(request) };
}

function contactOf({ uri, params }: NameAddress, expires: number | undefined): RegisteredContact {
  if (parseUri(uri).scheme === 'tel' || uri.length > LONGEST_CONTACT) throw new SipParseError(400, 'A contact cannot be called');
  const instance = params.get('+sip.instance');
  const flow = params.get('reg-id') ?? '';
  const key = instance === undefined || instance === '' ? uri : `${instance};${FLOW_NUMBER.test(flow) ? flow : ''}`;
  if (key !== uri && key.length > LONGEST_KEY) throw new SipParseError(400, 'An instance is too long');
  return { key, uri, expiresSeconds: secondsOf(params.get('expires')) ?? expires };
}

/** What is no number counts as absent (RFC 3261 section 10.3 step 7). */
function secondsOf(text: string | undefined): number | undefined {
  const value = text?.trim() ?? '';
  return SECONDS.test(value) ? Number(value) : undefined;
}

function pathOf({ headers }: SipRequest): readonly string[] {
  const path = splitList(headers.all('Path'));
  if (path.length > MOST_PROXIES) throw new SipParseError(400, 'Too many proxies in Path');
  for (const value of path) {
    const { uri } = parseNameAddress(value);
    if (parseUri(uri).scheme === 'tel' || value.length > LONGEST_CONTACT) throw new SipParseError(400, 'A proxy in Path cannot be reached');
  }
  return path;
}
