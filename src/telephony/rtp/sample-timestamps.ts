const SAMPLE_RATE = 8000;

/**
 * RTP timestamps of any clock as counts of samples, 8000 per second, for what knows nothing of codecs. When the clock changes, what has passed
 * since the last timestamp is counted by the clock of before, as our own packets count it. Of one source.
 */
export class SampleTimestamps {
  #rate = SAMPLE_RATE;
  #last = 0;
  /** Of the last timestamp, in units of the clock, counted on beyond 32 bits. */
  #units = 0;

  /** The count, 32 bits like the timestamp, that belongs to `timestamp` of a clock of `clockRate` Hz. */
  of(timestamp: number, clockRate: number): number {
    this.#units += (timestamp - this.#last) | 0;
    this.#last = timestamp;
    if (clockRate !== this.#rate) {
      this.#units *= clockRate / this.#rate;
      this.#rate = clockRate;
    }
    return Math.round((this.#units * SAMPLE_RATE) / this.#rate) >>> 0;
  }
}
