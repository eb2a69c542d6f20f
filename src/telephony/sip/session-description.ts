import type { SipMessage } from './message.ts';

/** The SDP in a message, or undefined when it has none. */
export function sdpOf(message: SipMessage): string | undefined {
  if (message.body.length === 0 || !hasSdpType(message)) return undefined;
  return Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length).toString('utf8');
}

/** Whether a message has a body that is no SDP. */
export function hasForeignBody(message: SipMessage): boolean {
  return message.body.length > 0 && !hasSdpType(message);
}

function hasSdpType(message: SipMessage): boolean {
  return /^application\/sdp\s*(?:;|$)/i.test(message.headers.first('Content-Type') ?? '');
}

/** Whether two descriptions say the same, whatever their `o=` lines: a re-INVITE that changes nothing (RFC 3264 section 8). */
export function sameSession(one: string, other: string): boolean {
  return withoutOrigin(one) === withoutOrigin(other);
}

function withoutOrigin(sdp: string): string {
  const kept = sdp.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('o='));
  return kept.join('\n');
}
