import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Collected, CollectRules } from './media-port.ts';
import { newWait, type Wait } from './wait.ts';

/** Digits kept for a `collect` to come; a peer that floods us with more is not worth memory. */
const MAX_BUFFERED = 128;

interface Collecting {
  readonly rules: CollectRules;
  readonly wait: Wait<Collected>;
  digits: string;
  timer: Timer | undefined;
}

/**
 * The digits that were pressed and the one `collect` that may be waiting for them. Its timers run only while it waits: until the first
 * digit, and between digits, from the release of a key on.
 */
export class DigitCollector {
  readonly #clock: Clock;
  #buffer = '';
  #held = false;
  #collecting: Collecting | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether digits wait to be collected. */
  get buffered(): boolean {
    return this.#buffer !== '';
  }

  /** A key went down. */
  pressed(digit: string): void {
    this.#held = true;
    if (this.#collecting) {
      this.#stopTimer(this.#collecting);
      this.#take(this.#collecting, digit);
    } else if (this.#buffer.length < MAX_BUFFERED) {
      this.#buffer += digit;
    }
  }

  /** The key is up again. */
  released(): void {
    this.#held = false;
    if (this.#collecting) this.#startTimer(this.#collecting);
  }

  /** Drops digits that were not collected. */
  clear(): void {
    this.#buffer = '';
  }

  /** Takes digits, first those in the buffer. @throws Error when another collect is still waiting. */
  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    if (this.#collecting) return Promise.reject(new Error('Digits are being collected already'));
    const wait = newWait<Collected>(signal, () => {
      const collecting = this.#collecting;
      if (collecting?.wait !== wait) return;
      this.#stopTimer(collecting);
      this.#collecting = undefined;
    });
    if (signal.aborted) return wait.promise;
    const collecting: Collecting = { rules, wait, digits: '', timer: undefined };
    this.#collecting = collecting;
    if (rules.max <= 0) wait.resolve({ digits: '', why: 'complete' });
    while (this.#buffer !== '' && this.#collecting === collecting) {
      const digit = this.#buffer.charAt(0);
      this.#buffer = this.#buffer.slice(1);
      this.#take(collecting, digit);
    }
    if (this.#collecting === collecting && !this.#held) this.#startTimer(collecting);
    return wait.promise;
  }

  /** Rejects the collect that waits. */
  close(error: unknown): void {
    this.#collecting?.wait.reject(error);
  }

  #take({ rules, wait }: Collecting, digit: string): void {
    const collecting = this.#collecting;
    if (!collecting) return;
    if (rules.terminators.includes(digit)) {
      wait.resolve({ digits: collecting.digits, why: 'terminator' });
      return;
    }
    collecting.digits += digit;
    if (collecting.digits.length >= rules.max) wait.resolve({ digits: collecting.digits, why: 'complete' });
  }

  #startTimer(collecting: Collecting): void {
    this.#stopTimer(collecting);
    const { rules, wait } = collecting;
    const delayMs = collecting.digits === '' ? rules.firstMs : rules.betweenMs;
    collecting.timer = this.#clock.after(delayMs, () => wait.resolve({ digits: collecting.digits, why: 'timeout' }));
  }

  #stopTimer(collecting: Collecting): void {
    collecting.timer?.cancel();
    collecting.timer = undefined;
  }
}
