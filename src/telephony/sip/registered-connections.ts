import { familyOf } from '../../wire/ip-address.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Hop } from './transport.ts';

interface Registered {
  readonly untilMs: number;
  readonly onLost: () => void;
}

/**
 * The connections over which we are registered elsewhere (RFC 5626 section 4.4): each is kept for as long as a registration over it lasts, and who
 * has registered over one that is gone is told so.
 */
export class RegisteredConnections {
  readonly #wires: readonly Wire[];
  readonly #registered = new Map<string, Set<Registered>>();

  /** Listens to what the wires close. */
  constructor(wires: readonly Wire[]) {
    this.#wires = wires;
    for (const wire of wires) wire.onClosed?.((peer) => this.#closed({ ...peer, transport: wire.kind }));
  }

  /**
   * Somebody is registered over the connection to `to` until then, by the clock. `onLost` is called once if it is gone before it is let go. Answers how
   * to let it go, which may be done twice; undefined: it is gone already. Over UDP there is none, and nothing to do.
   */
  keep(to: Hop, untilMs: number, onLost: () => void): (() => void) | undefined {
    if (to.transport === 'udp') return () => {};
    if (this.#wireOf(to)?.isConnected?.(to) === false) return undefined;
    const key = keyOf(to);
    const all = this.#registered.get(key) ?? new Set();
    const registered = { untilMs, onLost };
    this.#registered.set(key, all.add(registered));
    this.#keepAll(to, all);
    return () => {
      // The connection that may be there by then is another one.
      if (this.#registered.get(key) !== all || !all.delete(registered)) return;
      if (all.size === 0) this.#registered.delete(key);
      this.#keepAll(to, all);
    };
  }

  #keepAll(to: Hop, all: ReadonlySet<Registered>): void {
    this.#wireOf(to)?.keep?.(to, Math.max(0, ...[...all].map(({ untilMs }) => untilMs)));
  }

  #closed(peer: Hop): void {
    const key = keyOf(peer);
    const gone = this.#registered.get(key);
    this.#registered.delete(key);
    for (const { onLost } of gone ?? []) onLost();
  }

  #wireOf({ transport, address }: Hop): Wire | undefined {
    const family = familyOf(address);
    return this.#wires.find(({ kind, local }) => kind === transport && familyOf(local.address) === family);
  }
}

function keyOf({ transport, address, port, serverName = '' }: Hop): string {
  return `${transport} ${address} ${port} ${serverName.toLowerCase()}`;
}
