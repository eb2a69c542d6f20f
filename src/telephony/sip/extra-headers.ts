import { isToken } from './token.ts';
import { SipWriteError } from './write-message.ts';

/** So that an INVITE stays a datagram, with its SDP and credentials. */
const MOST_CHARACTERS = 12_000;
/** Besides extensions: they tell something to people or bills, and nothing to a user agent. */
const PLAIN = new Set(['organization', 'p-charge-info', 'priority', 'subject', 'user-to-user']);

/** Whether somebody may put a header of this name on an INVITE: an extension (`X-` and a token) or a harmless one. */
export function isExtraHeaderName(name: string): boolean {
  return (/^x-./i.test(name) && isToken(name)) || PLAIN.has(name.toLowerCase());
}

/**
 * Headers that somebody wants on the INVITE besides ours. Only those of `isExtraHeaderName` are let through, so that none can stand for one of the protocol.
 * @throws SipWriteError for another name, a value with control characters, or too much of both
 */
export function extraHeaders(headers: Readonly<Record<string, string>> = {}): readonly (readonly [name: string, value: string])[] {
  const entries = Object.entries(headers);
  let characters = 0;
  for (const [name, value] of entries) {
    if (!isExtraHeaderName(name)) throw new SipWriteError('The name of an extra header is not X- and a token');
    if (/\p{Cc}/u.test(value)) throw new SipWriteError('The value of an extra header has control characters');
    characters += name.length + value.length;
  }
  if (characters > MOST_CHARACTERS) throw new SipWriteError('The extra headers are too long');
  return entries;
}
