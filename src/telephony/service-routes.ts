import type { Clock } from '../kernel/clock.ts';
import type { SipHost } from './port.ts';

interface Known {
  readonly route: readonly string[];
  readonly untilMs: number;
}

/** The ways that registrars want calls to take which leave while an address is registered there (RFC 3608). */
export class ServiceRoutes {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls of `user` to this host take this way for so long: values of Route. Answers how to end that. */
  learn(host: SipHost, user: string, route: readonly string[], forMs: number): () => void {
    const key = keyOf(host, user);
    const known = { route, untilMs: this.#clock.now() + forMs };
    this.#known.set(key, known);
    return () => {
      if (this.#known.get(key) === known) this.#known.delete(key);
    };
  }

  /** Values of Route for a call of `user` to this host. */
  of(host: SipHost, user: string | undefined): readonly string[] {
    const known = user === undefined ? undefined : this.#known.get(keyOf(host, user));
    return known && this.#clock.now() < known.untilMs ? known.route : [];
  }
}

function keyOf({ host, port, transport }: SipHost, user: string): string {
  return JSON.stringify([host.toLowerCase(), port, transport, user]);
}
