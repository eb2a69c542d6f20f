import { once } from 'node:events';
import { isIP, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { ConnectionLimit, ConnectionPlace } from './connection-limit.ts';
import { TcpConnection, type TcpConnectionEvents, type TcpLimits, type TcpPings } from './tcp-connection.ts';
import type { Endpoint, Wire } from './wire.ts';

export interface StreamOptions extends Partial<Omit<TcpLimits, 'firstMessageMs'>> {
  /** Where to listen, and from where to connect: an IP address, and a port or 0 for a free one. */
  readonly local: Endpoint;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether one more connection, message or ping from an address is taken; what is not closes the connection. Absent: all are. */
  readonly admits?: ((address: string) => boolean) | undefined;
  /** Which connections of peers are too many, on this wire and others. Absent: none are, but for `maxConnections`. */
  readonly connectionLimit?: ConnectionLimit | undefined;
  /** For the times of pings (RFC 5626) on connections that we open, and those that carry registrations; absent: none are sent. */
  readonly pings?: { readonly random: Random } | undefined;
  /** Within this time an outgoing connection must be established, its TLS handshake included. */
  readonly connectTimeoutMs?: number;
  /** Connections that peers may have open at a time; further ones are closed at once. */
  readonly maxConnections?: number;
}

/**
 * A wire over connections. A message to an endpoint goes over the connection to that endpoint while it is alive, whoever opened it, so
 * an answer goes back the way the request came (RFC 3261 section 18.2.2) and requests to one peer share a connection. A connection
 * that was opened to a server name carries only what is meant for that name.
 */
export interface StreamWire<Kind extends 'tcp' | 'tls'> extends Wire {
  readonly kind: Kind;
  isConnected(to: Endpoint, provesToBe?: string): boolean;
  keep(peer: Endpoint, untilMs: number): void;
  onClosed(handler: (peer: Endpoint) => void): void;
  /** Connections that are open or being opened, by either side. */
  readonly connections: number;
}

/** What differs between TCP and TLS. */
export interface StreamTransport<Kind extends 'tcp' | 'tls'> {
  readonly kind: Kind;
  /** Takes connections once it listens. Without it, connections are only opened by us. */
  readonly server: Server | undefined;
  /** The event of `server` that brings a socket that is ready for messages, and that of an outgoing socket that has become so. */
  readonly ready: { readonly incoming: 'connection' | 'secureConnection'; readonly outgoing: 'connect' | 'secureConnect' };
  /** Begins to open a connection. */
  connect(to: Endpoint): Socket;
  /** Whether the peer of a connection has proved to be this domain or address; absent: none can. */
  proves?(socket: Socket, domain: string): boolean;
}

/** Long enough that a quiet trunk keeps its connection between calls. */
const IDLE_MS = 600_000;
const MESSAGE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 4000;
/** A stranger that connects has something to say: long enough for a first message over a bad line. */
const FIRST_MESSAGE_MS = 30_000;
const MAX_QUEUED_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 4096;
/** Peers of which it is remembered that they answer pings. */
const MOST_ANSWERING = 1000;

/** Listens, when the transport can, and makes the wire. @throws the system's error when the port cannot be had. */
export async function openStreamWire<Kind extends 'tcp' | 'tls'>(
  transport: StreamTransport<Kind>,
  options: StreamOptions,
): Promise<StreamWire<Kind>> {
  const { server, kind } = transport;
  if (server !== undefined) {
    server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
    server.listen({ host: options.local.address, port: options.local.port, ipv6Only: isIP(options.local.address) === 6 });
    await once(server, 'listening');
    server.on('drop', (dropped) => {
      if (dropped?.remoteAddress !== undefined) options.connectionLimit?.refuse(dropped.remoteAddress);
    });
    server.on('error', (error) => options.log.warn({ err: error, kind }, 'sip listener error'));
  }
  return new ConnectionsWire(transport, options);
}

class ConnectionsWire<Kind extends 'tcp' | 'tls'> implements StreamWire<Kind> {
  readonly kind: Kind;
  readonly local: Endpoint;
  readonly #transport: StreamTransport<Kind>;
  readonly #options: StreamOptions;
  readonly #limits: TcpLimits;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #connecting = new Map<string, { readonly socket: Socket; readonly done: Promise<TcpConnection> }>();
  /** Sockets that were accepted and are not ready for messages yet. */
  readonly #handshakes = new Map<string, { readonly socket: Socket; readonly timer: Timer }>();
  /** Of the connections that peers have opened, from the first moment on. */
  readonly #places = new Map<string, ConnectionPlace>();
  /** Peers that have answered a ping, by their keys. */
  readonly #answering = new Set<string>();
  #handler: ((bytes: Uint8Array, from: Endpoint) => void) | undefined;
  #closedHandlers: ((peer: Endpoint) => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(transport: StreamTransport<Kind>, options: StreamOptions) {
    const { server } = transport;
    const bound = server?.address();
    this.kind = transport.kind;
    this.local = {
      address: options.local.address,
      port: typeof bound === 'object' && bound !== null ? bound.port : options.local.port,
    };
    this.#transport = transport;
    this.#options = options;
    this.#limits = {
      idleMs: options.idleMs ?? IDLE_MS,
      messageMs: options.messageMs ?? MESSAGE_MS,
      maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
    };
    if (transport.ready.incoming !== 'connection') server?.on('connection', (socket) => this.#awaitHandshake(socket));
    server?.on(transport.ready.incoming, (socket: Socket) => this.#accept(socket));
  }

  get connections(): number {
    return this.#connections.size + this.#connecting.size + this.#handshakes.size;
  }

  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#handler = handler;
  }

  isConnected(to: Endpoint, provesToBe?: string): boolean {
    const connection = this.#connections.get(keyOf(to));
    if (!connection?.alive) return false;
    return provesToBe === undefined || this.#transport.proves?.(connection.socket, provesToBe) === true;
  }

  keep(peer: Endpoint, untilMs: number): void {
    const key = keyOf(peer);
    this.#connections.get(key)?.keep(untilMs, this.#options.pings?.random);
    if (untilMs > this.#options.clock.now()) this.#places.get(key)?.registered();
  }

  onClosed(handler: (peer: Endpoint) => void): void {
    this.#closedHandlers.push(handler);
  }

  async send(bytes: Uint8Array, to: Endpoint, signal?: AbortSignal): Promise<void> {
    if (this.#closing !== undefined) throw new Error('The wire is closed');
    let connection = this.#connections.get(keyOf(to));
    if (!connection?.alive) {
      connection = await this.#connect(to);
      signal?.throwIfAborted();
    }
    connection.send(bytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { server } = this.#transport;
    this.#closedHandlers = [];
    const closed = server && once(server, 'close');
    server?.close();
    for (const { socket } of this.#connecting.values()) socket.destroy();
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    for (const connection of this.#connections.values()) connection.close();
    await Promise.all([closed, ...[...this.#connecting.values()].map(({ done }) => done.catch(() => undefined))]);
  }

  /** A peer that connects and does not finish its handshake is given up like one that does not finish a message. */
  #awaitHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    if (peer === undefined || !this.#admits(socket, peer)) {
      socket.destroy();
      return;
    }
    const key = keyOf(peer);
    this.#handshakes.set(key, { socket, timer: this.#options.clock.after(this.#limits.messageMs, () => socket.destroy()) });
    socket.once('close', () => this.#handshakeOver(key));
  }

  #handshakeOver(key: string): void {
    this.#handshakes.get(key)?.timer.cancel();
    this.#handshakes.delete(key);
  }

  #accept(socket: Socket): void {
    const peer = peerOf(socket);
    // With a handshake it was asked before that.
    const isNew = peer !== undefined && this.#transport.ready.incoming === 'connection';
    if (peer !== undefined) this.#handshakeOver(keyOf(peer));
    if (peer === undefined || this.#closing !== undefined || (isNew && !this.#admits(socket, peer))) socket.destroy();
    else this.#adopt(socket, peer, this.#limitsOf(peer));
  }

  /** A stranger has to say something soon. */
  #limitsOf(peer: Endpoint): TcpLimits {
    const isStranger = this.#places.get(keyOf(peer))?.isKnown === false;
    return isStranger ? { ...this.#limits, firstMessageMs: FIRST_MESSAGE_MS } : this.#limits;
  }

  /** Whether a peer may have one more connection; it has its place until the socket is closed. */
  #admits(socket: Socket, peer: Endpoint): boolean {
    const { admits, connectionLimit } = this.#options;
    if (admits?.(peer.address) === false) return false;
    if (connectionLimit === undefined) return true;
    const place = connectionLimit.open(peer.address);
    if (place === undefined) return false;
    const key = keyOf(peer);
    this.#places.set(key, place);
    socket.once('close', () => {
      place.free();
      if (this.#places.get(key) === place) this.#places.delete(key);
    });
    return true;
  }

  #adopt(socket: Socket, peer: Endpoint, limits: TcpLimits, pings?: TcpPings): TcpConnection {
    const key = keyOf(peer);
    const events: TcpConnectionEvents = {
      admits: () => this.#options.admits?.(peer.address) !== false,
      message: (bytes) => this.#handler?.(bytes, peer),
      closed: () => {
        if (this.#connections.get(key) !== connection) return;
        this.#connections.delete(key);
        this.#tellClosed(peer);
      },
    };
    // Somebody has taken its place before it was noticed that it is gone.
    if (this.#connections.has(key)) this.#tellClosed(peer);
    const connection = new TcpConnection(socket, this.#options.clock, limits, events, pings);
    this.#connections.set(key, connection);
    return connection;
  }

  #tellClosed(peer: Endpoint): void {
    for (const handler of this.#closedHandlers) handler(peer);
  }

  #pingsTo(to: Endpoint): TcpPings | undefined {
    const { pings } = this.#options;
    const key = keyOf(to);
    return (
      pings && {
        random: pings.random,
        answers: () => this.#answering.has(key),
        answered: () => {
          if (this.#answering.size < MOST_ANSWERING) this.#answering.add(key);
        },
      }
    );
  }

  #connect(to: Endpoint): Promise<TcpConnection> {
    const key = keyOf(to);
    const pending = this.#connecting.get(key);
    if (pending !== undefined) return pending.done;
    if (isIP(to.address) !== isIP(this.local.address)) throw new Error('The address is not of the family of this wire');
    const socket = this.#transport.connect(to);
    const done = this.#established(socket, to).finally(() => this.#connecting.delete(key));
    this.#connecting.set(key, { socket, done });
    return done;
  }

  #established(socket: Socket, to: Endpoint): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      const { clock, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options;
      const timer = clock.after(connectTimeoutMs, () => socket.destroy(new Error('The peer did not accept the connection in time')));
      const onClose = () => reject(new Error('The wire is closed'));
      socket.once('error', reject);
      socket.once('close', onClose);
      socket.once('close', () => timer.cancel());
      socket.once(this.#transport.ready.outgoing, () => {
        timer.cancel();
        socket.off('error', reject);
        socket.off('close', onClose);
        resolve(this.#adopt(socket, to, this.#limits, this.#pingsTo(to)));
      });
    });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): Endpoint | undefined {
  return remoteAddress === undefined || remotePort === undefined ? undefined : { address: remoteAddress, port: remotePort };
}

function keyOf({ address, port, serverName = '' }: Endpoint): string {
  return `${address} ${port} ${serverName.toLowerCase()}`;
}
