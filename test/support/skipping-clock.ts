import { type Clock, systemClock, type Timer } from '../../src/kernel/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly run: () => void;
  timer: Timer;
}

/** The machine's clock, of which a test can leave out the time in which nothing happens. */
export class SkippingClock implements Clock {
  readonly #pending = new Set<Pending>();
  #skippedMs = 0;

  now(): number {
    return systemClock.now() + this.#skippedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const due = (): void => {
      this.#pending.delete(pending);
      run();
    };
    const pending: Pending = { dueMs: this.now() + delayMs, run: due, timer: systemClock.after(delayMs, due) };
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
      pending.timer = systemClock.after(Math.max(0, pending.dueMs - this.now()), pending.run);
    }
  }
}
