import type { Passage } from './lossy-relay.ts';
import { factsOf, type MessageFacts } from './message-facts.ts';

/** What was lost between us (near) and a peer (far), and never arrived. */
export interface LostForGood {
  /** Nobody had to send it again, or the peer had to: start lines. A peer that waits for it waits for ever. */
  readonly rightly: readonly string[];
  /** What we had to send again and did not: start lines. */
  readonly byUs: readonly string[];
}

/** Reads it from all that passed, or did not, in order. */
export function lostForGood(passages: readonly Passage[]): LostForGood {
  const rightly: string[] = [];
  const byUs: string[] = [];
  passages.forEach((lost, at) => {
    if (!lost.isLost || passages.some(({ message, isLost }) => !isLost && message === lost.message)) return;
    const later = passages.slice(at + 1);
    const { line } = factsOf(lost.message);
    if (lost.from === 'near' && isDue(lost.message, later)) byUs.push(line);
    else rightly.push(line);
  });
  return { rightly, byUs };
}

/** Whether a message of ours that was lost had to come again: by itself, or because the peer has repeated what it answers. */
function isDue(message: string, later: readonly Passage[]): boolean {
  const { status, method } = factsOf(message);
  const comesAgain = (isCause: (facts: MessageFacts) => boolean): boolean =>
    later.some((one) => one.from === 'far' && !one.isLost && isOfSame(one.message, message) && isCause(factsOf(one.message)));
  // RFC 3261 sections 13.2.2.4 and 17.1.1.3.
  if (status === undefined && method === 'ACK') return comesAgain((facts) => facts.method === 'INVITE' && (facts.status ?? 0) >= 200);
  // Sections 17.1.1.2 and 17.1.2.2.
  if (status === undefined) return true;
  if (status < 200) return /^RSeq:/im.test(message) || answersAgain(message, later);
  // Sections 13.3.1.4 and 17.2.1, and for other requests 17.2.2.
  return method === 'INVITE' || comesAgain((facts) => facts.status === undefined && facts.method === method);
}

/** Whether the INVITE has come again, while this provisional response was still the latest one (section 17.2.1). */
function answersAgain(message: string, later: readonly Passage[]): boolean {
  const next = later.find(({ from, message: other, isLost }) => isOfSame(other, message) && (from === 'near' || !isLost));
  return next?.from === 'far' && /^INVITE /.test(next.message);
}

/** Whether two messages are of one call, and of requests with one number. */
function isOfSame(one: string, other: string): boolean {
  const [first, second] = [factsOf(one), factsOf(other)];
  return first.callId === second.callId && first.cSeq === second.cSeq;
}
