/** An address, and when something came from it last. */
export interface RecentSource {
  readonly address: string;
  readonly lastMs: number;
}

/** Addresses that are kept, the last ones: a flood from any number of them takes no more room. */
const MOST = 10;

/** From where something came, the last ten addresses. */
export class RecentSources {
  /** When something came from each last; the last one is the last of them. */
  readonly #lastMs = new Map<string, number>();

  add(address: string, nowMs: number): void {
    this.#lastMs.delete(address);
    this.#lastMs.set(address, nowMs);
    if (this.#lastMs.size <= MOST) return;
    const [oldest] = this.#lastMs.keys();
    if (oldest !== undefined) this.#lastMs.delete(oldest);
  }

  forget(address: string): void {
    this.#lastMs.delete(address);
  }

  /** Those from which something came at this time or later, the last one first. */
  since(fromMs: number): RecentSource[] {
    const sources = [...this.#lastMs].map(([address, lastMs]) => ({ address, lastMs }));
    return sources.filter(({ lastMs }) => lastMs >= fromMs).reverse();
  }
}
