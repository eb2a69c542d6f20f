interface Work<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  askers: number;
}

/** Does the work for a key once, however many ask for it meanwhile. */
export class SharedWork<Result> {
  readonly #running = new Map<string, Work<Result>>();

  /** Keys that are being worked on. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Joins the work that runs for `key`, or begins it with `start`, whose signal is aborted when the last asker has left.
   * @throws the reason of `signal` as soon as it is aborted; otherwise what the work throws.
   */
  async join(key: string, start: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const work = this.#running.get(key) ?? this.#begin(key, start);
    work.askers++;
    try {
      return await unlessAborted(work.result, signal);
    } finally {
      work.askers--;
      if (work.askers === 0) {
        this.#forget(key, work);
        work.controller.abort();
      }
    }
  }

  #begin(key: string, start: (signal: AbortSignal) => Promise<Result>): Work<Result> {
    const controller = new AbortController();
    const work: Work<Result> = { result: start(controller.signal), controller, askers: 0 };
    this.#running.set(key, work);
    const over = () => this.#forget(key, work);
    work.result.then(over, over);
    return work;
  }

  #forget(key: string, work: Work<Result>): void {
    if (this.#running.get(key) === work) this.#running.delete(key);
  }
}

/** Waits for `result`, but no longer than `signal` allows. */
export function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}
