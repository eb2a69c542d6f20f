/**
 * Values that are loaded once and kept until they change. Askers for the same key share one load. A change that comes while a value
 * is being loaded is not lost: the value is given to those who asked before, and not kept.
 */
export class Remembered<Value> {
  readonly #values = new Map<string, Promise<Value | undefined>>();
  readonly #load: (key: string) => Promise<Value | undefined>;
  readonly #most: number;

  /** @param load answers undefined for what does not exist, which is not kept. @param most how many values are kept. */
  constructor(load: (key: string) => Promise<Value | undefined>, most: number) {
    this.#load = load;
    this.#most = most;
  }

  /** @throws what the load throws, to all who wait for it; the next asker tries again. */
  get(key: string): Promise<Value | undefined> {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(key);
    this.#values.set(key, loading);
    this.#makeRoom();
    loading.then(
      (value) => value === undefined && this.#drop(key, loading),
      () => this.#drop(key, loading),
    );
    return loading;
  }

  /** Forgets one value, or all of them. */
  forget(key?: string): void {
    if (key === undefined) this.#values.clear();
    else this.#values.delete(key);
  }

  #drop(key: string, loading: Promise<Value | undefined>): void {
    if (this.#values.get(key) === loading) this.#values.delete(key);
  }

  #makeRoom(): void {
    if (this.#values.size <= this.#most) return;
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.#values.delete(oldest);
  }
}
