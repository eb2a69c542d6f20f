import type { Endpoint } from '../../wire/wire.ts';
import type { Latch } from './latch.ts';

/** How often it is looked at whom to tie the socket to. */
export const FOCUS_FRAMES = 5;

/** All counted in looks, of 100 ms: at the start, anybody may show up. */
const OPEN_AT_FIRST = 5;
/** After that, of every two seconds, one look's time. */
const PERIOD = 20;
const OPEN_IN_PERIOD = 1;
/** How much longer it stays open for a sender that is proving itself. */
const MAX_HELD_OPEN = 5;

/**
 * When a socket may be tied to one peer, which makes sending cheaper. A peer that was found is kept. One that sends nothing is tied to
 * as well, but a twentieth of the time the socket stays open: a sender behind NAT that begins late sends 50 packets a second, so enough of them
 * come through to be noticed, and then it stays open for the latch to decide.
 */
export class PeerFocus {
  readonly #latch: Latch;
  #looks = 0;
  #heldOpen = 0;

  constructor(latch: Latch) {
    this.#latch = latch;
  }

  /** The search for the peer begins anew. */
  restart(): void {
    this.#looks = 0;
    this.#heldOpen = 0;
  }

  /** To be called every FOCUS_FRAMES frames, and when the latch has settled. Answers the peer to tie the socket to, or undefined to keep it open. */
  next(): Endpoint | undefined {
    const { settled, undecided, target } = this.#latch;
    if (settled) return target;
    this.#looks++;
    const inPeriod = (this.#looks - OPEN_AT_FIRST) % PERIOD;
    if (this.#looks > OPEN_AT_FIRST && inPeriod < PERIOD - OPEN_IN_PERIOD) {
      this.#heldOpen = 0;
      return target;
    }
    if (undecided && this.#heldOpen < MAX_HELD_OPEN) {
      this.#heldOpen++;
      this.#looks--;
    }
    return undefined;
  }
}
