/** What is known of whether the peer of a call is still there. */
export interface PeerLife {
  /** When something of it came last: a message, or sound. */
  readonly heardAtMs: number;
  /** Since then: how often it could not be asked, or somebody between answered that it cannot be reached, and when that was last. */
  readonly unreached: { readonly times: number; readonly lastAtMs: number };
}

/** What came of asking: the status of a final response, or that there was none. */
export type PeerAnswer = number | 'timeout' | 'transport';

/** Why the call is over. */
export interface PeerLost {
  readonly lost: number;
}

/** How long nothing may come before the peer is asked. */
const SILENCE_MS = 60_000;
/** When it is asked again that could not be reached, and how often that may happen: whoever starts again has this long. */
const AGAIN_MS = 30_000;
const MOST_UNREACHED = 3;

const none = { times: 0, lastAtMs: 0 };

/** Something of the peer came. */
export function heardAt(atMs: number): PeerLife {
  return { heardAtMs: atMs, unreached: none };
}

/** The same, when that is news. */
export function laterHeard(life: PeerLife, atMs: number): PeerLife {
  return atMs > life.heardAtMs ? heardAt(atMs) : life;
}

/** When the peer is to be asked, if nothing comes until then. */
export function askAtMs({ heardAtMs, unreached }: PeerLife): number {
  return unreached.times === 0 ? heardAtMs + SILENCE_MS : unreached.lastAtMs + AGAIN_MS;
}

/**
 * What an answer says of a peer from which nothing else has come since it was asked (RFC 3261 section 12.2.1.2): 481, 408 and no answer at
 * all mean that the call is over. Who cannot be reached, even by a proxy between (502, 503, 504), is asked again, three times in all. Any
 * other answer shows that it is there, a refusal too.
 */
export function answered(life: PeerLife, answer: PeerAnswer, nowMs: number): PeerLife | PeerLost {
  switch (answer) {
    case 'timeout':
    case 408:
      return { lost: 408 };
    case 481:
      return { lost: 481 };
    case 'transport':
    case 502:
    case 503:
    case 504: {
      const times = life.unreached.times + 1;
      if (times >= MOST_UNREACHED) return { lost: answer === 'transport' ? 503 : answer };
      return { ...life, unreached: { times, lastAtMs: nowMs } };
    }
    default:
      return heardAt(nowMs);
  }
}
