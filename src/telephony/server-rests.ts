import type { Clock } from '../kernel/clock.ts';
import type { Hop } from './sip/transport.ts';

/** Which servers of a host are to be left alone, as they have asked for it (Retry-After, RFC 3261 section 21.5.4). */
export class ServerRests {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A server is to be left alone for so long. */
  rest(server: Hop, forMs: number): void {
    const nowMs = this.#clock.now();
    for (const [key, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(key);
    if (forMs > 0) this.#untilMs.set(keyOf(server), nowMs + forMs);
  }

  /** Those that need not be left alone; all, when there are none. */
  rested(servers: readonly Hop[]): readonly Hop[] {
    const rested = servers.filter((server) => this.leftMs([server]) === 0);
    return rested.length > 0 ? rested : servers;
  }

  /** How long all of these are to be left alone. */
  leftMs(servers: readonly Hop[]): number {
    const untilMs = servers.map((server) => this.#untilMs.get(keyOf(server)) ?? 0);
    return untilMs.length === 0 ? 0 : Math.max(0, Math.min(...untilMs) - this.#clock.now());
  }
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${address} ${port}`;
}
