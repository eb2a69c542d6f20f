import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listeningPort } from '../../test/support/listening-port.ts';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTcp, type TcpWire } from './tcp.ts';
import type { Endpoint } from './wire.ts';

const message = Buffer.from('OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n');
const PING = '\r\n\r\n';

let wire: TcpWire;
let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await wire.close();
});

/** Enough for what was written on loopback to be read, usually: nothing depends on it but how soon. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A wire with a connection to a peer that counts pings, and answers them while `answers` is true. */
async function scene(answers: boolean) {
  const peer = { answers, pings: 0, messages: 0 };
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = String(chunk);
      if (text !== PING) peer.messages++;
      else {
        peer.pings++;
        // The message after it shows when it has arrived.
        if (peer.answers) socket.write(`\r\n${message}`);
      }
    });
  });
  const to: Endpoint = { address: '127.0.0.1', port: await listeningPort(server) };
  const clock = new VirtualClock();
  wire = await openTcp({ local: { address: '127.0.0.1', port: 0 }, clock, log: silentLogger, pings: { random: seededRandom(5) } });
  let received = 0;
  wire.onReceive(() => {
    received++;
  });
  await wire.send(message, to);
  await until(() => peer.messages === 1);
  /** Lets time pass until the next ping has come, and its answer, if there is one. */
  const pinged = async (): Promise<void> => {
    const { pings } = peer;
    const answers = received + (peer.answers ? 1 : 0);
    for (let second = 0; second < 120 && peer.pings === pings; second++) {
      await clock.advance(1000);
      await turns();
    }
    await until(() => peer.pings === pings + 1 && received === answers);
  };
  return { peer, to, clock, pinged, received: () => received };
}

describe('a connection that we opened', () => {
  it('is pinged, and opened anew when a peer that answered before is dead', async () => {
    const { peer, to, clock, pinged } = await scene(true);
    for (let round = 0; round < 3; round++) await pinged();
    expect([wire.connections, sockets.length]).toEqual([1, 1]);
    peer.answers = false;
    await pinged();
    await clock.advance(10_000);
    expect([wire.connections, wire.isConnected(to)]).toEqual([0, false]);
    await wire.send(message, to);
    await until(() => peer.messages === 2);
    expect(sockets).toHaveLength(2);
    // What the peer can do is remembered: this connection is given up at its first ping.
    await pinged();
    await clock.advance(10_000);
    expect(wire.connections).toBe(0);
    await wire.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['sent', 'received'])('is pinged for as long as messages are %s over it', async (way) => {
    const { peer, to, clock, received } = await scene(false);
    for (let nth = 1; nth <= 15; nth++) {
      await clock.advance(300_000);
      if (way === 'sent') await wire.send(message, to);
      else sockets[0]?.write(message);
      await until(() => (way === 'sent' ? peer.messages - 1 : received()) === nth);
    }
    await turns();
    const { pings } = peer;
    await clock.advance(300_000);
    await until(() => peer.pings > pings);
  });

  it('stays when the peer does not know of pings, until it is idle', async () => {
    const { peer, clock } = await scene(false);
    await clock.advance(599_000);
    await until(() => peer.pings > 3);
    expect(wire.connections).toBe(1);
    await clock.advance(1000);
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });
});
