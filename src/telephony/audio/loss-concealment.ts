const FRAME_SAMPLES = 160;
/** What is remembered of the audio before a loss: enough to find a period in. */
export const REMEMBERED_SAMPLES = 360;
/** Pitch of 66 to 200 Hz, at 8000 samples per second. */
const SHORTEST_PERIOD = 40;
const LONGEST_PERIOD = 120;
/** How much is compared to find it. */
const COMPARED_SAMPLES = 120;
/** Full for 10 ms, then fading to nothing at 60 ms (as ITU-T G.711 appendix I does). */
const FULL_SAMPLES = 80;
const SILENT_SAMPLES = 480;
/** How long what was made up and what comes again overlap. */
const OVERLAP_SAMPLES = 40;

/** How many frames of a gap are made up before there is silence. */
export const CONCEALED_FRAMES = SILENT_SAMPLES / FRAME_SAMPLES;

/**
 * Makes up audio that was lost, at 8000 samples per second: the last period of the voice goes on, and fades. What comes after a loss begins
 * softly, without a click.
 */
export class LossConcealment {
  readonly #history = new Int16Array(REMEMBERED_SAMPLES);
  #period = 0;
  /** Samples made up since the last that came. */
  #madeUp = 0;

  /** Whether what comes next will be smoothed. */
  get goesOn(): boolean {
    return this.#madeUp > 0;
  }

  /** `samples` came, and are smoothed in place when something was made up before them. */
  heard(samples: Int16Array): void {
    if (this.#madeUp > 0) {
      const overlap = Math.min(OVERLAP_SAMPLES, samples.length);
      for (let index = 0; index < overlap; index++) {
        const weight = (index + 1) / (overlap + 1);
        samples[index] = Math.round((samples[index] ?? 0) * weight + this.#next() * (1 - weight));
      }
      this.#madeUp = 0;
    }
    this.#remember(samples);
  }

  /** Fills `samples` with what goes on from what was heard last. */
  conceal(samples: Int16Array): void {
    if (this.#madeUp === 0) this.#period = this.#findPeriod();
    for (let index = 0; index < samples.length; index++) samples[index] = this.#next();
  }

  #next(): number {
    const made = this.#madeUp++;
    if (made >= SILENT_SAMPLES) return 0;
    const gain = made < FULL_SAMPLES ? 1 : (SILENT_SAMPLES - made) / (SILENT_SAMPLES - FULL_SAMPLES);
    return Math.round((this.#history[REMEMBERED_SAMPLES - this.#period + (made % this.#period)] ?? 0) * gain);
  }

  #remember(samples: Int16Array): void {
    const kept = Math.min(samples.length, REMEMBERED_SAMPLES);
    this.#history.copyWithin(0, kept);
    this.#history.set(kept === samples.length ? samples : samples.subarray(samples.length - kept), REMEMBERED_SAMPLES - kept);
  }

  /** The shift at which the end of what was heard is most like what was before it. */
  #findPeriod(): number {
    let best = LONGEST_PERIOD;
    let least = Number.POSITIVE_INFINITY;
    for (let period = SHORTEST_PERIOD; period <= LONGEST_PERIOD; period++) {
      let difference = 0;
      for (let at = REMEMBERED_SAMPLES - COMPARED_SAMPLES; at < REMEMBERED_SAMPLES; at++) {
        difference += Math.abs((this.#history[at] ?? 0) - (this.#history[at - period] ?? 0));
      }
      if (difference < least) {
        least = difference;
        best = period;
      }
    }
    return best;
  }
}
