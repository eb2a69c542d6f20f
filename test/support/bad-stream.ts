import { once } from 'node:events';

import { connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Endpoint } from '../../src/wire/wire.ts';
import type { BadLine } from './bad-line.ts';
import { type Passing, RelayedConnection, type Side } from './relayed-connection.ts';
import { rewriteSip } from './rewrite-sip.ts';
import type { StreamFaults } from './stream-flow.ts';

/** What ends a connection, once: the first message, of either side, in which this is found. */
export interface StreamCut {
  readonly at: RegExp | ((nth: number) => boolean);
  /** Whether that message arrives. Absent: no. */
  readonly passes?: boolean;
  /** The connection stays open, and nothing passes it any more. Absent: it is closed. */
  readonly stalls?: boolean;
}

export interface BadStreamOptions {
  /** Where the near side listens. */
  readonly nearPort: number;
  readonly faults?: StreamFaults;
  /** Over TLS: what it shows to both sides; it takes whatever they show. Absent: over TCP. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** What sound goes through. Absent: it goes past the relay. */
  readonly media?: Pick<BadLine, 'nearAt' | 'farAt'>;
}

const LOOPBACK = '127.0.0.1';

/** Opens a relay, which is ready to take connections. */
export async function badStream(options: BadStreamOptions): Promise<BadStream> {
  const relay = new BadStream(options);
  await relay.listen();
  return relay;
}

/**
 * A bad network for SIP over TCP or TLS between two sides on 127.0.0.1, near us and far from us. It reads every message and writes the ports
 * in it anew, so that nothing goes past it: neither side has to know of it, but for the port that it calls first.
 */
export class BadStream {
  /** How many connections were made, how many messages came, how often something was sent on, how many pings the far side was sent and has answered, and how many connections were ended. */
  readonly counts = { made: 0, messages: 0, writes: 0, pings: 0, pongs: 0, cuts: 0 };
  readonly #faults: StreamFaults;
  readonly #tls: BadStreamOptions['tls'];
  readonly #media: BadStreamOptions['media'];
  /** That of a side is where it connects to, to reach the other one. */
  readonly #servers: Readonly<Record<Side, Server>>;
  readonly #real: Record<Side, number>;
  readonly #connections = new Set<RelayedConnection>();
  readonly #cuts: StreamCut[] = [];

  constructor({ nearPort, faults = {}, tls, media }: BadStreamOptions) {
    this.#faults = faults;
    this.#tls = tls;
    this.#media = media;
    this.#real = { near: nearPort, far: 0 };
    const serverFor = (side: Side): Server => {
      const take = (socket: Socket): void => this.#join(side, socket);
      return tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, take) : createServer(take);
    };
    this.#servers = { near: serverFor('near'), far: serverFor('far') };
  }

  /** Where the near side reaches the far one, and the other way. */
  get forNear(): Endpoint {
    return { address: LOOPBACK, port: portOf(this.#servers.near) };
  }

  get forFar(): Endpoint {
    return { address: LOOPBACK, port: portOf(this.#servers.far) };
  }

  /** Connections that are open. */
  get open(): number {
    return this.#connections.size;
  }

  /** Where the far side listens, once that is known. */
  setFar(port: number): void {
    this.#real.far = port;
  }

  cut(cut: StreamCut): void {
    this.#cuts.push(cut);
  }

  /** Ends all connections, and waits until this process has seen that. */
  async breakAll(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    while (this.#connections.size > 0) await turn();
    await turn();
    await turn();
  }

  async listen(): Promise<void> {
    for (const server of Object.values(this.#servers)) {
      server.listen(0, LOOPBACK);
      await once(server, 'listening');
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const server of Object.values(this.#servers)) server.close();
    await this.breakAll();
  }

  /** Somebody of this side has connected. */
  #join(from: Side, socket: Socket): void {
    const to = from === 'near' ? 'far' : 'near';
    const at = { host: LOOPBACK, port: this.#real[to] };
    const onward = this.#tls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
    this.counts.made++;
    const connection = new RelayedConnection({
      sockets: from === 'near' ? { near: socket, far: onward } : { near: onward, far: socket },
      faults: this.#faults,
      pass: (side, message) => this.#pass(side, message),
      onWrite: () => {
        this.counts.writes++;
      },
      onPing: (side) => {
        if (side === 'near') this.counts.pings++;
      },
      onPong: (side) => {
        if (side === 'far') this.counts.pongs++;
      },
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  async #pass(from: Side, message: string): Promise<Passing> {
    const nth = ++this.counts.messages;
    const cut = this.#cuts.find(({ at }) => (at instanceof RegExp ? at.test(message) : at(nth)));
    const to = from === 'near' ? 'far' : 'near';
    // A side knows the other one by the port that it connects to itself.
    const names = new Map([
      [this.#real[from], portOf(this.#servers[to])],
      [portOf(this.#servers[from]), this.#real[to]],
    ]);
    const text = await rewriteSip(message, {
      portFor: (port) => names.get(port),
      mediaPortFor: async (port) => this.#media?.[`${from}At`](port) ?? port,
    });
    if (!cut) return { text };
    this.#cuts.splice(this.#cuts.indexOf(cut), 1);
    this.counts.cuts++;
    return { text, ends: cut.stalls ? 'stall' : 'close', isLost: cut.passes !== true };
  }
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
