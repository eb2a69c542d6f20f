import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const ATTEMPTS = 50;

/** A port of a relay that stands for a port of one side: the other side sends there, and gets what comes from that side from there. */
export class StandIn {
  /** The port that it stands for. */
  readonly of: number;
  readonly #onDatagram: (bytes: Buffer, fromPort: number) => void;
  readonly #sockets: Socket[] = [];
  #isForwarded = false;

  constructor(of: number, socket: Socket, onDatagram: (bytes: Buffer, fromPort: number) => void) {
    this.of = of;
    this.#onDatagram = onDatagram;
    this.#use(socket);
  }

  /** Where it can be reached since the beginning. */
  get port(): number {
    return this.#sockets[0]?.address().port ?? 0;
  }

  send(bytes: Buffer, port: number): void {
    const socket = this.#sockets.at(-1);
    socket?.send(bytes, port, socket.address().address);
  }

  /** The port that it has from the beginning leads there for ever, as one that the owner of a NAT has forwarded. */
  forward(): this {
    this.#isForwarded = true;
    return this;
  }

  /** Sends from another port from now on. Nothing that comes to the ones before is taken any more, save to one that is forwarded. */
  async rebind(): Promise<void> {
    const known = this.#sockets[0];
    if (!known) return;
    const socket = await bound(known.address().address, 0);
    const [first, ...others] = this.#sockets;
    if (first === undefined) {
      socket.close();
      return;
    }
    for (const old of this.#isForwarded ? others : [first, ...others]) old.removeAllListeners('message');
    this.#use(socket);
  }

  /** Idempotent. */
  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  #use(socket: Socket): void {
    socket.on('message', (bytes, { port }) => this.#onDatagram(bytes, port));
    this.#sockets.push(socket);
  }
}

/** Two sockets on ports of an address in a row, the first of them even, as RTP and RTCP have them. @throws when there are none */
export async function boundPair(address: string): Promise<[Socket, Socket]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = await bound(address, 0);
    const { port } = first.address();
    const second = port % 2 === 0 ? await bound(address, port + 1).catch(() => undefined) : undefined;
    if (second) return [first, second];
    first.close();
  }
  throw new Error(`No two ports of ${address} in a row are free.`);
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(port, address);
  await once(socket, 'listening');
  return socket;
}
