/** A step of the timestamps this long is a jump of the sender, not a delay of the network. */
const JUMP_MS = 2000;
/** The weight of the newest difference (RFC 3550 section 6.4.1). */
const GAIN = 1 / 16;

/** The interarrival jitter of one source (RFC 3550 section 6.4.1 and appendix A.8): how unevenly its packets come. */
export class InterarrivalJitter {
  #unitsPerMs: number;
  #arrivedMs: number | undefined;
  #timestamp = 0;
  #jitterMs = 0;
  #differences = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** `clockRate` is that of the timestamps, in Hz. */
  constructor(clockRate = 8000) {
    this.#unitsPerMs = clockRate / 1000;
  }

  /** The estimate now, in timestamp units, as reports carry it. */
  get inUnits(): number {
    return Math.round(this.#jitterMs * this.#unitsPerMs);
  }

  /** The mean of the estimate over all packets, in ms. Undefined before the second packet. */
  get meanMs(): number | undefined {
    return this.#differences === 0 ? undefined : this.#sumMs / this.#differences;
  }

  /** The highest estimate, in ms. Undefined before the second packet. */
  get maxMs(): number | undefined {
    return this.#differences === 0 ? undefined : this.#maxMs;
  }

  /** The timestamps are of another clock from now on, and have nothing to do with those before. */
  useClock(clockRate: number): void {
    this.#unitsPerMs = clockRate / 1000;
    this.restart();
  }

  /** A packet with this RTP timestamp came at `nowMs`. */
  arrived(timestamp: number, nowMs: number): void {
    // D(i-1,i) = (R(i) - R(i-1)) - (S(i) - S(i-1)); as a step, the timestamp may wrap.
    const stepMs = ((timestamp - this.#timestamp) | 0) / this.#unitsPerMs;
    this.#timestamp = timestamp;
    const before = this.#arrivedMs;
    this.#arrivedMs = nowMs;
    if (before === undefined) return;
    const differenceMs = Math.abs(nowMs - before - stepMs);
    if (differenceMs > JUMP_MS) return;
    this.#jitterMs += (differenceMs - this.#jitterMs) * GAIN;
    this.#differences++;
    this.#sumMs += this.#jitterMs;
    if (this.#jitterMs > this.#maxMs) this.#maxMs = this.#jitterMs;
  }

  /** Another source speaks: its timestamps have nothing to do with those before. */
  restart(): void {
    this.#arrivedMs = undefined;
    this.#jitterMs = 0;
  }
}
