/** How far behind the newest packet one may come (RFC 3711 section 3.3.2: at least 64). */
const WINDOW = 128;

/** Which packets of one source have come, by their index: each counts once, and one that is too old never (RFC 3711 section 3.3.2). */
export class ReplayWindow {
  readonly #seen = new Uint8Array(WINDOW);
  #highest = -1;

  /** The highest index so far, or -1. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether a packet of this index may still be taken. Changes nothing: it has to be authenticated first. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true;
    return index > this.#highest - WINDOW && this.#seen[index % WINDOW] === 0;
  }

  /** An authenticated packet of this index, which was new, is taken. */
  take(index: number): void {
    if (index > this.#highest) {
      const from = Math.max(this.#highest + 1, index - WINDOW + 1);
      for (let passed = from; passed < index; passed++) this.#seen[passed % WINDOW] = 0;
      this.#highest = index;
    }
    this.#seen[index % WINDOW] = 1;
  }
}
