import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTcp, type TcpWire } from './tcp.ts';

const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';
const PING = '\r\n\r\n';

let wire: TcpWire;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await wire.close();
});

/** A wire that takes `most` things from anybody, and a peer that sends `text`; answers what the wire got once the peer is cut off. */
async function cutOff(most: number, text: string): Promise<number> {
  let left = most;
  wire = await openTcp({
    local: { address: '127.0.0.1', port: 0 },
    clock: new VirtualClock(),
    log: silentLogger,
    admits: () => left-- > 0,
  });
  let received = 0;
  wire.onReceive(() => {
    received++;
  });
  const socket = connect(wire.local.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.on('connect', () => socket.write(text));
  socket.resume();
  await closed;
  expect(wire.connections).toBe(0);
  return received;
}

describe('a TCP connection', () => {
  it('is closed at once when its source has used up what it may', async () => {
    expect(await cutOff(0, message)).toBe(0);
  });

  it('is closed by one message too many', async () => {
    expect(await cutOff(4, message.repeat(10))).toBe(3);
  });

  it('is closed by one ping too many', async () => {
    expect(await cutOff(3, PING.repeat(10))).toBe(0);
  });
});
