import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { DatagramSocket } from './datagram-socket.ts';
import { MemoryConnections } from './memory-connections.ts';
import { type Endpoint, SHORTEST_MESSAGE_BYTES, type Wire, type WireKind } from './wire.ts';

/** What becomes of one datagram. */
export type Verdict = 'pass' | 'drop' | 'duplicate' | { readonly delayMs: number };

/** What goes wrong with datagrams; TCP and TLS messages arrive once and in order, unless their connection breaks. */
export interface Faults {
  readonly lossPercent?: number;
  readonly duplicatePercent?: number;
  /** Each datagram takes a random time in this range, so those sent close together may overtake each other. */
  readonly delayMs?: { readonly min: number; readonly max: number };
  /** Decides for one datagram before chance does; `nth` counts all datagrams of this network from 1. */
  readonly filter?: (bytes: Uint8Array, from: Endpoint, to: Endpoint, nth: number) => Verdict;
  /** Stands between some of the endpoints and the others; asked about each datagram when it is sent. */
  readonly nat?: Nat;
  /** How long a TCP or TLS connection takes to be there, or to be refused. Absent: no time. */
  readonly connectMs?: number;
  /** Decides for one TCP or TLS message whether its connection breaks as soon as that is under way. */
  readonly breaks?: (bytes: Uint8Array, from: Endpoint, to: Endpoint, sentMs: number) => boolean;
  /** Is told of each datagram and message when it is sent; what it answers is called whenever a copy of that has arrived. */
  readonly watch?: (bytes: Uint8Array, from: Endpoint, to: Endpoint, sentMs: number) => Watched;
}

type Watched = ((arrivedMs: number) => void) | undefined;

/** An address translator (RFC 4787). An endpoint that it does not know is answered as it is. */
export interface Nat {
  /** What the others see as the source of what `inside` sends. */
  outside(inside: Endpoint): Endpoint;
  /** Who is behind the address that the others send to. */
  inside(outside: Endpoint): Endpoint;
}

/** Counts since the network was made; TCP messages are in `sent` and `delivered` too. */
export interface NetworkCounts {
  readonly sent: number;
  readonly delivered: number;
  /** Lost on the way, by filter, by chance or with a connection. */
  readonly dropped: number;
  readonly duplicated: number;
  /** Arrived where no port was open. */
  readonly unreachable: number;
}

type Handler = (bytes: Uint8Array, from: Endpoint) => void;

interface Port {
  readonly key: string;
  readonly local: Endpoint;
  receive: Handler | undefined;
  readonly onClosed: ((peer: Endpoint) => void)[];
}

const FIRST_FREE_PORT = 40_000;

