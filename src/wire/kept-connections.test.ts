import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTcp, type TcpWire } from './tcp.ts';
import type { Endpoint } from './wire.ts';

const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';
const PING = '\r\n\r\n';
const HOUR_MS = 3_600_000;

const opened: { wire?: TcpWire; sockets: Socket[] } = { sockets: [] };
afterEach(async () => {
  for (const socket of opened.sockets.splice(0)) socket.destroy();
  await opened.wire?.close();
});

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A wire to which a phone has connected, which counts pings and answers them while `answers` is true. */
async function scene(answers: boolean) {
  const clock = new VirtualClock();
  const wire = await openTcp({ local: { address: '127.0.0.1', port: 0 }, clock, log: silentLogger, pings: { random: seededRandom(3) } });
  opened.wire = wire;
  let received = 0;
  const sources: Endpoint[] = [];
  wire.onReceive((_bytes, from) => {
    received++;
    sources.push(from);
  });
  const closed: Endpoint[] = [];
  wire.onClosed((peer) => closed.push(peer));
  const phone = { answers, pings: 0, closed: false };
  const socket = connect(wire.local.port, wire.local.address);
  opened.sockets.push(socket);
  socket.on('error', () => {});
  socket.on('close', () => {
    phone.closed = true;
  });
  socket.on('data', (chunk) => {
    if (String(chunk) !== PING) return;
    phone.pings++;
    // The message after it shows when it has arrived.
    if (phone.answers) socket.write(`\r\n${message}`);
  });
  await once(socket, 'connect');
  socket.write(message);
  await until(() => received === 1);
  const [peer] = sources;
  if (!peer) throw new Error('nothing came');
  /** Lets so many seconds pass, and what is sent meanwhile arrive. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 5) {
      const { pings } = phone;
      const before = received;
      await clock.advance(5000);
      await turns();
      if (phone.answers && phone.pings > pings) await until(() => received > before);
    }
  };
  return { clock, wire, phone, socket, peer, closed, pass };
}

describe('a connection that carries a registration', () => {
  it('is kept for as long as that lasts, though the phone says nothing at all, and is closed for being idle after it', async () => {
    const { clock, wire, phone, peer, closed, pass } = await scene(false);
    wire.keep(peer, clock.now() + HOUR_MS);
    await pass(HOUR_MS / 1000 - 5);
    expect([wire.connections, wire.isConnected(peer), closed]).toEqual([1, true, []]);
    expect(phone.pings).toBeGreaterThan(25);
    await pass(10);
    await until(() => phone.closed);
    expect([wire.connections, closed, clock.pendingTimers]).toEqual([0, [peer], 0]);
  });

  it('is pinged, and closed when the phone has answered before and does not any more', async () => {
    const { clock, wire, phone, peer, closed, pass } = await scene(true);
    wire.keep(peer, clock.now() + HOUR_MS);
    await pass(400);
    expect([phone.pings >= 3, wire.connections]).toEqual([true, 1]);
    phone.answers = false;
    await pass(130);
    expect([wire.connections, closed]).toEqual([0, [peer]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is pinged no more when the registration is over, and idle ten minutes after the last message', async () => {
    const { clock, wire, phone, peer, pass } = await scene(true);
    wire.keep(peer, clock.now() + HOUR_MS);
    await pass(400);
    wire.keep(peer, 0);
    const { pings } = phone;
    // The last answer came at most two minutes before.
    await pass(470);
    expect([phone.pings, wire.connections]).toEqual([pings, 1]);
    await pass(130);
    expect([phone.pings, wire.connections, clock.pendingTimers]).toEqual([pings, 0, 0]);
  });

  it('is pinged as often as ever when it is renewed again and again', async () => {
    const { clock, wire, phone, socket, peer, pass } = await scene(true);
    for (let time = 0; time < 5; time++) wire.keep(peer, clock.now() + HOUR_MS);
    await pass(400);
    // One each 95 to 120 s.
    expect([3, 4]).toContain(phone.pings);
    socket.destroy();
    await until(() => wire.connections === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is renewed: the time of the last registration counts', async () => {
    const { clock, wire, socket, peer, pass } = await scene(false);
    wire.keep(peer, clock.now() + HOUR_MS);
    await pass(3000);
    wire.keep(peer, clock.now() + HOUR_MS);
    await pass(3000);
    expect(wire.connections).toBe(1);
    expect(socket.destroyed).toBe(false);
  });
});

describe('a connection that is gone', () => {
  it('is told by its endpoint, whoever closed it, but not when the wire is closed', async () => {
    const { wire, socket, peer, closed } = await scene(false);
    socket.destroy();
    await until(() => wire.connections === 0);
    expect(closed).toEqual([peer]);
    const other = await scene(false);
    await wire.close();
    await other.wire.close();
    expect(other.closed).toEqual([]);
  });

  it('is not kept: a registration that is stored late has nobody to keep', async () => {
    const { clock, wire, socket, peer } = await scene(false);
    socket.destroy();
    await until(() => wire.connections === 0);
    wire.keep(peer, clock.now() + HOUR_MS);
    expect(clock.pendingTimers).toBe(0);
  });
});
