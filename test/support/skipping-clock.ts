import { type Clock, systemClock, type Timer } from '../../src/kernel/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly run: () => void;
  timer: Timer;
}

/** The machine's clock, of which a test can leave out the time in which nothing happens; and which can run faster. */
export class SkippingClock implements Clock {
  readonly #pending = new Set<Pending>();
  readonly #startedAtMs = systemClock.now();
  readonly #speed: number;
  #skippedMs = 0;

  constructor(speed = 1) {
    this.#speed = speed;
  }

  /** How much time has been left out. */
  get skippedMs(): number {
    return this.#skippedMs;
  }

  /** Timers that have been set and neither run nor cancelled. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#startedAtMs + (systemClock.now() - this.#startedAtMs) * this.#speed + this.#skippedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const due = (): void => {
      this.#pending.delete(pending);
      run();
    };
    const pending: Pending = { dueMs: this.now() + delayMs, run: due, timer: systemClock.after(delayMs / this.#speed, due) };
    this.#pending.add(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        pending.timer.cancel();
      },
    };
  }

  /** Everything that is due within the next `ms` runs now. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    for (const pending of this.#pending) {
      pending.timer.cancel();
      pending.timer = systemClock.after(Math.max(0, pending.dueMs - this.now()) / this.#speed, pending.run);
    }
  }
}
