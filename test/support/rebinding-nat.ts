import type { Nat } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';

const FIRST_PORT = 50_000;

/** A NAT before one host that gives an endpoint another outside port after so many datagrams, and forgets the one before. */
export class RebindingNat implements Nat {
  readonly #host: string;
  readonly #outsideAddress: string;
  readonly #datagramsPerBinding: number;
  readonly #bindings = new Map<number, { outsidePort: number; left: number }>();
  readonly #insidePorts = new Map<number, number>();
  #nextPort = FIRST_PORT;
  rebindings = 0;

  constructor(host: string, outsideAddress: string, datagramsPerBinding: number) {
    this.#host = host;
    this.#outsideAddress = outsideAddress;
    this.#datagramsPerBinding = datagramsPerBinding;
  }

  outside(inside: Endpoint): Endpoint {
    if (inside.address !== this.#host) return inside;
    let binding = this.#bindings.get(inside.port);
    if (!binding || binding.left === 0) {
      if (binding) {
        this.#insidePorts.delete(binding.outsidePort);
        this.rebindings++;
      }
      binding = { outsidePort: this.#nextPort++, left: this.#datagramsPerBinding };
      this.#bindings.set(inside.port, binding);
      this.#insidePorts.set(binding.outsidePort, inside.port);
    }
    binding.left--;
    return { address: this.#outsideAddress, port: binding.outsidePort };
  }

  inside(outside: Endpoint): Endpoint {
    const port = outside.address === this.#outsideAddress ? this.#insidePorts.get(outside.port) : undefined;
    return port === undefined ? outside : { address: this.#host, port };
  }
}
