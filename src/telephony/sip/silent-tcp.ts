import type { Clock } from '../../kernel/clock.ts';
import type { Endpoint } from '../../wire/wire.ts';

/** How long TCP is not tried again for the size of a request only. */
const REMEMBERED_MS = 300_000;
/** A failure that came sooner has cost nobody anything, as where TCP is refused. */
const SLOW_MS = 500;
const MOST_REMEMBERED = 1000;

/** Where TCP did not answer lately: requests that are too large for UDP go there over UDP at once (RFC 3261 section 18.1.1). */
export class SilentTcp {
  readonly #clock: Clock;
  /** Until when, in the order in which they were seen. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nothing could be handed over to an endpoint by TCP, as was known after so long. */
  failed(to: Endpoint, afterMs: number): void {
    if (afterMs < SLOW_MS) return;
    const key = keyOf(to);
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + REMEMBERED_MS);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MOST_REMEMBERED && oldest !== undefined) this.#until.delete(oldest);
  }

  /** Something was handed over to an endpoint by TCP. */
  worked(to: Endpoint): void {
    this.#until.delete(keyOf(to));
  }

  has(to: Endpoint): boolean {
    // As nearly always, and it is asked before each request.
    if (this.#until.size === 0) return false;
    const key = keyOf(to);
    const untilMs = this.#until.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#clock.now()) return true;
    this.#until.delete(key);
    return false;
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
