const FULL_SCALE = 32_768;
/** The square root of 3: a uniform noise of peak 1 has an RMS of 1 / this. */
const PEAK_PER_RMS = Math.sqrt(3);

/** Noise for the pauses of a source that suppresses silence: as loud as its packets say (RFC 3389 section 3), white whatever spectrum they name. */
export class ComfortNoise {
  #peak = 0;
  #state = 1;

  /** Whether a packet has asked for noise that may be heard. */
  get isOn(): boolean {
    return this.#peak > 0;
  }

  /** A packet came. Its first byte is the level in dB below overload, its upper bit 0 (section 3.1); one without bytes changes nothing. */
  use(payload: Uint8Array): void {
    const level = payload[0];
    if (level !== undefined) this.#peak = FULL_SCALE * 10 ** (-(level & 0x7f) / 20) * PEAK_PER_RMS;
  }

  /** The source speaks again. */
  stop(): void {
    this.#peak = 0;
  }

  /** Fills `samples`; with nothing when it is off. */
  fill(samples: Int16Array): void {
    for (let index = 0; index < samples.length; index++) {
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      const sample = Math.round((this.#peak * this.#state) / 0x8000_0000);
      samples[index] = sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
    }
  }
}
