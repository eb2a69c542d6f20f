import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

interface Attempts {
  count: number;
  openAtMs: number;
}

const FREE_ATTEMPTS = 5;
const LONGEST_WAIT_MS = 300_000;
const MOST_KEPT = 10_000;

/**
 * Slows down the guessing of passwords: after five failures the next attempt of the same source at the same address has to wait one
 * second, then two, four, up to five minutes. An attempt counts as failed until it has succeeded, so that many at once are not free.
 */
export class SignInThrottle {
  readonly #clock: Clock;
  readonly #attempts = new Map<string, Attempts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sources and addresses that are remembered. */
  get size(): number {
    return this.#attempts.size;
  }

  /**
   * Call before anything is done with the password: what has to wait learns nothing of it, not even whether it is remembered as right.
   * @throws AppError TOO_MANY_SIGN_INS
   */
  check(key: string): void {
    const waitMs = (this.#attempts.get(key)?.openAtMs ?? 0) - this.#clock.now();
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new AppError('TOO_MANY_SIGN_INS', { seconds }, { retryAfterSeconds: seconds });
  }

  /** Call before the password is looked at. @throws AppError TOO_MANY_SIGN_INS */
  begin(key: string): void {
    this.check(key);
    const now = this.#clock.now();
    const known = this.#attempts.get(key) ?? { count: 0, openAtMs: 0 };
    known.count++;
    if (known.count >= FREE_ATTEMPTS) known.openAtMs = now + Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (known.count - FREE_ATTEMPTS));
    // The one that was used last comes last; the first of the table is the one to give up.
    this.#attempts.delete(key);
    this.#attempts.set(key, known);
    if (this.#attempts.size > MOST_KEPT) this.#forgetOldest();
  }

  /** Call when the password was right. */
  succeed(key: string): void {
    this.#attempts.delete(key);
  }

  /** Call when the password could not be looked at: the attempt does not count. */
  withdraw(key: string): void {
    const known = this.#attempts.get(key);
    if (!known) return;
    known.count--;
    known.openAtMs = 0;
    if (known.count === 0) this.#attempts.delete(key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#attempts.keys();
    if (oldest !== undefined) this.#attempts.delete(oldest);
  }
}
