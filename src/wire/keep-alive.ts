import type { Clock, Timer } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';

export interface KeepAliveOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the peer has ever answered a ping. One that never did need not know of them, and is not given up for its silence. */
  readonly answers: () => boolean;
  /** Whether the connection is to be kept, whatever comes or goes over it; absent: no. */
  readonly isKept?: () => boolean;
  /** How long after a message it is kept besides; absent: an hour, longer than session timers are silent. */
  readonly servesMs?: number;
  /** Sends a ping. */
  readonly ping: () => void;
  /** The peer does not answer any more: the connection is no good. Called once. */
  readonly lost: () => void;
}

/** RFC 5626 section 4.4.1: on a stream 95 to 120 s, by lot. */
const SHORTEST_MS = 95_000;
const LONGEST_MS = 120_000;
const PONG_MS = 10_000;
const SERVES_MS = 3_600_000;

/** Keeps a connection alive, and finds out when it is dead (RFC 5626 section 4.4.1). */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  /** Undefined: nothing is sent any more, as nobody wants the connection. */
  #timer: Timer | undefined;
  #lastMessageMs: number;
  /** A ping was sent, and nothing has come since. */
  #waiting = false;
  #closed = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#lastMessageMs = options.clock.now();
    this.#timer = this.#next();
  }

  /** A message was sent or came. */
  used(): void {
    this.#lastMessageMs = this.#options.clock.now();
    if (!this.#closed) this.#timer ??= this.#next();
  }

  /** Something came from the peer. */
  heard(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#timer?.cancel();
    this.#timer = this.#next();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #next(): Timer {
    const { clock, random } = this.#options;
    return clock.after(SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS + 1), () => this.#due());
  }

  #due(): void {
    const { clock, ping, isKept, servesMs = SERVES_MS } = this.#options;
    this.#timer = undefined;
    // The limit for idle connections closes it then.
    if (isKept?.() !== true && clock.now() - this.#lastMessageMs >= servesMs) return;
    this.#waiting = true;
    this.#timer = clock.after(PONG_MS, () => this.#silent());
    ping();
  }

  #silent(): void {
    this.#waiting = false;
    if (this.#options.answers()) this.#options.lost();
    else this.#timer = this.#next();
  }
}
