import { FRAME_SAMPLES } from './frame-clock.ts';

/** A packet this far ahead of its arrival shows that the sender's timestamps have jumped. */
export const MAX_AHEAD_SAMPLES = 8000;
/** So many samples in a row that come too late show the same. */
const MAX_TOO_LATE = 25 * FRAME_SAMPLES;
/** Arrivals may stray by 40 ms; so many samples in a row beyond it, on the same side, show that the clocks of both sides differ. */
const STRAY_SAMPLES = 320;
const MAX_STRAYED = 10 * FRAME_SAMPLES;

/**
 * Where received audio belongs in a recording, by RTP timestamp: positions are samples since it began. When the sender's timestamps jump, they are
 * tied to the time of arrival anew; when its clock is slower or faster than ours, they follow it, by a sample now and then.
 */
export class RecordingPositions {
  /** A timestamp and its position. */
  #anchorTimestamp = 0;
  #anchorPosition = 0;
  /** Whether there is one yet. */
  #isTied = false;
  #tooLate = 0;
  /** Samples in a row that came late for their place, or, below 0, early. */
  #strayed = 0;
  #moved = 0;

  /** By how many samples what follows the packet of the last call of `of` was moved. */
  get moved(): number {
    return this.#moved;
  }

  /** Timestamps begin anew (another source). */
  restart(): void {
    this.#isTied = false;
  }

  /**
   * The position of the first of `length` samples, of one packet or of several that follow on each other, that came at `nowPosition`. `timestamp` counts
   * samples, and all before the position `taken` is complete.
   */
  of(timestamp: number, length: number, nowPosition: number, taken: number): number {
    this.#moved = 0;
    const position = this.#anchorPosition + ((timestamp - this.#anchorTimestamp) | 0);
    if (!this.#isTied || position > nowPosition + MAX_AHEAD_SAMPLES) return this.#tie(timestamp, nowPosition);
    if (position < taken) {
      this.#tooLate += length;
      return this.#tooLate > MAX_TOO_LATE ? this.#tie(timestamp, nowPosition) : position;
    }
    this.#tooLate = 0;
    this.#anchorTimestamp = timestamp;
    this.#moved = this.#movedAfter(nowPosition - position, length);
    this.#anchorPosition = position + this.#moved;
    return position;
  }

  /** By how many samples what follows a packet that came so many late for its place is to be moved. */
  #movedAfter(late: number, length: number): -1 | 0 | 1 {
    if (late > STRAY_SAMPLES) this.#strayed = Math.max(0, this.#strayed) + length;
    else if (late < -STRAY_SAMPLES) this.#strayed = Math.min(0, this.#strayed) - length;
    else this.#strayed = 0;
    if (Math.abs(this.#strayed) < MAX_STRAYED) return 0;
    this.#strayed = 0;
    return late > 0 ? 1 : -1;
  }

  #tie(timestamp: number, position: number): number {
    this.#tooLate = 0;
    this.#strayed = 0;
    this.#isTied = true;
    this.#anchorTimestamp = timestamp;
    this.#anchorPosition = position;
    return position;
  }
}
