import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/support/certificates.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { ConnectionLimit } from './connection-limit.ts';
import type { StreamOptions } from './stream-wire.ts';
import { openTcp } from './tcp.ts';
import { openTls } from './tls.ts';
import type { Endpoint } from './wire.ts';

const HOST = '127.0.0.1';
const FLOODER = '127.0.0.2';
const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';
const authority = new TestAuthority();
const { ca } = authority;
const identity = authority.issue('IP:127.0.0.1');
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A wire at which a stranger may have four connections open, and somebody who is known eight. */
async function scene(kind: 'tcp' | 'tls', more: Partial<StreamOptions> = {}) {
  const clock = new VirtualClock();
  const refused: string[] = [];
  const known = new Set<string>();
  const connectionLimit = new ConnectionLimit({
    ...{ connections: 4, knownConnections: 8 },
    isKnown: (address) => known.has(address),
    onRefused: (address) => refused.push(address),
  });
  const options = { local: { address: HOST, port: 0 }, clock, log: silentLogger, connectionLimit, ...more };
  const wire = kind === 'tcp' ? await openTcp(options) : await openTls({ ...options, identity, ca });
  opened.push(() => wire.close());
  const received: Endpoint[] = [];
  wire.onReceive((_bytes, from) => received.push(from));
  /** Connects without a handshake. */
  const dial = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: wire.local.port, host: HOST, localAddress });
    opened.push(() => socket.destroy());
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    return socket;
  };
  const dialAll = (localAddress: string, count: number): Promise<Socket[]> =>
    Promise.all(Array.from({ length: count }, () => dial(localAddress)));
  /** Connects as a phone does, and sends a message. */
  const phone = async (localAddress: string): Promise<Socket> => {
    const plain = await dial(localAddress);
    const socket = kind === 'tcp' ? plain : connectSecurely({ socket: plain, ca, host: HOST });
    socket.on('error', () => {}).resume();
    if (kind === 'tls') await once(socket, 'secureConnect');
    const before = received.length;
    socket.write(message);
    await until(() => received.length > before);
    return socket;
  };
  return { clock, wire, refused, known, connectionLimit, received, dial, dialAll, phone };
}

describe.each(['tcp', 'tls'] as const)('connections of one source over %s', (kind) => {
  it('are refused beyond its limit, and leave room for everybody else', async () => {
    const { wire, refused, connectionLimit, dialAll, phone } = await scene(kind);
    const sockets = await dialAll(FLOODER, 20);
    await until(() => refused.length === 16);
    expect([refused.every((address) => address === FLOODER), wire.connections]).toEqual([true, 4]);
    await phone(HOST);
    expect([wire.connections, connectionLimit.size]).toEqual([5, 2]);
    for (const socket of sockets) socket.destroy();
    await until(() => connectionLimit.size === 1);
    await phone(FLOODER);
    expect(refused).toHaveLength(16);
  });

  it('do not count when they carry registrations', async () => {
    const { clock, wire, refused, received, dialAll, phone } = await scene(kind);
    for (let nth = 0; nth < 4; nth++) {
      await phone(FLOODER);
      const peer = received.at(-1);
      if (peer) wire.keep(peer, clock.now() + 60_000);
    }
    await dialAll(FLOODER, 6);
    await until(() => refused.length === 2);
    expect(wire.connections).toBe(8);
  });

  it('have their places back when the wire is closed', async () => {
    const { clock, wire, connectionLimit, dial, phone } = await scene(kind);
    await dial(FLOODER);
    await phone(FLOODER);
    await wire.close();
    await until(() => connectionLimit.size === 0);
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe('a stranger that has connected', () => {
  it('is cut off when no message has come from it in half a minute, whatever else has', async () => {
    const { clock, wire, connectionLimit, dial, phone } = await scene('tcp');
    const silent = await dial(FLOODER);
    const pinging = await dial(FLOODER);
    const speaking = await phone(FLOODER);
    await until(() => wire.connections === 3);
    const pong = once(pinging, 'data');
    await clock.advance(29_000);
    pinging.write('\r\n\r\n');
    await pong;
    expect(wire.connections).toBe(3);
    await clock.advance(1_000);
    await until(() => silent.closed && pinging.closed);
    await until(() => connectionLimit.size === 1 && wire.connections === 1);
    await clock.advance(569_000);
    expect([wire.connections, speaking.closed]).toEqual([1, false]);
    await clock.advance(1_000);
    await until(() => speaking.closed && connectionLimit.size === 0);
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('may be as idle as ever when it is known', async () => {
    const { clock, wire, known, dial } = await scene('tcp');
    known.add(FLOODER);
    const socket = await dial(FLOODER);
    await until(() => wire.connections === 1);
    await clock.advance(599_000);
    expect([wire.connections, socket.closed]).toEqual([1, false]);
    await clock.advance(1_000);
    await until(() => socket.closed);
  });
});

it('counts what a wire refuses because it has as many connections as it can', async () => {
  const { refused, dialAll } = await scene('tcp', { maxConnections: 2 });
  await dialAll(HOST, 3);
  await until(() => refused.length === 1);
  expect(refused).toEqual([HOST]);
});
