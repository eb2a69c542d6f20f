import { FRAME_SAMPLES } from './frame-clock.ts';

/** Samples that can be held: 2 s. A power of two, so that places are found by a mask. */
const WINDOW_SAMPLES = 16_384;
/** A packet this far ahead of its arrival shows that the sender's timestamps have jumped. */
const MAX_AHEAD_SAMPLES = 8000;
/** So many packets in a row that come too late show the same. */
const MAX_TOO_LATE = 25;

/**
 * Puts received audio where it belongs in time, by RTP timestamp: reordered packets find their place, and what never came is silence.
 * Positions are samples since the recording began. When the sender's timestamps jump, they are tied to the time of arrival anew.
 */
export class RecordingTimeline {
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  /** Everything before this position has been taken out. */
  #taken = 0;
  /** A timestamp and its position, unless there is none yet. */
  #anchor: { timestamp: number; position: number } | undefined;
  #tooLate = 0;

  get taken(): number {
    return this.#taken;
  }

  /** Timestamps begin anew (another source). */
  restart(): void {
    this.#anchor = undefined;
  }

  /**
   * Puts in the samples of one packet that came at `nowPosition`; they may be used again afterwards. `timestamp` counts samples, and `newest` is
   * whether the packet is the latest of its sequence.
   */
  put(samples: Int16Array, timestamp: number, newest: boolean, nowPosition: number): void {
    const length = samples.length;
    if (length === 0 || length > MAX_AHEAD_SAMPLES) return;
    const position = this.#positionOf(timestamp, newest, nowPosition);
    if (position === undefined) return;
    const first = Math.max(0, this.#taken - position);
    const end = Math.min(length, this.#taken + WINDOW_SAMPLES - position);
    for (let index = first; index < end; index++) {
      this.#window[(position + index) & (WINDOW_SAMPLES - 1)] = samples[index] ?? 0;
    }
  }

  /** Takes out the next frame, or fewer samples when `limit` is less. The array is used again by the next call. */
  take(limit = FRAME_SAMPLES): Int16Array {
    const count = Math.min(limit, FRAME_SAMPLES);
    for (let index = 0; index < count; index++) {
      const place = (this.#taken + index) & (WINDOW_SAMPLES - 1);
      this.#frame[index] = this.#window[place] ?? 0;
      this.#window[place] = 0;
    }
    this.#taken += count;
    return count === FRAME_SAMPLES ? this.#frame : this.#frame.subarray(0, count);
  }

  #positionOf(timestamp: number, newest: boolean, nowPosition: number): number | undefined {
    const anchor = this.#anchor;
    if (!anchor) return newest ? this.#tie(timestamp, nowPosition) : undefined;
    const position = anchor.position + ((timestamp - anchor.timestamp) | 0);
    if (position > nowPosition + MAX_AHEAD_SAMPLES) return newest ? this.#tie(timestamp, nowPosition) : undefined;
    if (position < this.#taken) {
      if (newest && ++this.#tooLate > MAX_TOO_LATE) return this.#tie(timestamp, nowPosition);
      return position;
    }
    if (newest) {
      this.#tooLate = 0;
      anchor.timestamp = timestamp;
      anchor.position = position;
    }
    return position;
  }

  #tie(timestamp: number, position: number): number {
    this.#tooLate = 0;
    this.#anchor = { timestamp, position };
    return position;
  }
}
