import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Hop } from './transport.ts';

export interface UdpKeepAliveOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly send: (bytes: Uint8Array, to: Hop) => void;
}

/** RFC 5626 section 4.4.2: over UDP 24 to 29 s, by lot: many NATs forget after 30 s. */
const SHORTEST_MS = 24_000;
const LONGEST_MS = 29_000;
/** An empty line: too short for a message, so that whoever gets it drops it unread. STUN (RFC 5626 section 3.5.2) would want an answer, which few carriers give. */
const PING: Uint8Array = Buffer.from('\r\n\r\n');

/** Keeps the way open by which a peer reaches us over UDP through a NAT before us, while it may send us calls. */
export class UdpKeepAlive {
  readonly #options: UdpKeepAliveOptions;
  #timer: Timer | undefined;

  constructor(options: UdpKeepAliveOptions) {
    this.#options = options;
  }

  /** Sends to `to` from now on, and for so long, what keeps the way open; to nobody else any more. Does nothing over other transports. */
  keep(to: Hop, forMs: number): void {
    this.stop();
    if (to.transport === 'udp') this.#next(to, this.#options.clock.now() + forMs);
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #next(to: Hop, untilMs: number): void {
    const { clock, random, send } = this.#options;
    const waitMs = SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS + 1);
    if (clock.now() + waitMs > untilMs) return;
    this.#timer = clock.after(waitMs, () => {
      send(PING, to);
      this.#next(to, untilMs);
    });
  }
}
