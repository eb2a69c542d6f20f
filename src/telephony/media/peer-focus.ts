import type { Endpoint } from '../../wire/wire.ts';
import type { Latch } from './latch.ts';

/** Frames at the start in which anybody may show up. */
const OPEN_AT_FIRST = 25;
/** After that, of each second, frames in which anybody may still show up. */
const PERIOD = 50;
const OPEN_IN_PERIOD = 5;
/** How many frames longer it stays open for a sender that is proving itself. */
const MAX_HELD_OPEN = 25;

/**
 * When a socket may be tied to one peer, which makes sending cheaper. A peer that was found is kept. One that sends nothing is tied to
 * as well, but a tenth of the time the socket stays open: a sender behind NAT that begins late sends 50 packets a second, so enough of them
 * come through to be noticed, and then it stays open for the latch to decide.
 */
export class PeerFocus {
  readonly #latch: Latch;
  #frames = 0;
  #heldOpen = 0;

  constructor(latch: Latch) {
    this.#latch = latch;
  }

  /** The search for the peer begins anew. */
  restart(): void {
    this.#frames = 0;
    this.#heldOpen = 0;
  }

  /** One frame has passed. Answers the peer to tie the socket to, or undefined to keep it open. */
  next(): Endpoint | undefined {
    const { settled, undecided, target } = this.#latch;
    if (settled) return target;
    this.#frames++;
    const inPeriod = (this.#frames - OPEN_AT_FIRST) % PERIOD;
    if (this.#frames > OPEN_AT_FIRST && inPeriod < PERIOD - OPEN_IN_PERIOD) {
      this.#heldOpen = 0;
      return target;
    }
    if (undecided && this.#heldOpen < MAX_HELD_OPEN) {
      this.#heldOpen++;
      this.#frames--;
    }
    return undefined;
  }
}
