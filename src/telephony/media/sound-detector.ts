/** Mean magnitude of 16 bit samples above which a line is live: about -61 dB of full scale, below the noise of any open microphone. */
const LEAST_SOUND = 30;
/** Fewer packets than this are a click. */
const ENOUGH = 3;
/** Samples of a packet that are looked at: 20 ms. */
const LOOKED_AT = 160;

/** Tells whether a stream carries anything but silence. Once it is known, listening costs nothing. */
export class SoundDetector {
  #packets = 0;

  /** Whether sound was heard. */
  get audible(): boolean {
    return this.#packets >= ENOUGH;
  }

  /** The samples of one packet came. */
  hear(samples: Int16Array): void {
    if (this.#packets >= ENOUGH) return;
    const length = Math.min(samples.length, LOOKED_AT);
    let sum = 0;
    for (let index = 0; index < length; index++) sum += Math.abs(samples[index] ?? 0);
    if (sum >= LEAST_SOUND * length && length > 0) this.#packets++;
  }
}
