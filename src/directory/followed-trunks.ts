import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Changes } from '../store/changes.ts';

export interface FollowedTrunksOptions<Row> {
  readonly endpoints: { readonly trunkRows: () => Promise<readonly Row[]> };
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 5_000;

/** Reads all trunks, and again when an endpoint changes, and hands them over each time. */
export class FollowedTrunks<Row> {
  readonly #options: FollowedTrunksOptions<Row>;
  readonly #follow: (rows: readonly Row[]) => void;
  readonly #unsubscribe: () => void;
  #loading: Promise<void> | undefined;
  #stale = true;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: FollowedTrunksOptions<Row>, follow: (rows: readonly Row[]) => void) {
    this.#options = options;
    this.#follow = follow;
    this.#unsubscribe = options.changes.subscribe((change) => {
      if (!change || change.kind === 'endpoint') this.#reload();
    });
    this.#reload();
  }

  /** Hands nothing over any more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#retry?.cancel();
    await this.#loading;
    this.#retry?.cancel();
  }

  #reload(): void {
    this.#stale = true;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
  }

  /** Reads until nothing has changed meanwhile. Never rejects. */
  async #load(): Promise<void> {
    while (this.#stale && !this.#closed) {
      this.#stale = false;
      try {
        const rows = await this.#options.endpoints.trunkRows();
        if (!this.#closed) this.#follow(rows);
      } catch (error) {
        this.#options.log.warn({ err: error }, 'The trunks cannot be read; it is tried again');
        this.#retry?.cancel();
        this.#retry = this.#options.clock.after(RETRY_MS, () => this.#reload());
      }
    }
  }
}
