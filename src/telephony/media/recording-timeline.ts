import { FRAME_SAMPLES } from './frame-clock.ts';
import { giveBackSamples, takeSamples } from './sample-memory.ts';

/** Samples that can be held: 2 s. A power of two, so that places are found by a mask. */
const WINDOW_SAMPLES = 16_384;
/** A packet this far ahead of its arrival shows that the sender's timestamps have jumped. */
const MAX_AHEAD_SAMPLES = 8000;
/** So many samples in a row that come too late show the same. */
const MAX_TOO_LATE = 25 * FRAME_SAMPLES;
/** Arrivals may stray by 40 ms; so many samples in a row beyond it, on the same side, show that the clocks of both sides differ. */
const STRAY_SAMPLES = 320;
const MAX_STRAYED = 10 * FRAME_SAMPLES;

const closed = new Int16Array(0);

/**
 * Puts received audio where it belongs in time, by RTP timestamp: reordered packets find their place, and what never came is silence.
 * Positions are samples since the recording began. When the sender's timestamps jump, they are tied to the time of arrival anew; when its clock is
 * slower or faster than ours, they follow it, by a sample now and then.
 */
export class RecordingTimeline {
  #window = takeSamples(WINDOW_SAMPLES).fill(0);
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  /** Everything before this position has been taken out. */
  #taken = 0;
  /** A timestamp and its position. */
  #anchorTimestamp = 0;
  #anchorPosition = 0;
  /** Whether there is one yet. */
  #isTied = false;
  #tooLate = 0;
  /** Samples in a row that came late for their place, or, below 0, early. */
  #strayed = 0;
  /** By how many samples what follows the packet that came last was moved. */
  #moved = 0;

  get taken(): number {
    return this.#taken;
  }

  /** Timestamps begin anew (another source). */
  restart(): void {
    this.#isTied = false;
  }

  /**
   * Puts in the samples of one packet, or of several that follow on each other, that came at `nowPosition`; they may be used again afterwards.
   * `timestamp` counts samples, and `newest` is whether the packet is the latest of its sequence.
   */
  put(samples: Int16Array, timestamp: number, newest: boolean, nowPosition: number): void {
    const { length } = samples;
    if (length === 0 || length > MAX_AHEAD_SAMPLES || this.#window === closed) return;
    const position = this.#positionOf(timestamp, length, newest, nowPosition);
    if (position === undefined) return;
    const first = Math.max(0, this.#taken - position);
    const end = Math.min(length, this.#taken + WINDOW_SAMPLES - position);
    if (first >= end) return;
    const place = (position + first) & (WINDOW_SAMPLES - 1);
    const cut = Math.min(end, first + WINDOW_SAMPLES - place);
    this.#window.set(first === 0 && cut === length ? samples : samples.subarray(first, cut), place);
    if (cut < end) this.#window.set(samples.subarray(cut, end), 0);
    if (this.#moved > 0 && end === length) this.#window[(position + length) & (WINDOW_SAMPLES - 1)] = samples[length - 1] ?? 0;
  }

  /** Takes out the next frame, or fewer samples when `limit` is less. The array is used again by the next call. */
  take(limit = FRAME_SAMPLES): Int16Array {
    const count = Math.min(limit, FRAME_SAMPLES);
    this.moveTo(this.#frame, 0, count);
    return count === FRAME_SAMPLES ? this.#frame : this.#frame.subarray(0, count);
  }

  /** Takes the next `count` samples out, into `target` from `first` on. */
  moveTo(target: Int16Array, first: number, count: number): void {
    for (let moved = 0; moved < count; ) {
      const place = this.#taken & (WINDOW_SAMPLES - 1);
      const end = Math.min(place + count - moved, WINDOW_SAMPLES);
      target.set(this.#window.subarray(place, end), first + moved);
      moved += this.#empty(place, end);
    }
  }

  /**
   * Takes the next `count` samples of both out, one of each in turn, into `target` from `first` on. As many have to have been taken out of `other` before.
   */
  interleaveTo(target: Int16Array, first: number, other: RecordingTimeline, count: number): void {
    const left = this.#window;
    const right = other.#window;
    let at = first;
    for (let moved = 0; moved < count; ) {
      const place = this.#taken & (WINDOW_SAMPLES - 1);
      const end = Math.min(place + count - moved, WINDOW_SAMPLES);
      // One after the other into every second place takes twice as long.
      for (let from = place; from < end; from++, at += 2) {
        target[at] = left[from] ?? 0;
        target[at + 1] = right[from] ?? 0;
      }
      moved += this.#empty(place, end);
      other.#empty(place, end);
    }
  }

  /** Takes the next `count` samples out, for nobody. */
  drop(count: number): void {
    for (let dropped = 0; dropped < count; ) {
      const place = this.#taken & (WINDOW_SAMPLES - 1);
      dropped += this.#empty(place, Math.min(place + count - dropped, WINDOW_SAMPLES));
    }
  }

  /** What stood there has been taken out. Answers how much that is. */
  #empty(place: number, end: number): number {
    this.#window.fill(0, place, end);
    this.#taken += end - place;
    return end - place;
  }

  /** Gives its memory back. Nothing may be put in or taken out afterwards. */
  close(): void {
    giveBackSamples(this.#window);
    this.#window = closed;
  }

  #positionOf(timestamp: number, length: number, newest: boolean, nowPosition: number): number | undefined {
    this.#moved = 0;
    if (!this.#isTied) return newest ? this.#tie(timestamp, nowPosition) : undefined;
    const position = this.#anchorPosition + ((timestamp - this.#anchorTimestamp) | 0);
    if (position > nowPosition + MAX_AHEAD_SAMPLES) return newest ? this.#tie(timestamp, nowPosition) : undefined;
    if (position < this.#taken) {
      if (newest) this.#tooLate += length;
      if (newest && this.#tooLate > MAX_TOO_LATE) return this.#tie(timestamp, nowPosition);
      return position;
    }
    if (!newest) return position;
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
