import { type Clock, sleep } from '../kernel/clock.ts';
import { streamClosed } from './media/wait.ts';
import type { DigitOutcome } from './sip/dialog-infos.ts';

/** How digits are sent to a peer: as telephone-events in the stream (as tones when those were not agreed on), or in SIP INFO. */
export type DigitTransport = 'rtp' | 'info';

/** The pace of telephone-events: see digit-sender.ts. */
const DIGIT_MS = 100;
const GAP_MS = 80;
const WAIT_MS = 500;
/** Nobody presses faster than digits can be told, so most of what waits is an attack. */
const MOST_WAITING = 32;

interface ToldDigitsParts {
  readonly clock: Clock;
  /** Tells the peer one digit, held for so long. */
  readonly tell: (digit: string, durationMs: number) => Promise<DigitOutcome>;
  /** Sends digits in the stream, to a peer that refuses them in this way. */
  readonly otherwise: (digits: string, signal: AbortSignal) => Promise<void>;
  /** Called once, when the peer refuses digits in this way. */
  readonly refused: () => void;
}

/** The digits that one peer is told in INFO, one after the other: each when the one before was answered. */
export class ToldDigits {
  readonly #parts: ToldDigitsParts;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isRefused = false;

  constructor(parts: ToldDigitsParts) {
    this.#parts = parts;
  }

  /** Sends digits (0-9 * # A-D; `w` waits 500 ms) after those before. @throws the signal's reason, or an AbortError when the call is over */
  async send(digits: string, signal: AbortSignal): Promise<void> {
    const own = AbortSignal.any([signal, this.#closing.signal]);
    const before = this.#last;
    const sent = before.then(() => this.#send(digits, own));
    this.#last = sent.catch(() => {});
    await aborted(sent, own);
  }

  /** Sends a digit that a bridge has for the peer; it is dropped when too many wait. */
  pass(digit: string): void {
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting += 1;
    this.send(digit, this.#closing.signal)
      .catch(() => {})
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** The call is over: nothing more is sent. Idempotent. */
  close(): void {
    this.#closing.abort(streamClosed);
  }

  async #send(digits: string, signal: AbortSignal): Promise<void> {
    const { clock, tell, otherwise, refused } = this.#parts;
    for (const [at, digit] of [...digits].entries()) {
      signal.throwIfAborted();
      if (this.#isRefused) return otherwise(digits.slice(at), signal);
      if (digit.toLowerCase() === 'w') {
        await sleep(clock, WAIT_MS, signal);
        continue;
      }
      const [outcome] = await Promise.all([tell(digit, DIGIT_MS), sleep(clock, DIGIT_MS + GAP_MS, signal)]);
      if (outcome === 'lost') throw streamClosed;
      if (outcome === 'taken') continue;
      this.#isRefused = true;
      refused();
      return otherwise(digits.slice(at), signal);
    }
  }
}

/** Settles with `promise`, or rejects with the signal's reason when that is aborted first. */
function aborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
