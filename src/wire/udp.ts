import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Logger } from '../kernel/log.ts';
import { type Endpoint, SHORTEST_MESSAGE_BYTES, type Wire } from './wire.ts';

export interface UdpOptions {
  /** Where to listen: an IP address, and a port or 0 for a free one. */
  readonly local: Endpoint;
  readonly log: Logger;
  /** Longer datagrams are dropped. */
  readonly maxDatagramBytes?: number;
  /** Whether one more datagram from an address is taken; absent: all are. */
  readonly admits?: ((address: string) => boolean) | undefined;
}

/** The most that a datagram over IPv4 can carry. */
const MAX_DATAGRAM_BYTES = 65_507;
/** Room for a burst while the event loop is busy; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Opens a UDP wire. Its addresses are of the family of `local`. @throws the system's error when the port cannot be had. */
export async function openUdp(options: UdpOptions): Promise<Wire> {
  const { log, admits, maxDatagramBytes = MAX_DATAGRAM_BYTES } = options;
  const family = isIP(options.local.address);
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Addresses are literals already; the default asks the resolver's thread pool for each datagram.
    lookup: (address, _options, done) => done(null, address, family),
  });
  // Without a lookup to wait for, it may already listen when `bind` returns.
  const listening = once(socket, 'listening');
  socket.bind(options.local.port, options.local.address);
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('error', (error) => log.warn({ err: error }, 'udp socket error'));

  let open = true;
  let handler: ((bytes: Uint8Array, from: Endpoint) => void) | undefined;
  socket.on('message', (bytes, { address, port }) => {
    if (bytes.length < SHORTEST_MESSAGE_BYTES || bytes.length > maxDatagramBytes || admits?.(address) === false) return;
    handler?.(bytes, { address, port });
  });
  const { address, port } = socket.address();
  return {
    kind: 'udp',
    local: { address, port },
    send: (bytes, to) =>
      new Promise((resolve, reject) => {
        if (!open) throw new Error('The wire is closed');
        if (isIP(to.address) !== family) throw new Error('The address is not of the family of this wire');
        socket.send(bytes, to.port, to.address, (error) => (error ? reject(error) : resolve()));
      }),
    onReceive: (next) => {
      handler = next;
    },
    close: async () => {
      if (!open) return;
      open = false;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
