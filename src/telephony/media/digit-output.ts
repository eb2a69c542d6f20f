import { type DigitFrame, framesOfDigits } from '../rtp/digit-sender.ts';
import { newWait, type Wait } from './wait.ts';

const MOST_PASSED = 32;

interface Sending {
  readonly frames: Generator<DigitFrame, void>;
  readonly wait: Wait<void>;
}

/** The digits that one stream has to send, one request after the other, frame by frame. */
export class DigitOutput {
  readonly #queue: Sending[] = [];

  /** Whether there is anything to send. */
  get active(): boolean {
    return this.#queue.length > 0;
  }

  /** Puts `digits` at the end of the queue; resolves when the last pause is over. @throws DigitsError when they are none. */
  send(digits: string, signal: AbortSignal): Promise<void> {
    const frames = framesOfDigits(digits);
    const wait = newWait<void>(signal, () => {
      const index = this.#queue.findIndex((sending) => sending.wait === wait);
      if (index >= 0) this.#queue.splice(index, 1);
    });
    if (!signal.aborted) this.#queue.push({ frames, wait });
    return wait.promise;
  }

  /** Puts a digit that a bridge has for the peer at the end of the queue. It is dropped when too many wait: nobody presses so fast. */
  pass(digit: string): void {
    if (this.#queue.length < MOST_PASSED) this.send(digit, new AbortController().signal).catch(() => undefined);
  }

  /** What the next frame carries, or undefined when no digits are to be sent. */
  next(): DigitFrame | undefined {
    for (let sending = this.#queue[0]; sending; sending = this.#queue[0]) {
      const { done, value } = sending.frames.next();
      if (!done) return value;
      sending.wait.resolve();
    }
    return undefined;
  }

  /** Rejects everything that waits. */
  close(error: unknown): void {
    for (const sending of [...this.#queue]) sending.wait.reject(error);
  }
}
