interface Kept<Value> {
  readonly loading: Promise<Value | undefined>;
  /** Set as soon as it is loaded. */
  value: Value | undefined;
}

/**
 * Values that are loaded once and kept until they change. Askers for the same key share one load. A change that comes while a value
 * is being loaded is not lost: the value is given to those who asked before, and not kept.
 */
export class Remembered<Value> {
  readonly #values = new Map<string, Kept<Value>>();
  readonly #load: (key: string) => Promise<Value | undefined>;
  readonly #most: number;

  /** @param load answers undefined for what does not exist, which is not kept. @param most how many values are kept. */
  constructor(load: (key: string) => Promise<Value | undefined>, most: number) {
    this.#load = load;
    this.#most = most;
  }

  /**
   * @param load for a value whose key does not say all that is needed to load it.
   * @throws what the load throws, to all who wait for it; the next asker tries again.
   */
  get(key: string, load = this.#load): Promise<Value | undefined> {
    const known = this.#values.get(key);
    if (known !== undefined) return known.loading;
    const kept: Kept<Value> = { loading: load(key), value: undefined };
    this.#values.set(key, kept);
    this.#makeRoom();
    kept.loading.then(
      (value) => {
        kept.value = value;
        if (value === undefined) this.#drop(key, kept);
      },
      () => this.#drop(key, kept),
    );
    return kept.loading;
  }

  /** Forgets one value, or all of them. */
  forget(key?: string): void {
    if (key === undefined) this.#values.clear();
    else this.#values.delete(key);
  }

  /** Forgets the values that `isStale`, and those that are being loaded, which might be. */
  forgetWhere(isStale: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#values) if (value === undefined || isStale(value)) this.#values.delete(key);
  }

  #drop(key: string, kept: Kept<Value>): void {
    if (this.#values.get(key) === kept) this.#values.delete(key);
  }

  #makeRoom(): void {
    if (this.#values.size <= this.#most) return;
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.#values.delete(oldest);
  }
}
