import type { Endpoint } from '../../wire/wire.ts';
import type { Latch } from './latch.ts';

/** How often it is looked at whom to tie the socket to. */
export const FOCUS_FRAMES = 5;

/** All counted in looks, of 100 ms: at the start, anybody may show up. */
const OPEN_AT_FIRST = 5;
/** When the peer falls silent, it may show up elsewhere: until the latch may take it at another address. */
const OPEN_IN_SILENCE = 25;
/** After that, of every two seconds, one look's time. */
const PERIOD = 20;
const OPEN_IN_PERIOD = 1;
/** While somebody else than the SDP names is heard: of every half second, one look's time. */
const DISPUTED_PERIOD = 5;
/** How much longer it stays open for a sender that is proving itself. */
const MAX_HELD_OPEN = 5;

/**
 * When a socket may be tied to one peer, which makes sending cheaper. A peer that is heard is kept. One that sends nothing, or no more, is tied to
 * as well, but a twentieth of the time the socket stays open: a sender behind NAT that begins late sends 50 packets a second, so enough of them
 * come through to be noticed, and then it stays open for the latch to decide. So does one of a peer that was found elsewhere than the SDP says, a
 * fifth of the time, for the endpoint of the SDP.
 */
export class PeerFocus {
  readonly #latch: Latch;
  #looks = 0;
  #heldOpen = 0;
  #wasHeard = false;
  #isOpen = true;
  #openAtFirst = OPEN_AT_FIRST;

  constructor(latch: Latch) {
    this.#latch = latch;
  }

  /** The search for the peer begins anew. */
  restart(): void {
    this.#openFor(OPEN_AT_FIRST);
  }

  /** To be called every FOCUS_FRAMES frames, and when the latch has settled. Answers the peer to tie the socket to, or undefined to keep it open. */
  next(nowMs: number): Endpoint | undefined {
    const { undecided, target, isDisputed } = this.#latch;
    const isHeard = this.#latch.isHeard(nowMs);
    if (this.#wasHeard && !isHeard) this.#openFor(OPEN_IN_SILENCE);
    this.#wasHeard = isHeard;
    const mayOpen = !isHeard || isDisputed;
    if (mayOpen && this.#isOpen && undecided && this.#heldOpen < MAX_HELD_OPEN) {
      this.#heldOpen++;
      return undefined;
    }
    this.#isOpen = mayOpen && this.#opensNow(isHeard);
    if (this.#isOpen) return undefined;
    this.#heldOpen = 0;
    return target;
  }

  #opensNow(isHeard: boolean): boolean {
    const openAtFirst = isHeard ? 0 : this.#openAtFirst;
    const period = isHeard ? DISPUTED_PERIOD : PERIOD;
    this.#looks++;
    return this.#looks <= openAtFirst || (this.#looks - openAtFirst) % period >= period - OPEN_IN_PERIOD;
  }

  #openFor(looks: number): void {
    this.#openAtFirst = looks;
    this.#looks = 0;
    this.#heldOpen = 0;
  }
}
