/** Collects samples of unknown number as 16 bit PCM. Doubles its room when it is full. */
export class PcmBuffer {
  #samples: Int16Array<ArrayBuffer>;
  #length = 0;

  constructor(expected = 16_000) {
    this.#samples = new Int16Array(expected);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds samples of full scale 1, rounded, clipped at full scale. */
  add(samples: Float32Array): void {
    if (this.#length + samples.length > this.#samples.length) {
      const larger = new Int16Array(Math.max(this.#samples.length * 2, this.#length + samples.length));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    for (const sample of samples) this.#samples[this.#length++] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
  }

  /** The samples so far; valid until the next `add`. */
  samples(): Int16Array<ArrayBuffer> {
    return this.#samples.subarray(0, this.#length);
  }
}
