import type { Logger } from '../kernel/log.ts';
import { familyOf } from '../wire/ip-address.ts';
import type { Endpoint, Wire } from '../wire/wire.ts';
import { listeningHop } from './listening-hop.ts';
import type { Hop } from './sip/transport.ts';
import type { Binding, SipUsers } from './sip-users.ts';

export interface PhoneConnectionsOptions {
  readonly wires: readonly Wire[];
  readonly users: Pick<SipUsers, 'forget'>;
  readonly log: Logger;
}

interface Carried {
  readonly userId: string;
  readonly binding: Binding;
}

/**
 * The connections over which phones have registered (RFC 5626): each is kept for as long as a registration over it lasts, and what is registered
 * over one that is gone is forgotten at once, unless the phone can be connected to.
 */
export class PhoneConnections {
  readonly #options: PhoneConnectionsOptions;
  /** By the endpoint of the phone, then by the binding. */
  readonly #carried = new Map<string, Map<string, Carried>>();
  /** The endpoints of each user that are in there. */
  readonly #endpoints = new Map<string, Map<string, Hop>>();

  /** Listens to what the wires close. */
  constructor(options: PhoneConnectionsOptions) {
    this.#options = options;
    for (const { kind, onClosed } of options.wires.map((wire) => ({ kind: wire.kind, onClosed: wire.onClosed?.bind(wire) })))
      onClosed?.((peer) => this.#closed({ ...peer, transport: kind }));
  }

  /** Connections that carry registrations. */
  get size(): number {
    return this.#carried.size;
  }

  /** A REGISTER has changed the bindings of a user: `added` came over a connection of ours, and of all these are `left`. */
  registered(userId: string, added: readonly Binding[], left: readonly Binding[]): void {
    const stays = left.filter(
      (binding) => binding.source.transport !== 'udp' && (added.some((one) => isSame(one, binding)) || this.#carries(binding)),
    );
    const before = [...(this.#endpoints.get(userId)?.values() ?? [])];
    for (const source of before) this.#release(userId, source);
    for (const binding of stays) this.#add({ userId, binding });
    for (const source of [...before, ...stays.map((binding) => binding.source)]) this.#keep(source);
    // The answer of the database may have come when the phone was gone.
    for (const { source } of stays) if (!this.#isUp(source)) this.#closed(source);
  }

  /** Where requests to a phone go; undefined: the connection over which it has registered is gone, and nothing can be opened to it. */
  wayTo(binding: Binding): Hop | undefined {
    const { source } = binding;
    // Over UDP nothing else leads through a NAT; a connection is where the phone is, whatever its Contact says.
    if (source.transport === 'udp' || this.#carries(binding)) return { ...source, isOnlyWay: true };
    return listeningHop(binding);
  }

  #carries(binding: Binding): boolean {
    return this.#carried.get(keyOf(binding.source))?.has(idOf(binding)) === true;
  }

  #add(carried: Carried): void {
    const { userId, binding } = carried;
    const key = keyOf(binding.source);
    getOrAdd(this.#carried, key).set(idOf(binding), carried);
    getOrAdd(this.#endpoints, userId).set(key, binding.source);
  }

  #release(userId: string, source: Hop): void {
    const key = keyOf(source);
    const here = this.#carried.get(key);
    for (const [id, carried] of here ?? []) if (carried.userId === userId) here?.delete(id);
    if (here?.size === 0) this.#carried.delete(key);
    const endpoints = this.#endpoints.get(userId);
    endpoints?.delete(key);
    if (endpoints?.size === 0) this.#endpoints.delete(userId);
  }

  #keep(source: Hop): void {
    const here = this.#carried.get(keyOf(source));
    const untilMs = Math.max(0, ...[...(here?.values() ?? [])].map(({ binding }) => binding.expiresAtMs));
    this.#wireOf(source)?.keep?.(source, untilMs);
  }

  #isUp(source: Hop): boolean {
    return this.#wireOf(source)?.isConnected?.(source) !== false;
  }

  #closed(source: Hop): void {
    const gone = [...(this.#carried.get(keyOf(source))?.values() ?? [])];
    for (const { userId } of gone) this.#release(userId, source);
    const { users, log } = this.#options;
    for (const { userId, binding } of gone) {
      if (listeningHop(binding) !== undefined) continue;
      log.info({ transport: source.transport }, 'the connection of a phone is gone, and its registration with it');
      users.forget(userId, binding).catch((error: unknown) => log.warn({ err: error }, 'a registration could not be forgotten'));
    }
  }

  #wireOf({ transport, address }: Hop): Wire | undefined {
    const family = familyOf(address);
    return this.#options.wires.find(({ kind, local }) => kind === transport && familyOf(local.address) === family);
  }
}

/** Tells a registration from those before and after it, of this phone and of others that had the same port. */
function idOf({ key, callId }: Binding): string {
  return `${callId} ${key}`;
}

function isSame(one: Binding, other: Binding): boolean {
  return one.key === other.key && one.callId === other.callId && one.cSeq === other.cSeq;
}

function keyOf({ address, port, transport }: Endpoint & Pick<Hop, 'transport'>): string {
  return `${transport} ${address} ${port}`;
}

function getOrAdd<Value>(all: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const found = all.get(key) ?? new Map<string, Value>();
  all.set(key, found);
  return found;
}
