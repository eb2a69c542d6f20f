/**
 * Whether a message between us and sipp comes once only, because neither side sends it again: a network that loses it would keep the two from
 * going on, which proves nothing. Of a sipp that `seesRepetitions` its scenario says each message, so that only what we repeat by ourselves
 * comes again.
 */
export function comesOnce(message: string, seesRepetitions: boolean, isOurs: boolean): boolean {
  const [, status] = /^SIP\/2\.0 (\d)/.exec(message) ?? [];
  // RFC 3261 section 17.1.1.2, save those of RFC 3262.
  if (status === '1') return !/^RSeq:/im.test(message);
  if (!seesRepetitions) return false;
  // Sections 13.3.1.4, 17.1.1.2, 17.1.2.2 and 17.2.1.
  const isRepeated = status === undefined ? !message.startsWith('ACK ') : /^CSeq: *\d+ +INVITE/im.test(message);
  return !(isOurs && isRepeated);
}
