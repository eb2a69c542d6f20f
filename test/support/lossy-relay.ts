import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../src/wire/wire.ts';
import { LineFaults, type RelayFaults } from './line-faults.ts';

/** What became of one copy of a message. */
export interface Passage {
  readonly from: 'near' | 'far';
  readonly message: string;
  readonly isLost: boolean;
}

export interface LossyRelay {
  /** Where each side reaches the other. */
  readonly forNear: Endpoint;
  readonly forFar: Endpoint;
  /** Who the far side is, once that is known. */
  setFar(port: number): void;
  /** Every message that came to it, in order. */
  readonly passages: readonly Passage[];
  /** Idempotent. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** A relay before a far side, which writes the addresses in messages anew, so that nothing goes past it. What it does follows from `seed`; what is spared is not lost. Both are at one `address` of this machine. */
export async function lossyRelay(
  nearPort: number,
  faults: RelayFaults,
  seed: number,
  isSpared: (from: Passage['from'], message: string) => boolean = () => false,
  address = LOOPBACK,
): Promise<LossyRelay> {
  const { rebindsEvery } = faults;
  const line = new LineFaults(faults, seed);
  const near = [await bound(address)];
  const far = await bound(address);
  const first = near[0];
  if (!first) throw new Error('No socket');
  const forNear = { address, port: first.address().port };
  const forFar = { address, port: far.address().port };
  const host = address.includes(':') ? `[${address}]` : address;
  let farPort = 0;
  let fromFar = 0;
  let isOpen = true;
  let unused: Socket | undefined;

  const send = (bytes: Buffer, socket: Socket, port: number): void => {
    if (isOpen && port > 0) socket.send(bytes, port, address);
  };
  const passages: Passage[] = [];
  const pass = (from: Passage['from'], bytes: Buffer, socket: Socket, port: number): void => {
    const message = bytes.toString('latin1');
    line.pass(
      bytes,
      () => send(bytes, socket, port),
      (isLost) => passages.push({ from, message, isLost }),
      isSpared(from, message),
    );
  };
  const rewritten = (bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer => {
    let text = bytes.toString('latin1');
    for (const [from, to] of changes) text = text.replaceAll(`${host}:${from}`, `${host}:${to}`);
    return Buffer.from(text, 'latin1');
  };

  const fromNear = (bytes: Buffer): void =>
    pass(
      'near',
      rewritten(bytes, [
        [nearPort, forFar.port],
        [forNear.port, farPort],
      ]),
      far,
      farPort,
    );
  /** The NAT takes another port for what leaves, and forgets the one before. The first is forwarded: messages name it. */
  const rebind = (): void => {
    if (!unused) return;
    if (near.length > 1) near.at(-1)?.removeListener('message', fromNear);
    unused.on('message', fromNear);
    near.push(unused);
    unused = undefined;
  };
  first.on('message', fromNear);
  far.on('message', (bytes) => {
    rebind();
    if (rebindsEvery !== undefined && ++fromFar % rebindsEvery === 0) {
      void bound(address).then((socket) => {
        if (isOpen) unused = socket;
        else socket.close();
      });
    }
    pass(
      'far',
      rewritten(bytes, [
        [farPort, forNear.port],
        [forFar.port, nearPort],
      ]),
      near.at(-1) ?? first,
      nearPort,
    );
  });

  return {
    forNear,
    forFar,
    passages,
    setFar: (port) => {
      farPort = port;
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      line.close();
      for (const socket of [far, ...near, ...(unused ? [unused] : [])]) socket.close();
    },
  };
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
  await once(socket, 'listening');
  return socket;
}
