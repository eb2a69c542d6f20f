import type { Clock, Timer } from '../../kernel/clock.ts';

const noTimer: Timer = { cancel: () => {} };

/** A clock whose timers end together: after `close` none of them runs and none can be set. */
export class TimerScope implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(delayMs: number, run: () => void): Timer {
    if (this.#closed) return noTimer;
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Cancels every timer. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
