import type { Clock } from '../kernel/clock.ts';
import { unavailable } from './store-error.ts';

/**
 * Waits for `work`, at most `limitMs`. What it answers later is dropped.
 * @throws AppError STORE_UNAVAILABLE when the time is over.
 */
export function within<T>(clock: Clock, limitMs: number, work: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => reject(unavailable()));
    work.then(
      (answer) => {
        timer.cancel();
        resolve(answer);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
