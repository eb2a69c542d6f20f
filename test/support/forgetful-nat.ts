import type { Nat } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';

const FIRST_PORT = 50_000;

/** A NAT before one host that forgets a port from which nothing has left for some time (RFC 4787 section 4.3). */
export class ForgetfulNat implements Nat {
  readonly #now: () => number;
  readonly #host: string;
  readonly #outsideAddress: string;
  readonly #forgetsAfterMs: number;
  readonly #bindings = new Map<number, { readonly outsidePort: number; usedMs: number }>();
  #nextPort = FIRST_PORT;

  constructor(now: () => number, host: string, outsideAddress: string, forgetsAfterMs: number) {
    this.#now = now;
    this.#host = host;
    this.#outsideAddress = outsideAddress;
    this.#forgetsAfterMs = forgetsAfterMs;
  }

  outside({ address, port }: Endpoint): Endpoint {
    if (address !== this.#host) return { address, port };
    let binding = this.#bindings.get(port);
    if (!binding || this.#isForgotten(binding.usedMs)) binding = { outsidePort: this.#nextPort++, usedMs: 0 };
    binding.usedMs = this.#now();
    this.#bindings.set(port, binding);
    return { address: this.#outsideAddress, port: binding.outsidePort };
  }

  inside(outside: Endpoint): Endpoint {
    if (outside.address !== this.#outsideAddress) return outside;
    const known = [...this.#bindings].find(([, { outsidePort, usedMs }]) => outsidePort === outside.port && !this.#isForgotten(usedMs));
    return known ? { address: this.#host, port: known[0] } : outside;
  }

  #isForgotten(usedMs: number): boolean {
    return this.#now() - usedMs > this.#forgetsAfterMs;
  }
}
