import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';

const EVERY_MS = 60_000;

/** Counts by reason whom SIP has refused, and writes what was counted into the log: one line a minute at most, however many there are. */
export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #totals = new Map<string, number>();
  #since = new Map<string, number>();
  #timer: Timer | undefined;
  readonly sinceMs: number;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
    this.sinceMs = clock.now();
  }

  /** How many were refused since the start, by reason. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** @param reason one of a fixed set: never something that a peer has written */
  count(reason: string): void {
    this.#totals.set(reason, (this.#totals.get(reason) ?? 0) + 1);
    this.#since.set(reason, (this.#since.get(reason) ?? 0) + 1);
    this.#timer ??= this.#clock.after(EVERY_MS, () => this.#tell());
  }

  /** Writes what was not written yet. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#tell();
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#since.size === 0) return;
    this.#log.info({ refused: Object.fromEntries(this.#since) }, 'SIP requests were refused');
    this.#since = new Map();
  }
}
