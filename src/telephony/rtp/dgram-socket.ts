import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../../wire/wire.ts';
import type { RtpSocket } from './rtp-socket.ts';

const MAX_PORT = 0xffff;
/** How often, in datagrams, it is looked whether the kernel takes them; asking costs a twentieth of a send. */
const LOOK_EVERY = 8;

/** Addresses are never names here, so the answer is there at once; the system's resolver would cost a thread hop per packet. */
function noLookup(address: string, family: unknown, done: (error: null, address: string, family: number) => void): void {
  done(null, address, family === 6 ? 6 : 4);
}

/**
 * Binds a UDP socket. Speaking with one peer only connects it: a send costs a quarter less and the kernel drops what others send.
 * @throws the system's error (EADDRINUSE, EADDRNOTAVAIL, ...) when the port cannot be bound.
 */
export function openDgramSocket(local: Endpoint): Promise<RtpSocket> {
  const socket = createSocket({ type: isIPv6(local.address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(local.address), lookup: noLookup });
  let peer: Endpoint | undefined;
  let open = true;
  let sent = 0;
  /** The kernel's buffer is full, so what is sent would only wait in ours. */
  let stuck = false;
  // A connected socket reports that the peer's port is closed (ICMP). The peer may open it yet, so it is no end.
  const ignore = (): void => {};
  const disconnect = (): void => {
    try {
      socket.disconnect();
    } catch {
      // It was not connected: the address was one that it cannot reach.
    }
  };
  const sendConnected = (bytes: Uint8Array): void => {
    try {
      socket.send(bytes);
    } catch {
      // It is not connected after all: the address is one that it cannot reach. The error itself comes as an event.
      peer = undefined;
    }
  };
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      // It has a descriptor though it has no port.
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
      socket.off('error', refuse);
      socket.on('error', ignore);
      resolve({
        local: { address: local.address, port: socket.address().port },
        send(bytes, to) {
          if (!open) return;
          // A datagram that the kernel does not take waits in the caller's own buffer: what leaves later is whole, and the newest.
          if (++sent % LOOK_EVERY === 0) stuck = socket.getSendQueueCount() > 0;
          if (stuck) return;
          if (peer) sendConnected(bytes);
          else if (to.port > 0 && to.port <= MAX_PORT) socket.send(bytes, to.port, to.address);
        },
        onReceive(handler) {
          socket.removeAllListeners('message');
          socket.on('message', handler);
        },
        only(wanted) {
          if (!open || (wanted?.address === peer?.address && wanted?.port === peer?.port)) return;
          if (peer) disconnect();
          peer = undefined;
          if (!wanted) return;
          if (wanted.port < 1 || wanted.port > MAX_PORT) return;
          socket.connect(wanted.port, wanted.address);
          peer = wanted;
        },
        close() {
          if (!open) return;
          open = false;
          socket.close();
        },
      });
    });
  });
}
