import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether a certificate belongs to a SIP domain (RFC 5922 section 7): by its `sip:` URIs when it has any, else by its DNS names. Names
 * must be equal but for case; wildcards and the common name count for nothing. A peer that is known by an IP address must have that
 * address in its certificate.
 * @returns what is wrong, or undefined when it belongs to the domain
 */
export function refuseIdentity(domain: string, certificate: { readonly subjectaltname?: string | undefined }): Error | undefined {
  const names = readAltNames(certificate.subjectaltname ?? '');
  if (isIP(domain) !== 0) {
    const wanted = sameSpelling(domain);
    return names.some(({ type, value }) => type === 'IP Address' && sameSpelling(value) === wanted) ? undefined : refused(domain);
  }
  const uris = names.flatMap(({ type, value }) => (type === 'URI' && /^sip:/i.test(value) ? [value.slice('sip:'.length)] : []));
  const identities = uris.length > 0 ? uris : names.flatMap(({ type, value }) => (type === 'DNS' ? [value] : []));
  const wanted = domain.toLowerCase().replace(/\.$/, '');
  return identities.some((identity) => identity.toLowerCase() === wanted) ? undefined : refused(domain);
}

interface AltName {
  readonly type: string;
  readonly value: string;
}

const MAX_ALT_NAMES = 1000;

/**
 * Reads what Node makes of a subjectAltName: `TYPE:value, TYPE:value`, where a value that could be mistaken for more is a JSON string.
 * Nothing is read beyond what cannot be understood.
 */
function readAltNames(text: string): AltName[] {
  const names: AltName[] = [];
  let at = 0;
  while (at < text.length && names.length < MAX_ALT_NAMES) {
    const colon = text.indexOf(':', at);
    if (colon === -1) break;
    const type = text.slice(at, colon);
    const quoted = text[colon + 1] === '"';
    const end = quoted ? endOfQuoted(text, colon + 1) : endOfPlain(text, colon + 1);
    const value = text.slice(colon + 1, end);
    names.push({ type, value: quoted ? unquoted(value) : value });
    if (text.slice(end, end + 2) !== ', ') break;
    at = end + 2;
  }
  return names;
}

function endOfPlain(text: string, from: number): number {
  const comma = text.indexOf(', ', from);
  return comma === -1 ? text.length : comma;
}

function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}

/** One text for all spellings of an address. */
function sameSpelling(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toNormalizedString() : address;
}

function refused(domain: string): Error {
  return new Error(`The certificate of the peer is not for ${domain}`);
}