/** A network in memory that moves with `clock`: no system port is opened, and a run repeats from the seed of `random`. */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #ports = new Map<string, Port>();
  readonly #connections: MemoryConnections;
  readonly #counts = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, unreachable: 0 };
  #datagrams = 0;
  #freePort = FIRST_FREE_PORT;

  constructor(clock: Clock, random: Random, faults: Faults = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#connections = new MemoryConnections(clock, faults.connectMs);
  }

  /** How many ports are open; a test's way to show that nothing leaks. */
  get openPorts(): number {
    return this.#ports.size;
  }

  get counts(): NetworkCounts {
    return { ...this.#counts };
  }

  /** Opens a SIP wire. Port 0 takes a free one. What `admits` does not take is lost. @throws when the endpoint is in use. */
  wire(kind: WireKind, endpoint: Endpoint, admits?: (address: string) => boolean): Wire {
    const port = this.#open(kind, endpoint);
    return {
      kind,
      local: port.local,
      send: async (bytes, to, signal) => {
        if (!this.#ports.has(port.key)) throw new Error('The wire is closed');
        if (kind === 'udp') this.#sendDatagram(bytes, port.local, to);
        else {
          const peer = keyOf(kind, to);
          await this.#connections.open(port.key, peer, () => this.#ports.has(peer), signal);
          this.#sendReliably(kind, bytes, port.local, to);
        }
      },
      ...(kind !== 'udp' && { onClosed: (handler: (peer: Endpoint) => void) => void port.onClosed.push(handler) }),
      onReceive: (handler) => {
        port.receive = (bytes, from) => {
          if (kind === 'udp' && bytes.length < SHORTEST_MESSAGE_BYTES) return;
          if (admits?.(from.address) !== false) handler(bytes, from);
        };
      },
      close: async () => this.#close(port),
    };
  }

  /** Opens a datagram socket, for RTP. Port 0 takes a free one. @throws when the endpoint is in use. */
  datagramSocket(endpoint: Endpoint): DatagramSocket {
    const port = this.#open('udp', endpoint);
    return {
      local: port.local,
      send: (bytes, to) => {
        if (this.#ports.has(port.key)) this.#sendDatagram(bytes, port.local, to);
      },
      onReceive: (handler) => {
        port.receive = handler;
      },
      close: () => this.#close(port),
    };
  }

  /** Breaks the TCP or TLS connection between two endpoints: what is under way over it is lost, and both sides are told. */
  break(kind: WireKind, one: Endpoint, other: Endpoint): void {
    const [key, peer] = [keyOf(kind, one), keyOf(kind, other)];
    this.#counts.dropped += this.#connections.break(key, peer, () => {
      for (const told of this.#ports.get(key)?.onClosed ?? []) told(other);
      for (const told of this.#ports.get(peer)?.onClosed ?? []) told(one);
    });
  }

  #open(kind: WireKind, wanted: Endpoint): Port {
    const local = wanted.port === 0 ? this.#free(kind, wanted.address) : { address: wanted.address, port: wanted.port };
    const port: Port = { key: keyOf(kind, local), local, receive: undefined, onClosed: [] };
    if (this.#ports.has(port.key)) throw new Error(`The endpoint is in use: ${port.key}`);
    this.#ports.set(port.key, port);
    return port;
  }

  #free(kind: WireKind, address: string): Endpoint {
    let local: Endpoint;
    do local = { address, port: this.#freePort++ };
    while (this.#ports.has(keyOf(kind, local)));
    return local;
  }

  #close(port: Port): void {
    if (this.#ports.get(port.key) === port) this.#ports.delete(port.key);
  }

  #sendDatagram(bytes: Uint8Array, from: Endpoint, to: Endpoint): void {
    this.#counts.sent++;
    const watched = this.#watched(bytes, from, to);
    const verdict = this.#faults.filter?.(bytes, from, to, ++this.#datagrams) ?? 'pass';
    if (verdict === 'drop' || this.#chance(this.#faults.lossPercent)) {
      this.#counts.dropped++;
      return;
    }
    const { nat } = this.#faults;
    const source = nat ? nat.outside(from) : from;
    const target = nat ? nat.inside(to) : to;
    const arrive = this.#arrival('udp', bytes, source, target, watched);
    this.#clock.after(typeof verdict === 'object' ? verdict.delayMs : this.#delayMs(), arrive);
    if (verdict === 'duplicate' || this.#chance(this.#faults.duplicatePercent)) {
      this.#counts.duplicated++;
      this.#clock.after(this.#delayMs(), this.#arrival('udp', bytes, source, target, watched));
    }
  }

  #sendReliably(kind: WireKind, bytes: Uint8Array, from: Endpoint, to: Endpoint): void {
    const [key, peer] = [keyOf(kind, from), keyOf(kind, to)];
    if (!this.#ports.has(peer)) throw new Error(`Nothing listens on ${peer}`);
    this.#counts.sent++;
    const watched = this.#watched(bytes, from, to);
    const breaks = this.#faults.breaks?.(bytes, from, to, this.#clock.now()) === true;
    const isCarried = this.#connections.carry(key, peer, this.#faults.delayMs?.min ?? 0, this.#arrival(kind, bytes, from, to, watched));
    if (!isCarried) this.#counts.dropped++;
    if (breaks) this.break(kind, from, to);
  }

  #watched(bytes: Uint8Array, from: Endpoint, to: Endpoint): Watched {
    return this.#faults.watch?.(bytes, from, to, this.#clock.now());
  }

  /** What happens when a copy of these bytes, as they are now, arrives at `to`. */
  #arrival(kind: WireKind, bytes: Uint8Array, from: Endpoint, to: Endpoint, watched: Watched): () => void {
    const copy = new Uint8Array(bytes);
    return () => {
      const port = this.#ports.get(keyOf(kind, to));
      if (port?.receive === undefined) {
        this.#counts.unreachable++;
        return;
      }
      this.#counts.delivered++;
      watched?.(this.#clock.now());
      port.receive(copy, from);
    };
  }

  #chance(percent = 0): boolean {
    return percent > 0 && this.#random.below(10_000) < percent * 100;
  }

  #delayMs(): number {
    const { min, max } = this.#faults.delayMs ?? { min: 0, max: 0 };
    return max > min ? min + this.#random.below(max - min + 1) : min;
  }
}

function keyOf(kind: WireKind, endpoint: Endpoint): string {
  return `${kind} ${endpoint.address} ${endpoint.port}`;
}
