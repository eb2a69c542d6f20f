import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { openUdp } from './udp.ts';
import type { Endpoint, Wire } from './wire.ts';

const loopback = { address: '127.0.0.1', port: 0 };
const longEnough = (text: string): Buffer => Buffer.from(text.padEnd(20, '.'));
const opened: Wire[] = [];

async function open(limits: { maxDatagramBytes?: number } = {}): Promise<Wire> {
  const wire = await openUdp({ local: loopback, log: silentLogger, ...limits });
  opened.push(wire);
  return wire;
}

/** Resolves with the datagrams received up to the one that says `end`. */
function receivedUntilEnd(wire: Wire): Promise<{ text: string; from: Endpoint }[]> {
  const received: { text: string; from: Endpoint }[] = [];
  return new Promise((resolve) => {
    wire.onReceive((bytes, from) => {
      const text = Buffer.from(bytes).toString();
      if (text.startsWith('end')) resolve(received);
      else received.push({ text, from });
    });
  });
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((wire) => wire.close()));
});

describe('a UDP wire', () => {
  test('goes on when the system reports an error of its socket, which is logged', async () => {
    const binding = vi.spyOn(Socket.prototype, 'bind');
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (fields: unknown, message: string) => warnings.push([fields, message]) };
    const a = await openUdp({ local: loopback, log });
    opened.push(a);
    const [socket] = binding.mock.contexts;
    binding.mockRestore();
    if (!(socket instanceof Socket)) throw new Error('no socket');
    const error = Object.assign(new Error('recvmsg ENOBUFS'), { code: 'ENOBUFS' });
    socket.emit('error', error);
    expect(warnings).toEqual([[{ err: error }, 'udp socket error']]);
    const b = await open();
    const received = receivedUntilEnd(a);
    await b.send(longEnough('end'), a.local);
    expect(await received).toEqual([]);
  });

  test('carries datagrams', async () => {
    const a = await open();
    const b = await open();
    const received = receivedUntilEnd(b);
    await a.send(longEnough('hello'), b.local);
    await a.send(longEnough('end'), b.local);
    expect(await received).toEqual([{ text: longEnough('hello').toString(), from: a.local }]);
    expect(a.local).toEqual({ address: loopback.address, port: expect.any(Number) });
  });

  test('drops keep-alives and what is too long', async () => {
    const wire = await open({ maxDatagramBytes: 100 });
    const received = receivedUntilEnd(wire);
    const peer = createSocket('udp4');
    for (const datagram of ['', '\r\n\r\n', '\0', 'x'.repeat(101), 'x'.repeat(100), longEnough('end').toString()]) {
      peer.send(datagram, wire.local.port, wire.local.address);
    }
    expect((await received).map(({ text }) => text.length)).toEqual([100]);
    peer.close();
    await once(peer, 'close');
  });

  test('sends to addresses of its family only, never to a name', async () => {
    const wire = await open();
    for (const address of ['::1', 'localhost', '']) {
      await expect(wire.send(longEnough('x'), { address, port: 9 })).rejects.toThrow('not of the family');
    }
  });

  test('says when a message is too long for a datagram', async () => {
    const wire = await open();
    await expect(wire.send(Buffer.alloc(65_600), wire.local)).rejects.toThrow('EMSGSIZE');
  });

  test('refuses a port that is taken', async () => {
    const wire = await open();
    await expect(openUdp({ local: wire.local, log: silentLogger })).rejects.toThrow('EADDRINUSE');
  });

  test('closes once, gives the port back and sends nothing more', async () => {
    const wire = await open();
    await Promise.all([wire.close(), wire.close()]);
    await wire.close();
    await expect(wire.send(longEnough('x'), wire.local)).rejects.toThrow('closed');
    opened.push(await openUdp({ local: wire.local, log: silentLogger }));
  });
});

test('a UDP wire drops what is not admitted, unread', async () => {
  const asked: string[] = [];
  const wire = await openUdp({
    local: loopback,
    log: silentLogger,
    admits: (address) => {
      asked.push(address);
      return asked.length !== 2;
    },
  });
  opened.push(wire);
  const peer = await open();
  const received = receivedUntilEnd(wire);
  for (const text of ['one', 'two', 'three', 'end']) await peer.send(longEnough(text), wire.local);
  expect((await received).map(({ text }) => text.replace(/\.+$/, ''))).toEqual(['one', 'three']);
  expect(asked).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']);
});
