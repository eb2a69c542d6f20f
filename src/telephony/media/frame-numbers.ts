import { SampleTimestamps } from '../rtp/sample-timestamps.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';

/** A jump this far forward is no loss: the source has begun anew (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
/** Timestamps that are off by less than half a frame are not followed: what was heard is put together without a gap. */
const LEAST_GAP = FRAME_SAMPLES / 2;
/** A second. Timestamps that are off by more begin anew: in a pause as long something else was sent. */
const MOST_GAP = 8000;

/**
 * Numbers for frames of 20 ms that are made of the packets of a source, whatever their length and clock: what the source lost, or left
 * out as silence, is so in the frames too. Numbers and positions begin at 0; positions are in samples, 8000 per second, modulo 2^32.
 */
export class FrameNumbers {
  readonly #samples = new SampleTimestamps();
  #active = false;
  /** Between the timestamps of the source, in samples, and positions. */
  #offset = 0;
  /** Of the source: the number after the newest. */
  #next = 0;
  /** Packets of the source that were lost since the last one that was audio. */
  #missing = 0;
  /** How many numbers of the source before `#next` are those of one frame each. */
  #places = 0;
  #sequence = 0;
  #position = 0;

  /** The number of the next frame. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Where the next frame begins. */
  get position(): number {
    return this.#position;
  }

  /** The newest packet of the source has come, with so many samples; of the frame before, `filled` are there. Answers whether the rest of that is lost. */
  arrived(sequence: number, timestamp: number, clockRate: number, length: number, filled: number): boolean {
    const missing = this.#missing + ((sequence - this.#next) & 0xffff);
    const gap = (this.#at(timestamp, clockRate) - this.#position - filled) | 0;
    this.#next = (sequence + 1) & 0xffff;
    this.#missing = 0;
    if (!this.#active || missing >= MAX_DROPOUT || Math.abs(gap) > MOST_GAP) {
      this.#active = true;
      this.#offset -= gap;
      this.#places = filled === 0 && length === FRAME_SAMPLES ? 1 : 0;
      return false;
    }
    const jumps = gap >= LEAST_GAP;
    const lost = jumps ? Math.min(Math.round((gap + filled) / FRAME_SAMPLES), missing * Math.ceil(length / FRAME_SAMPLES)) : 0;
    if (jumps) this.#position = (this.#position + filled + gap) | 0;
    this.#sequence = (this.#sequence + lost) & 0xffff;
    if (length !== FRAME_SAMPLES || (filled > 0 && !jumps)) this.#places = 0;
    else this.#places = Math.min(lost === missing ? this.#places + missing + 1 : 1, MAX_DROPOUT);
    return jumps;
  }

  /** The number of the frame that a packet with so many samples is, which came after a later one; undefined when it has no place. */
  lateSequence(sequence: number, length: number): number | undefined {
    const back = (this.#next - sequence) & 0xffff;
    return length === FRAME_SAMPLES && back <= this.#places ? (this.#sequence - back) & 0xffff : undefined;
  }

  /** Where that frame begins. */
  latePosition(timestamp: number, clockRate: number): number {
    return this.#at(timestamp, clockRate);
  }

  /** The next frame is made. */
  made(): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#position = (this.#position + FRAME_SAMPLES) | 0;
  }

  /** The newest packet of the source is no audio: it leaves no gap. */
  omit(sequence: number): void {
    this.#missing += (sequence - this.#next) & 0xffff;
    this.#next = (sequence + 1) & 0xffff;
    this.#places = 0;
  }

  /** The source begins anew. */
  restart(): void {
    this.#active = false;
    this.#missing = 0;
    this.#places = 0;
  }

  #at(timestamp: number, clockRate: number): number {
    return (this.#samples.of(timestamp, clockRate) + this.#offset) | 0;
  }
}
