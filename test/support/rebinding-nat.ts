import type { Nat } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';

const FIRST_PORT = 50_000;
const SIP_PORT = 5060;
const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0 };

/** What else there is to say of a NAT. */
interface Particulars {
  /** Of the SIP of the host, where that is rebound more often than its RTP. */
  readonly sipPerBinding?: number;
  /** What comes to the SIP port of the outside address goes to that of the host, always, as a trunk needs it that is called where it is. */
  readonly isForwarded?: boolean;
}

/**
 * A NAT before one host that gives an endpoint another outside port after so many datagrams, and forgets the one before. From outside the address of
 * the host itself leads nowhere.
 */
export class RebindingNat implements Nat {
  readonly #host: string;
  readonly #outsideAddress: string;
  readonly #datagramsPerBinding: number;
  readonly #particulars: Particulars;
  readonly #bindings = new Map<number, { outsidePort: number; left: number }>();
  readonly #insidePorts = new Map<number, number>();
  #nextPort = FIRST_PORT;
  rebindings = 0;

  constructor(host: string, outsideAddress: string, datagramsPerBinding: number, particulars: Particulars = {}) {
    this.#host = host;
    this.#outsideAddress = outsideAddress;
    this.#datagramsPerBinding = datagramsPerBinding;
    this.#particulars = particulars;
  }

  outside(inside: Endpoint): Endpoint {
    if (inside.address !== this.#host) return inside;
    let binding = this.#bindings.get(inside.port);
    if (!binding || binding.left === 0) {
      if (binding) {
        this.#insidePorts.delete(binding.outsidePort);
        this.rebindings++;
      }
      const perBinding = inside.port === SIP_PORT ? this.#particulars.sipPerBinding : undefined;
      binding = { outsidePort: this.#nextPort++, left: perBinding ?? this.#datagramsPerBinding };
      this.#bindings.set(inside.port, binding);
      this.#insidePorts.set(binding.outsidePort, inside.port);
    }
    binding.left--;
    return { address: this.#outsideAddress, port: binding.outsidePort };
  }

  /** Whether what is sent there comes to it. */
  isBefore({ address }: Endpoint): boolean {
    return address === this.#host || address === this.#outsideAddress;
  }

  inside({ address, port }: Endpoint): Endpoint {
    if (address === this.#host) return NOWHERE;
    if (address !== this.#outsideAddress) return { address, port };
    const isForwarded = this.#particulars.isForwarded && port === SIP_PORT;
    const insidePort = isForwarded ? port : this.#insidePorts.get(port);
    return insidePort === undefined ? NOWHERE : { address: this.#host, port: insidePort };
  }
}

/** A NAT before each of these hosts. */
export function severalNats(...nats: readonly RebindingNat[]): Nat {
  return {
    outside: (inside) => nats.reduce((endpoint, nat) => nat.outside(endpoint), inside),
    inside: (outside) => nats.find((nat) => nat.isBefore(outside))?.inside(outside) ?? outside,
  };
}
