/** A timer that has been set. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the rest of the code may see it. Milliseconds everywhere; never `Date.now` or `setTimeout` directly. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Never goes backwards within one process. */
  now(): number;
  /** Runs `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer;
}

/** The machine's clock: wall time at the start of the process, advanced by the monotonic clock, to the microsecond. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * Waits `delayMs` on `clock`.
 * @throws the signal's reason when `signal` is aborted first.
 */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
