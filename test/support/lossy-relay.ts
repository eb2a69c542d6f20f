import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededRandom } from '../../src/kernel/random.ts';
import type { Endpoint } from '../../src/wire/wire.ts';

/** What becomes of SIP on its way between two sides on 127.0.0.1. */
export interface RelayFaults {
  /** Percent of messages that are lost. One that comes again is not lost again. */
  readonly loses?: number;
  /** Percent of datagrams that come twice. */
  readonly doubles?: number;
  /** Percent of datagrams that are late, each by a time in this range, so that others overtake it when the range is wide. */
  readonly delays?: number;
  readonly leastDelayMs?: number;
  readonly mostDelayMs?: number;
  /** After every so many datagrams, what the far side sends comes from another port: its NAT has forgotten it. */
  readonly rebindsEvery?: number;
}

export interface LossyRelay {
  /** Where each side reaches the other. */
  readonly forNear: Endpoint;
  readonly forFar: Endpoint;
  /** Who the far side is, once that is known. */
  setFar(port: number): void;
  readonly counts: { passed: number; lost: number; doubled: number; delayed: number; rebound: number };
  /** Idempotent. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** A relay before a far side, which writes the addresses in messages anew, so that nothing goes past it. What it does follows from `seed`. */
export async function lossyRelay(nearPort: number, faults: RelayFaults, seed: number): Promise<LossyRelay> {
  const { loses = 0, doubles = 0, delays = 0, leastDelayMs = 0, mostDelayMs = leastDelayMs, rebindsEvery } = faults;
  const random = seededRandom(seed);
  const lost = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  const counts = { passed: 0, lost: 0, doubled: 0, delayed: 0, rebound: 0 };
  const near = [await bound()];
  const far = await bound();
  const first = near[0];
  if (!first) throw new Error('No socket');
  const forNear = { address: LOOPBACK, port: first.address().port };
  const forFar = { address: LOOPBACK, port: far.address().port };
  let farPort = 0;
  let fromFar = 0;
  let isOpen = true;

  const send = (bytes: Buffer, socket: Socket, port: number): void => {
    if (isOpen && port > 0) socket.send(bytes, port, LOOPBACK);
  };
  const pass = (bytes: Buffer, socket: Socket, port: number): void => {
    const copies = random.below(100) < doubles ? 2 : 1;
    if (copies === 2) counts.doubled++;
    for (let copy = 0; copy < copies; copy++) {
      if (random.below(100) < loses && !lost.has(bytes.toString('latin1'))) {
        lost.add(bytes.toString('latin1'));
        counts.lost++;
        continue;
      }
      counts.passed++;
      if (random.below(100) >= delays) {
        send(bytes, socket, port);
        continue;
      }
      counts.delayed++;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          send(bytes, socket, port);
        },
        leastDelayMs + random.below(mostDelayMs - leastDelayMs + 1),
      );
      timers.add(timer);
    }
  };
  const rewritten = (bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer => {
    let text = bytes.toString('latin1');
    for (const [from, to] of changes) text = text.replaceAll(`${LOOPBACK}:${from}`, `${LOOPBACK}:${to}`);
    return Buffer.from(text, 'latin1');
  };

  const fromNear = (bytes: Buffer): void =>
    pass(
      rewritten(bytes, [
        [nearPort, forFar.port],
        [forNear.port, farPort],
      ]),
      far,
      farPort,
    );
  first.on('message', fromNear);
  far.on('message', (bytes) => {
    if (rebindsEvery !== undefined && ++fromFar % rebindsEvery === 0) {
      counts.rebound++;
      // It comes from there as soon as the port is bound.
      void bound().then((socket) => {
        socket.on('message', fromNear);
        near.push(socket);
        if (!isOpen) socket.close();
      });
    }
    pass(
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
    counts,
    setFar: (port) => {
      farPort = port;
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [far, ...near]) socket.close();
    },
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}
