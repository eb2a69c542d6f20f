import { isToken } from './token.ts';
import { SipWriteError } from './write-message.ts';

/** So that an INVITE stays a datagram, with its SDP and credentials. */
const MOST_CHARACTERS = 8000;

/**
 * Headers that somebody wants on the INVITE besides ours. Only extensions are let through, so that none can stand for one of the protocol.
 * @throws SipWriteError for a name that is not X- and a token, a value with control characters, or too much of both
 */
export function extraHeaders(headers: Readonly<Record<string, string>> = {}): readonly (readonly [name: string, value: string])[] {
  const entries = Object.entries(headers);
  let characters = 0;
  for (const [name, value] of entries) {
    if (!/^x-./i.test(name) || !isToken(name)) throw new SipWriteError('The name of an extra header is not X- and a token');
    if (/\p{Cc}/u.test(value)) throw new SipWriteError('The value of an extra header has control characters');
    characters += name.length + value.length;
  }
  if (characters > MOST_CHARACTERS) throw new SipWriteError('The extra headers are too long');
  return entries;
}
