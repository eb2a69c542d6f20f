import type { SipMessage, SipRequest } from './message.ts';
import { READABLE_TYPES, readBody } from './read-body.ts';
import { splitList } from './split-list.ts';

/** The SDP in a message, alone or a part of its body; undefined when it has none. */
export function sdpOf(message: SipMessage): string | undefined {
  return readBody(message.headers, message.body).sdp;
}

/** Whether a message has a body, or a part of one, that is no SDP and may not be ignored. */
export function hasForeignBody(message: SipMessage): boolean {
  return !readBody(message.headers, message.body).understood;
}

/** What a 415 says of the bodies that we take (RFC 3261 section 21.4.13). */
export const ACCEPTED_BODIES: readonly (readonly [name: string, value: string])[] = [
  ['Accept', READABLE_TYPES],
  ['Accept-Encoding', 'identity'],
];

/** Whether the sender of an INVITE would read our SDP: it says nothing of what it accepts, or names SDP (RFC 3261 section 20.1). */
export function acceptsSdp(request: SipRequest): boolean {
  const ranges = request.headers.all('Accept');
  return ranges.length === 0 || splitList(ranges).some((range) => /^(?:application\/(?:sdp|\*)|\*\/\*)\s*(?:;|$)/i.test(range));
}

/**
 * The answer that refuses every stream of an offer (RFC 3264 section 6). An offer in a 2xx must be answered in the ACK even when
 * nothing of it can be taken (RFC 3261 section 13.2.2.4).
 */
export function refusingAnswer(offer: string): string {
  const lines = offer.split(/\r?\n/);
  const media = lines.filter((line) => line.startsWith('m=')).map((line) => line.replace(/^(m=\S+) \S+/, '$1 0'));
  const timing = lines.find((line) => line.startsWith('t=')) ?? 't=0 0';
  return ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 'c=IN IP4 0.0.0.0', timing, ...media, ''].join('\r\n');
}

/** Whether two descriptions say the same, whatever their `o=` lines: a re-INVITE that changes nothing (RFC 3264 section 8). */
export function sameSession(one: string, other: string): boolean {
  return withoutOrigin(one) === withoutOrigin(other);
}

function withoutOrigin(sdp: string): string {
  const kept = sdp.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('o='));
  return kept.join('\n');
}
