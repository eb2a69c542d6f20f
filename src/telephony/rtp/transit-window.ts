/** Packets that are remembered: 5 s of frames of 20 ms. */
const REMEMBERED = 250;
/** Two of them may stand out by more than this without being waited for. */
const OUTLIER_MS = 20;

/**
 * How long the last packets were on their way, compared with each other: arrival less timestamp, in ms, on a scale of its own. What
 * nearly all of them need at most tells how long audio has to be held back.
 */
export class TransitWindow {
  readonly #transits = new Float64Array(REMEMBERED);
  #count = 0;

  add(transitMs: number): void {
    this.#transits[this.#count++ % REMEMBERED] = transitMs;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The shortest, and the longest, but for two at most that stand out. Undefined when nothing is remembered. */
  bounds(): { readonly leastMs: number; readonly mostMs: number } | undefined {
    const size = Math.min(this.#count, REMEMBERED);
    if (size === 0) return undefined;
    let leastMs = Number.POSITIVE_INFINITY;
    let worst = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    let third = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < size; index++) {
      const transitMs = this.#transits[index] ?? 0;
      if (transitMs < leastMs) leastMs = transitMs;
      if (transitMs <= third) continue;
      third = Math.min(transitMs, second);
      second = Math.min(Math.max(transitMs, second), worst);
      worst = Math.max(transitMs, worst);
    }
    return { leastMs, mostMs: size < 3 || worst - third <= OUTLIER_MS ? worst : third };
  }
}
