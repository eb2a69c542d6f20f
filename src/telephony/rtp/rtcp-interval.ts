import type { Random } from '../../kernel/random.ts';

/** The shortest mean time between two reports; half of it before the first one (RFC 3550 section 6.2). */
const LEAST_MS = 5000;
/** Reports share a twentieth of what the audio takes (section 6.2): of G.711 with its headers in bytes per second. */
const BYTES_PER_SECOND = 10_000 / 20;
/** The share of senders, when they are few. */
const SENDER_SHARE = 0.25;
/** Makes up for reports that are put off by the interval being drawn anew (section 6.3.1). */
const COMPENSATION = Math.E - 1.5;

export interface RtcpMembers {
  /** Those that are heard, and we. */
  readonly members: number;
  readonly senders: number;
  readonly weSend: boolean;
  /** Of the reports seen so far, with headers of UDP and IP. */
  readonly meanBytes: number;
  /** Whether we have not reported yet. */
  readonly isFirst: boolean;
}

/** The time to the next report, in ms, drawn from half to one and a half of what the rules of RFC 3550 appendix A.7 say. */
export function rtcpIntervalMs({ members, senders, weSend, meanBytes, isFirst }: RtcpMembers, random: Random): number {
  const sendersAreFew = senders <= members * SENDER_SHARE;
  const sharing = !sendersAreFew ? members : weSend ? senders : members - senders;
  const share = !sendersAreFew ? 1 : weSend ? SENDER_SHARE : 1 - SENDER_SHARE;
  const fairMs = (meanBytes * sharing * 1000) / (BYTES_PER_SECOND * share);
  const meanMs = Math.max(isFirst ? LEAST_MS / 2 : LEAST_MS, fairMs);
  return (meanMs * (0.5 + random.below(0x1_0000) / 0x1_0000)) / COMPENSATION;
}
