import { once } from 'node:events';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { TcpConnection, type TcpLimits } from './tcp-connection.ts';
import type { Endpoint, Wire } from './wire.ts';

export interface TcpOptions extends Partial<TcpLimits> {
  /** Where to listen, and from where to connect: an IP address, and a port or 0 for a free one. */
  readonly local: Endpoint;
  readonly clock: Clock;
  readonly log: Logger;
  readonly connectTimeoutMs?: number;
  /** Connections that peers may have open at a time; further ones are closed at once. */
  readonly maxConnections?: number;
}

/**
 * A TCP wire. A message to an endpoint goes over the connection to that endpoint while it is alive, whoever opened it, so an answer
 * goes back the way the request came (RFC 3261 section 18.2.2) and requests to one peer share a connection.
 */
export interface TcpWire extends Wire {
  readonly kind: 'tcp';
  /** Connections that are open or being opened. */
  readonly connections: number;
}

/** Long enough that a quiet trunk keeps its connection between calls. */
const IDLE_MS = 600_000;
const MESSAGE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 4000;
const MAX_QUEUED_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 4096;

/** Opens a TCP wire. Its addresses are of the family of `local`. @throws the system's error when the port cannot be had. */
export async function openTcp(options: TcpOptions): Promise<TcpWire> {
  const server = createServer();
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  server.listen({ host: options.local.address, port: options.local.port, ipv6Only: isIP(options.local.address) === 6 });
  await once(server, 'listening');
  server.on('error', (error) => options.log.warn({ err: error }, 'tcp listener error'));
  return new ListeningTcpWire(server, options);
}

class ListeningTcpWire implements TcpWire {
  readonly kind = 'tcp';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #options: TcpOptions;
  readonly #limits: TcpLimits;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #connecting = new Map<string, { readonly socket: Socket; readonly done: Promise<TcpConnection> }>();
  #handler: ((bytes: Uint8Array, from: Endpoint) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: Server, options: TcpOptions) {
    const bound = server.address();
    this.local = { address: options.local.address, port: typeof bound === 'object' && bound !== null ? bound.port : options.local.port };
    this.#server = server;
    this.#options = options;
    this.#limits = {
      idleMs: options.idleMs ?? IDLE_MS,
      messageMs: options.messageMs ?? MESSAGE_MS,
      maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
    };
    server.on('connection', (socket) => {
      const { remoteAddress, remotePort } = socket;
      if (remoteAddress === undefined || remotePort === undefined) socket.destroy();
      else this.#adopt(socket, { address: remoteAddress, port: remotePort });
    });
  }

  get connections(): number {
    return this.#connections.size + this.#connecting.size;
  }

  onReceive(handler: (bytes: Uint8Array, from: Endpoint) => void): void {
    this.#handler = handler;
  }

  async send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    if (this.#closing !== undefined) throw new Error('The wire is closed');
    const connection = this.#connections.get(keyOf(to));
    if (connection?.alive) connection.send(bytes);
    else (await this.#connect(to)).send(bytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { socket } of this.#connecting.values()) socket.destroy();
    for (const connection of this.#connections.values()) connection.close();
    await closed;
  }

  #adopt(socket: Socket, peer: Endpoint): TcpConnection {
    const key = keyOf(peer);
    const connection = new TcpConnection(socket, this.#options.clock, this.#limits, {
      message: (bytes) => this.#handler?.(bytes, peer),
      closed: () => {
        if (this.#connections.get(key) === connection) this.#connections.delete(key);
      },
    });
    this.#connections.set(key, connection);
    return connection;
  }

  #connect(to: Endpoint): Promise<TcpConnection> {
    const key = keyOf(to);
    const pending = this.#connecting.get(key);
    if (pending !== undefined) return pending.done;
    if (isIP(to.address) !== isIP(this.local.address)) throw new Error('The address is not of the family of this wire');
    const socket = connect({ host: to.address, port: to.port, localAddress: this.local.address });
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
      socket.once('connect', () => {
        timer.cancel();
        socket.off('error', reject);
        socket.off('close', onClose);
        resolve(this.#adopt(socket, to));
      });
    });
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
