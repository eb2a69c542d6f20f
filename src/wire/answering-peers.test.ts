import { createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { listeningPort } from '../../test/support/listening-port.ts';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTcp } from './tcp.ts';
import type { Endpoint } from './wire.ts';

const MESSAGE = Buffer.from('OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n');
const PING = '\r\n\r\n';
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Peers at many addresses of this machine, which answer pings while `answers` is true, and a wire that connects to them. */
async function scene() {
  const peers = { answers: true, pings: 0, sockets: new Set<Socket>() };
  const server = createServer((socket) => {
    peers.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => peers.sockets.delete(socket));
    socket.on('data', (chunk) => {
      if (String(chunk) !== PING) return;
      peers.pings++;
      if (peers.answers) socket.write(`\r\n${MESSAGE}`);
    });
  });
  const port = await listeningPort(server, '0.0.0.0');
  opened.push(() => server.close());
  const clock = new VirtualClock();
  const wire = await openTcp({ local: { address: '127.0.0.1', port: 0 }, clock, log: silentLogger, pings: { random: seededRandom(5) } });
  opened.push(() => wire.close());
  let answers = 0;
  wire.onReceive(() => answers++);
  const peerAt = (nth: number): Endpoint => ({ address: `127.1.${nth >> 8}.${nth & 255}`, port });
  /** Connects to so many peers, lets each be pinged once, and answers how many of the connections are left ten seconds later. */
  const pinged = async (first: number, count: number): Promise<number> => {
    const before = { pings: peers.pings, answers };
    for (let nth = first; nth < first + count; nth++) await wire.send(MESSAGE, peerAt(nth));
    for (let second = 0; second < 120 && peers.pings < before.pings + count; second += 5) {
      await clock.advance(5_000);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await until(() => peers.pings === before.pings + count && (!peers.answers || answers === before.answers + count));
    await clock.advance(10_000);
    const left = wire.connections;
    for (const socket of peers.sockets) socket.destroy();
    await until(() => wire.connections === 0);
    return left;
  };
  return { clock, wire, peers, pinged };
}

it('of peers that answer pings a thousand are remembered; of others it is found out anew on each connection', async () => {
  const { clock, wire, peers, pinged } = await scene();
  for (let first = 1; first <= 1_000; first += 200) expect(await pinged(first, 200)).toBe(200);
  expect(await pinged(1_001, 1)).toBe(1);
  peers.answers = false;
  expect([await pinged(1_000, 1), await pinged(1_001, 1)]).toEqual([0, 1]);
  await wire.close();
  expect(clock.pendingTimers).toBe(0);
});
