import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { ReplyOptions } from './make-response.ts';
import { parseRAck } from './parse-rack.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { PATIENCE_MS, T1_MS } from './transaction-step.ts';

interface Provisional {
  readonly status: number;
  readonly options: ReplyOptions;
}

interface Unacknowledged extends Provisional {
  readonly rSeq: number;
  repetition: Timer;
  readonly end: Timer;
}

/** So that numbers never reach their end (RFC 3262 section 3: the first is below 2^31). */
const FIRST_BELOW = 2 ** 20;

/**
 * The reliable provisional responses to one INVITE that we got (RFC 3262 section 3): one at a time, repeated after T1, doubling, until
 * its PRACK comes.
 */
export class ReliableProvisionals {
  readonly #clock: Clock;
  readonly #transaction: ServerTransaction;
  readonly #cSeq: number;
  readonly #giveUp: () => void;
  readonly #waiting: Provisional[] = [];
  #latest: Unacknowledged | undefined;
  /** The number of the response that waited for its PRACK when the final one was sent: it may still come. */
  #overtaken: number | undefined;
  #next: number;
  #idle: (() => void)[] = [];

  /** `giveUp` is called when a response was not acknowledged for 64*T1. */
  constructor(clock: Clock, random: Random, transaction: ServerTransaction, cSeq: number, giveUp: () => void) {
    this.#clock = clock;
    this.#transaction = transaction;
    this.#cSeq = cSeq;
    this.#giveUp = giveUp;
    this.#next = 1 + random.below(FIRST_BELOW);
  }

  /** The number that the next response will have. */
  get nextNumber(): number {
    return this.#next + this.#waiting.length;
  }

  /** Sends a response, once those before it are acknowledged. */
  send(status: number, options: ReplyOptions): void {
    this.#waiting.push({ status, options });
    if (!this.#latest) this.#sendNext();
  }

  /** Whether a RAck value names the response that waits for its PRACK, or did when the final one overtook it. */
  matches(value: string | undefined): boolean {
    const rAck = value === undefined ? undefined : parseRAck(value);
    const expected = this.#latest?.rSeq ?? this.#overtaken;
    return rAck !== undefined && rAck.rSeq === expected && rAck.cSeq === this.#cSeq;
  }

  /** The PRACK to the latest response is there: goes on with the next. */
  acknowledged(): void {
    this.#cancelTimers();
    this.#latest = undefined;
    this.#overtaken = undefined;
    this.#sendNext();
    if (!this.#latest) this.#tellIdle();
  }

  /** Whether a response waits for its PRACK. */
  get isWaiting(): boolean {
    return this.#latest !== undefined;
  }

  /** Resolves when every response is acknowledged, or when it is of no use any more. */
  whenIdle(): Promise<void> {
    if (!this.isWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** There is a final response: nothing is repeated, but the PRACK under way is taken (RFC 3262 section 3). Idempotent. */
  stop(): void {
    this.#cancelTimers();
    this.#overtaken = this.#latest?.rSeq ?? this.#overtaken;
    this.#latest = undefined;
    this.#waiting.length = 0;
    this.#tellIdle();
  }

  #sendNext(): void {
    const next = this.#waiting.shift();
    if (!next) return;
    const rSeq = this.#next++;
    const headers = [...(next.options.headers ?? []), ['Require', '100rel'], ['RSeq', String(rSeq)]] as const;
    const options = { ...next.options, headers };
    let intervalMs = T1_MS;
    const again = (): void => {
      this.#transaction.reply(next.status, options);
      intervalMs *= 2;
      latest.repetition = this.#clock.after(intervalMs, again);
    };
    const end = this.#clock.after(PATIENCE_MS, () => {
      this.stop();
      this.#giveUp();
    });
    const latest: Unacknowledged = { status: next.status, options, rSeq, repetition: this.#clock.after(intervalMs, again), end };
    this.#latest = latest;
    this.#transaction.reply(next.status, options);
  }

  #cancelTimers(): void {
    this.#latest?.repetition.cancel();
    this.#latest?.end.cancel();
  }

  #tellIdle(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
