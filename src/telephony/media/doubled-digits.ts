/** How a peer tells a digit: in its stream, or beside it (SIP INFO). */
export type DigitWay = 'stream' | 'beside';

/** How far apart the two can come: a lost INFO is sent again after half a second, and twice more until then. */
const WINDOW_MS = 4000;
const REMEMBERED = 16;

/**
 * Notices the peer that tells each key press in both ways, as some gateways do: it counts once. Presses of the same key that come the same
 * way are different ones, however fast.
 */
export class DoubledDigits {
  readonly #single: { readonly digit: string; readonly way: DigitWay; readonly atMs: number }[] = [];

  /** Whether a press counts that comes now. */
  isNew(digit: string, way: DigitWay, nowMs: number): boolean {
    const twin = this.#single.findIndex((other) => other.way !== way && other.digit === digit && nowMs - other.atMs <= WINDOW_MS);
    if (twin >= 0) {
      this.#single.splice(twin, 1);
      return false;
    }
    this.#single.push({ digit, way, atMs: nowMs });
    if (this.#single.length > REMEMBERED) this.#single.shift();
    return true;
  }
}
