/** A jump this far forward is no loss: the source has begun anew (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;

/**
 * Sequence numbers and timestamps of one source that is passed on, as ours. Both keep their gaps, so that what was lost before us is lost for who
 * hears us, and not a pause; what is reordered keeps its place. No number of ours is ever given twice.
 */
export class PassedNumbers {
  #active = false;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** Of the source: the number after the newest. */
  #next = 0;
  /** How many numbers of the source before `#next` have a place among ours. */
  #places = 0;
  #sequence = 0;
  #timestamp = 0;

  /** Our number of the packet that `place` took last. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Our timestamp of the same. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** Gives a packet of the source its numbers; those of `ours` are next if it is the first. Answers false when a late one has no place any more. */
  place(sequence: number, timestamp: number, newest: boolean, ours: { readonly sequence: number; readonly timestamp: number }): boolean {
    if (newest) this.#moveOn(sequence, timestamp, ours);
    else if (!this.#active || ((this.#next - sequence) & 0xffff) > this.#places) return false;
    this.#sequence = (sequence + this.#sequenceOffset) & 0xffff;
    this.#timestamp = (timestamp + this.#timestampOffset) >>> 0;
    return true;
  }

  /** The newest packet of the source is not for passing on: it leaves no gap. */
  omit(sequence: number): void {
    this.#sequenceOffset--;
    this.#next = (sequence + 1) & 0xffff;
    // Those that come late from before have other places than this offset gives them.
    this.#places = 0;
  }

  /** What is passed on next begins anew. */
  end(): void {
    this.#active = false;
  }

  #moveOn(sequence: number, timestamp: number, ours: { readonly sequence: number; readonly timestamp: number }): void {
    let missing = (sequence - this.#next) & 0xffff;
    if (!this.#active || missing >= MAX_DROPOUT) {
      this.#active = true;
      this.#sequenceOffset = ours.sequence - sequence;
      this.#timestampOffset = ours.timestamp - timestamp;
      this.#places = 0;
      missing = 0;
    }
    this.#places = Math.min(this.#places + missing + 1, MAX_DROPOUT);
    this.#next = (sequence + 1) & 0xffff;
  }
}
