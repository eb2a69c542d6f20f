import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../wire/wire.ts';
import { openDgramSocket } from './dgram-socket.ts';
import type { RtpSocket } from './rtp-socket.ts';

const HOST = '127.0.0.1';
const closers: (() => void)[] = [];

async function openPeer(): Promise<{ socket: Socket; endpoint: Endpoint }> {
  const socket = createSocket('udp4');
  socket.bind({ address: HOST, port: 0 });
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return { socket, endpoint: { address: HOST, port: socket.address().port } };
}

/** A socket on a port that was free a moment ago: one chosen by bind(0) would lose its number when it is disconnected. */
async function openSocket(): Promise<RtpSocket> {
  const probe = createSocket('udp4');
  probe.bind({ address: HOST, port: 0 });
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const socket = await openDgramSocket({ address: HOST, port });
  closers.push(() => socket.close());
  return socket;
}

async function nextText(peer: Socket): Promise<string> {
  const [bytes] = await once(peer, 'message');
  return String(bytes);
}

function received(socket: RtpSocket): { texts: string[]; next: () => Promise<string> } {
  const texts: string[] = [];
  let wake = (): void => {};
  socket.onReceive((bytes) => {
    texts.push(Buffer.from(bytes).toString());
    wake();
  });
  return {
    texts,
    next: async () => {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      return texts.at(-1) ?? '';
    },
  };
}

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

describe('openDgramSocket', () => {
  it('sends and receives, and tells who sent', async () => {
    const socket = await openSocket();
    const peer = await openPeer();
    socket.send(Buffer.from('hello'), peer.endpoint);
    const [bytes, from] = await once(peer.socket, 'message');
    expect([String(bytes), from.port]).toEqual(['hello', socket.local.port]);
    const got = new Promise<Endpoint>((resolve) => socket.onReceive((_bytes, sender) => resolve(sender)));
    peer.socket.send('back', socket.local.port, HOST);
    expect(await got).toMatchObject(peer.endpoint);
  });

  it('rejects with the error of the system when the port is in use', async () => {
    const peer = await openPeer();
    await expect(openDgramSocket(peer.endpoint)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('leaves no open file of a port that it cannot have', async () => {
    const peer = await openPeer();
    const before = readdirSync('/dev/fd').length;
    for (let tries = 0; tries < 10; tries++) await openDgramSocket(peer.endpoint).catch(() => {});
    expect(readdirSync('/dev/fd')).toHaveLength(before);
  });

  it('hears one peer only while it is tied to it, and everyone again afterwards', async () => {
    const socket = await openSocket();
    const [peer, other] = [await openPeer(), await openPeer()];
    const heard = received(socket);
    socket.only?.(peer.endpoint);
    other.socket.send('from elsewhere', socket.local.port, HOST);
    const first = heard.next();
    await new Promise<void>((resolve) => other.socket.send('again', socket.local.port, HOST, () => resolve()));
    peer.socket.send('from the peer', socket.local.port, HOST);
    expect(await first).toBe('from the peer');

    const atPeer = nextText(peer.socket);
    socket.send(Buffer.from('to the peer'), other.endpoint);
    expect(await atPeer).toBe('to the peer');

    socket.only?.(undefined);
    const second = heard.next();
    other.socket.send('from elsewhere', socket.local.port, HOST);
    expect(await second).toBe('from elsewhere');
    expect(heard.texts).toEqual(['from the peer', 'from elsewhere']);
  });

  it('survives that nobody listens at the peer', async () => {
    const socket = await openSocket();
    const gone = await openPeer();
    gone.socket.close();
    closers.pop();
    socket.only?.(gone.endpoint);
    for (let count = 0; count < 5; count++) {
      socket.send(Buffer.from('anyone?'), gone.endpoint);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.only?.(undefined);
    const peer = await openPeer();
    const text = nextText(peer.socket);
    socket.send(Buffer.from('still here'), peer.endpoint);
    expect(await text).toBe('still here');
  });

  it('stays usable when the peer is no address that it can reach', async () => {
    const socket = await openSocket();
    const peer = await openPeer();
    for (const endpoint of [
      { address: 'host.invalid', port: 4000 },
      { address: '::1', port: 4000 },
      { address: HOST, port: 0 },
      { address: HOST, port: 70_000 },
      { address: HOST, port: -1 },
    ]) {
      socket.send(Buffer.from('lost'), endpoint);
      socket.only?.(endpoint);
      socket.send(Buffer.from('lost'), endpoint);
      socket.only?.(undefined);
    }
    socket.only?.(undefined);
    const text = nextText(peer.socket);
    socket.send(Buffer.from('fine'), peer.endpoint);
    expect(await text).toBe('fine');
  });

  it('sends nothing while the system does not take what was sent, and goes on afterwards', async () => {
    const waiting = vi.spyOn(Socket.prototype, 'getSendQueueCount').mockReturnValue(1);
    closers.push(() => waiting.mockRestore());
    const socket = await openSocket();
    const peer = await openPeer();
    const came: string[] = [];
    peer.socket.on('message', (bytes) => came.push(String(bytes)));
    for (let nth = 0; nth < 40; nth++) socket.send(Buffer.from(`late ${nth}`), peer.endpoint);
    waiting.mockReturnValue(0);
    for (let nth = 0; nth < 8; nth++) socket.send(Buffer.from('now'), peer.endpoint);
    await vi.waitFor(() => expect(came).toContain('now'));
    expect(came.filter((text) => text.startsWith('late'))).toHaveLength(7);
  });

  it('gives the port back at once, and does nothing after that', async () => {
    const socket = await openSocket();
    const peer = await openPeer();
    socket.close();
    socket.close();
    socket.send(Buffer.from('too late'), peer.endpoint);
    socket.only?.(peer.endpoint);
    const again = await openDgramSocket(socket.local);
    again.close();
    expect(again.local).toEqual(socket.local);
  });
});
