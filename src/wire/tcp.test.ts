import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listeningPort } from '../../test/support/listening-port.ts';
import type { Clock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTcp, type TcpOptions, type TcpWire } from './tcp.ts';
import type { Endpoint } from './wire.ts';

const message = (body: string): string => `OPTIONS sip:a SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const opened: (() => Promise<void> | void)[] = [];

async function open(options: Partial<TcpOptions> = {}): Promise<TcpWire> {
  const wire = await openTcp({ local: { address: '127.0.0.1', port: 0 }, clock: new VirtualClock(), log: silentLogger, ...options });
  opened.push(() => wire.close());
  return wire;
}

async function dial(wire: TcpWire): Promise<Socket> {
  const socket = connect(wire.local.port, wire.local.address);
  opened.push(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; endpoint: Endpoint }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, endpoint: { address: '127.0.0.1', port: await listeningPort(server) } };
}

/** Collects what a wire receives; `next()` waits for the next message. */
function inbox(wire: TcpWire) {
  const waiting: ((entry: { text: string; from: Endpoint }) => void)[] = [];
  const entries: { text: string; from: Endpoint }[] = [];
  wire.onReceive((bytes, from) => {
    const entry = { text: Buffer.from(bytes).toString(), from };
    const take = waiting.shift();
    if (take) take(entry);
    else entries.push(entry);
  });
  return {
    next: () => {
      const entry = entries.shift();
      return entry ? Promise.resolve(entry) : new Promise<{ text: string; from: Endpoint }>((resolve) => waiting.push(resolve));
    },
  };
}

const isClosed = (socket: Socket): Promise<unknown> => {
  socket.resume();
  return once(socket, 'close');
};

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

describe('sending', () => {
  test('opens one connection, uses it again, and gets answers over it', async () => {
    const a = await open();
    const b = await open();
    const [atA, atB] = [inbox(a), inbox(b)];
    await Promise.all([a.send(Buffer.from(message('1')), b.local), a.send(Buffer.from(message('2')), b.local)]);
    const first = await atB.next();
    const second = await atB.next();
    expect([first.text, second.text]).toEqual([message('1'), message('2')]);
    expect(second.from).toEqual(first.from);
    expect(first.from.port).not.toBe(a.local.port);
    await b.send(Buffer.from(message('answer')), first.from);
    expect(await atA.next()).toEqual({ text: message('answer'), from: b.local });
    expect([a.connections, b.connections]).toEqual([1, 1]);
  });

  test('opens a new connection when the old one is gone', async () => {
    const a = await open();
    const sockets: Socket[] = [];
    const { endpoint } = await listen((socket) => sockets.push(socket));
    await a.send(Buffer.from(message('1')), endpoint);
    await until(() => sockets.length === 1);
    sockets[0]?.destroy();
    await until(() => a.connections === 0);
    await a.send(Buffer.from(message('2')), endpoint);
    await until(() => sockets.length === 2);
    expect(a.connections).toBe(1);
  });

  test('says when nobody listens', async () => {
    const a = await open();
    const b = await open();
    await b.close();
    await expect(a.send(Buffer.from(message('x')), b.local)).rejects.toThrow('ECONNREFUSED');
    expect(a.connections).toBe(0);
  });

  test('gives a connection up that is not accepted in time', async () => {
    const delays: number[] = [];
    const hastyClock: Clock = {
      now: () => 0,
      after: (delayMs, run) => {
        delays.push(delayMs);
        queueMicrotask(run);
        return { cancel: () => {} };
      },
    };
    const a = await open({ clock: hastyClock, connectTimeoutMs: 3000 });
    const { endpoint } = await listen(() => {});
    await expect(a.send(Buffer.from(message('x')), endpoint)).rejects.toThrow('did not accept');
    expect(delays).toEqual([3000]);
    expect(a.connections).toBe(0);
  });

  test('sends nothing that is not wanted any more when the connection is there', async () => {
    const a = await open();
    const b = await open();
    const atB = inbox(b);
    const unwanted = new AbortController();
    const first = a.send(Buffer.from(message('1')), b.local, unwanted.signal);
    const second = a.send(Buffer.from(message('2')), b.local);
    unwanted.abort(new Error('The call is given up'));
    await expect(first).rejects.toThrow('given up');
    await second;
    expect((await atB.next()).text).toBe(message('2'));
    // Over a connection that is up it leaves at once, so that there is nothing to take back.
    const third = a.send(Buffer.from(message('3')), b.local, unwanted.signal);
    await expect(third).resolves.toBeUndefined();
    expect((await atB.next()).text).toBe(message('3'));
  });

  test('refuses a peer that does not read, and closes its connection', async () => {
    const a = await open({ maxQueuedBytes: 200_000 });
    const { endpoint } = await listen((socket) => socket.pause());
    const large = Buffer.from(message('x'.repeat(60_000)));
    const sendAll = async () => {
      for (let count = 0; count < 2000; count++) await a.send(large, endpoint);
    };
    await expect(sendAll()).rejects.toThrow('does not read');
    expect(a.connections).toBe(0);
  });

  test('goes to addresses of its family only, never to a name', async () => {
    const a = await open();
    for (const address of ['::1', 'localhost']) await expect(a.send(Buffer.from('x'), { address, port: 9 })).rejects.toThrow('family');
  });

  test('opens another connection when the peer has ended the one that is there, and keeps it when that one is gone', async () => {
    const sockets: Socket[] = [];
    const { endpoint } = await listen((socket) => sockets.push(socket));
    const wire = await open({ maxQueuedBytes: 64 * 1024 * 1024 });
    const received = inbox(wire);
    const closed: number[] = [];
    wire.onClosed(({ port }) => closed.push(port));
    // More than the system takes: the first connection is not over before it is read.
    for (let megabyte = 0; megabyte < 24; megabyte++) await wire.send(Buffer.alloc(1024 * 1024), endpoint);
    await until(() => sockets.length === 1);
    sockets[0]?.end();
    await until(() => !wire.isConnected(endpoint));
    expect(wire.connections).toBe(1);
    await wire.send(Buffer.from(message('1')), endpoint);
    await until(() => sockets.length === 2);
    sockets[0]?.destroy();
    for (const round of ['1', '2', '3']) {
      sockets[1]?.write(message(round));
      expect((await received.next()).text).toBe(message(round));
    }
    expect([wire.isConnected(endpoint), wire.connections]).toEqual([true, 1]);
    await wire.send(Buffer.from(message('2')), endpoint);
    expect(sockets.length).toBe(2);
    // What the first one carried is known to be gone, once.
    expect(closed).toEqual([endpoint.port]);
  });
});

describe('receiving', () => {
  test('puts messages together and answers pings', async () => {
    const wire = await open();
    const messages = inbox(wire);
    const socket = await dial(wire);
    socket.setNoDelay(true);
    const pong = once(socket, 'data');
    socket.write(message('first').slice(0, 20));
    await until(() => wire.connections === 1);
    socket.write(`${message('first').slice(20)}\r\n\r\n${message('second')}`);
    expect((await messages.next()).text).toBe(message('first'));
    expect((await messages.next()).text).toBe(message('second'));
    expect(String((await pong)[0])).toBe('\r\n');
  });

  test('closes a connection that does not speak SIP', async () => {
    const wire = await open();
    const socket = await dial(wire);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await isClosed(socket);
    await until(() => wire.connections === 0);
  });

  test('closes a connection whose message does not get whole in time, however busy it is', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock, messageMs: 5000 });
    const messages = inbox(wire);
    const socket = await dial(wire);
    socket.setNoDelay(true);
    socket.write(message('whole') + message('never').slice(0, 10));
    await messages.next();
    const closed = isClosed(socket);
    await clock.advance(4999);
    expect(wire.connections).toBe(1);
    await clock.advance(1);
    await closed;
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('gives no more time to who sends a message byte by byte', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock, messageMs: 5000 });
    const socket = await dial(wire);
    socket.setNoDelay(true);
    const closed = isClosed(socket);
    for (const byte of message('never').slice(0, 10)) {
      await new Promise((resolve) => socket.write(byte, resolve));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(500);
    }
    await closed;
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('lets a message that comes slowly be followed by another', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock, messageMs: 5000 });
    const messages = inbox(wire);
    const socket = await dial(wire);
    socket.setNoDelay(true);
    socket.write(message('one') + message('two').slice(0, 10));
    await messages.next();
    await clock.advance(4000);
    socket.write(message('two').slice(10) + message('three').slice(0, 10));
    await messages.next();
    await clock.advance(4000);
    socket.write(message('three').slice(10));
    expect((await messages.next()).text).toBe(message('three'));
  });

  test('counts the time of a message that comes in pieces once, and no more when it is whole', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock, messageMs: 5000 });
    const messages = inbox(wire);
    const socket = await dial(wire);
    socket.setNoDelay(true);
    await until(() => wire.connections === 1);
    const timers = clock.pendingTimers;
    const text = message('x');
    for (const [from, to] of [
      [0, 10],
      [10, 20],
      [20, text.length],
    ]) {
      socket.write(text.slice(from, to));
      // Long enough for the piece to be read on its own, usually.
      for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await messages.next();
    expect(clock.pendingTimers).toBe(timers);
    await clock.advance(10_000);
    expect(wire.connections).toBe(1);
  });

  test('closes a connection on which nothing moved for long, and not before', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock, idleMs: 60_000 });
    const messages = inbox(wire);
    const socket = await dial(wire);
    await until(() => wire.connections === 1);
    await clock.advance(59_000);
    socket.write(message('x'));
    await messages.next();
    const closed = isClosed(socket);
    await clock.advance(59_000);
    expect(wire.connections).toBe(1);
    await clock.advance(1000);
    await closed;
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('takes no more connections than it may', async () => {
    const wire = await open({ maxConnections: 2 });
    await Promise.all([dial(wire), dial(wire)]);
    await until(() => wire.connections === 2);
    const third = await dial(wire);
    await isClosed(third);
    expect(wire.connections).toBe(2);
  });
});

describe('closing', () => {
  test('ends every connection and timer, and gives the port back', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock });
    const { endpoint } = await listen(() => {});
    const inbound = await dial(wire);
    await wire.send(Buffer.from(message('x')), endpoint);
    inbound.write(message('x').slice(0, 10));
    await until(() => wire.connections === 2 && clock.pendingTimers === 3);
    const closed = isClosed(inbound);
    await Promise.all([wire.close(), wire.close(), closed]);
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
    await expect(wire.send(Buffer.from('x'), endpoint)).rejects.toThrow('closed');
    await open({ local: wire.local });
  });

  test('while a connection is being opened fails the message', async () => {
    const clock = new VirtualClock();
    const wire = await open({ clock });
    const { endpoint } = await listen(() => {});
    const sent = expect(wire.send(Buffer.from(message('x')), endpoint)).rejects.toThrow('closed');
    await Promise.all([wire.close(), sent]);
    expect([wire.connections, clock.pendingTimers]).toEqual([0, 0]);
  });
});
