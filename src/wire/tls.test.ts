import { once } from 'node:events';
import { connect as connectPlain, createServer as createPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect, createServer } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { TestAuthority } from '../../test/support/certificates.ts';
import { listeningPort } from '../../test/support/listening-port.ts';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTls, type TlsOptions, type TlsWire } from './tls.ts';
import type { Endpoint } from './wire.ts';

const authority = new TestAuthority();
const { ca } = authority;
const peerIdentity = authority.issue('DNS:peer.example,IP:127.0.0.1');
const message = (body: string): string => `OPTIONS sip:a SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

async function open(options: Partial<TlsOptions> = {}): Promise<TlsWire> {
  const wire = await openTls({ local: { address: '127.0.0.1', port: 0 }, clock: new VirtualClock(), log: silentLogger, ca, ...options });
  opened.push(() => wire.close());
  return wire;
}

/** Resolves with the next message of a wire. */
function next(wire: TlsWire): Promise<{ text: string; from: Endpoint }> {
  return new Promise((resolve) => wire.onReceive((bytes, from) => resolve({ text: Buffer.from(bytes).toString(), from })));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

const named = (wire: TlsWire, serverName: string): Endpoint => ({ ...wire.local, serverName });
const send = (wire: TlsWire, to: Endpoint): Promise<void> => wire.send(Buffer.from(message('x')), to);

describe('a TLS wire', () => {
  test('carries messages both ways over one connection, and knows answers by the name it asked for', async () => {
    const server = await open({ identity: peerIdentity });
    const client = await open();
    const to = named(server, 'peer.example');
    const [atServer, atClient] = [next(server), next(client)];
    await send(client, to);
    const { text, from } = await atServer;
    expect(text).toBe(message('x'));
    await server.send(Buffer.from(message('answer')), from);
    expect(await atClient).toEqual({ text: message('answer'), from: to });
    await send(client, to);
    expect([client.connections, server.connections]).toEqual([1, 1]);
  });

  test('is taken under each of the names in its certificate, whichever is asked for', async () => {
    const server = await open({ identity: authority.issue('DNS:one.example,DNS:two.example') });
    const client = await open();
    for (const name of ['one.example', 'two.example']) {
      const received = next(server);
      await send(client, named(server, name));
      expect((await received).text).toBe(message('x'));
    }
    await expect(send(client, named(server, 'three.example'))).rejects.toThrow('not for three.example');
  });

  test('shows the name it wants, so that one address can serve many', async () => {
    const names: string[] = [];
    const server = createServer({ cert: peerIdentity.certificate, key: peerIdentity.key }, (socket) => {
      names.push(String(socket.servername));
      socket.on('error', () => {});
    });
    opened.push(() => void server.close());
    const to = { address: '127.0.0.1', port: await listeningPort(server) };
    const client = await open();
    await send(client, { ...to, serverName: 'peer.example' });
    await send(client, to);
    await until(() => names.length === 2);
    expect(names).toEqual(['peer.example', 'false']);
    await client.close();
  });

  test('takes a peer without a name by its address', async () => {
    const server = await open({ identity: peerIdentity });
    const client = await open();
    await send(client, server.local);
    expect(client.connections).toBe(1);
  });

  test.each([
    ['another name', () => authority.issue('DNS:other.example,IP:127.0.0.1'), 'not for peer.example'],
    ['a wildcard', () => authority.issue('DNS:*.example'), 'not for peer.example'],
    ['an end in the past', () => authority.issue('DNS:peer.example', -1), 'expired'],
    ['nobody to vouch for it', () => authority.selfSigned('DNS:peer.example'), 'self-signed certificate'],
  ])('sends nothing to a peer whose certificate has %s', async (_what, issue, reason) => {
    const server = await open({ identity: issue() });
    const received: unknown[] = [];
    server.onReceive((bytes) => received.push(bytes));
    const client = await open();
    await expect(send(client, named(server, 'peer.example'))).rejects.toThrow(reason);
    await until(() => server.connections === 0);
    expect([client.connections, received]).toEqual([0, []]);
  });

  test('says in the log that a peer was not who it should be, and not that it went away later', async () => {
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (fields: Readonly<Record<string, unknown>>) => warnings.push(fields.serverName) };
    const server = await open({ identity: peerIdentity });
    const client = await open({ log });
    await send(client, named(server, 'peer.example'));
    await expect(send(client, named(server, 'other.example'))).rejects.toThrow('not for other.example');
    await server.close();
    await until(() => client.connections === 0);
    expect(warnings).toEqual(['other.example']);
  });

  test('trusts the authorities of the platform only, when none are given', async () => {
    const server = await open({ identity: peerIdentity });
    const client = await open({ ca: undefined });
    await expect(send(client, named(server, 'peer.example'))).rejects.toThrow('certificate');
  });

  test('does not send to one name over the connection to another', async () => {
    const server = await open({ identity: peerIdentity });
    const client = await open();
    await send(client, named(server, 'peer.example'));
    await expect(send(client, named(server, 'other.example'))).rejects.toThrow('not for other.example');
    expect(client.connections).toBe(1);
  });

  test('has one connection to one name, however it is spelt', async () => {
    const server = await open({ identity: peerIdentity });
    const client = await open();
    await send(client, named(server, 'peer.example'));
    await send(client, named(server, 'Peer.EXAMPLE'));
    expect(client.connections).toBe(1);
  });

  test('pings whom it has connected to, and gives up one that answered before and does not any more', async () => {
    const clock = new VirtualClock();
    const peer = { pings: 0, messages: 0, answers: true };
    const server = createServer({ cert: peerIdentity.certificate, key: peerIdentity.key }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        if (String(chunk) !== '\r\n\r\n') peer.messages++;
        else {
          peer.pings++;
          // The message after it shows when it has arrived.
          if (peer.answers) socket.write(`\r\n${message('x')}`);
        }
      });
    });
    opened.push(() => void server.close());
    const port = await listeningPort(server);
    const client = await open({ clock, pings: { random: seededRandom(1) } });
    let received = 0;
    client.onReceive(() => {
      received++;
    });
    const closed: Endpoint[] = [];
    client.onClosed((gone) => closed.push(gone));
    const to = { address: '127.0.0.1', port, serverName: 'peer.example' };
    await send(client, to);
    await until(() => peer.messages === 1);
    /** Lets time pass until a ping has been sent, and has come. */
    const pinged = async (): Promise<void> => {
      const { pings } = peer;
      for (let second = 0; second < 121 && peer.pings === pings; second++) {
        await clock.advance(1000);
        for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      expect(peer.pings).toBe(pings + 1);
    };
    await pinged();
    await until(() => received === 1);
    peer.answers = false;
    await pinged();
    await clock.advance(10_000);
    expect([client.connections, closed, clock.pendingTimers]).toEqual([0, [to], 0]);
  });

  test('does not speak versions before 1.2', async () => {
    const server = await open({ identity: peerIdentity });
    const old: ConnectionOptions = { ...server.local, host: '127.0.0.1', ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' };
    const socket = connect({ ...old, ciphers: 'DEFAULT@SECLEVEL=0' });
    opened.push(() => void socket.destroy());
    await expect(once(socket, 'secureConnect')).rejects.toThrow('protocol version');
  });

  test('asks for a certificate when it must, and takes only one of its authorities', async () => {
    const server = await open({ identity: peerIdentity, requireClientCertificate: true });
    const received: string[] = [];
    server.onReceive((bytes) => received.push(Buffer.from(bytes).toString()));
    const stranger = await open();
    await send(stranger, named(server, 'peer.example')).catch(() => {});
    await until(() => stranger.connections === 0);
    const unvouched = await open({ identity: authority.selfSigned('DNS:us.example') });
    await send(unvouched, named(server, 'peer.example')).catch(() => {});
    await until(() => unvouched.connections === 0);
    expect(received).toEqual([]);
    const known = await open({ identity: authority.issue('DNS:us.example') });
    await send(known, named(server, 'peer.example'));
    await until(() => received.length === 1);
  });

  test('says when nobody listens, and gives up a peer that never ends its handshake', async () => {
    const clock = new VirtualClock();
    const server = await open({ identity: peerIdentity });
    const client = await open({ clock, connectTimeoutMs: 3000 });
    await server.close();
    await expect(send(client, server.local)).rejects.toThrow('ECONNREFUSED');
    const silent = createPlain(() => {});
    opened.push(() => void silent.close());
    const port = await listeningPort(silent);
    const sent = expect(send(client, { address: '127.0.0.1', port })).rejects.toThrow('did not accept');
    await clock.advance(3000);
    await sent;
    expect([client.connections, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('begins no handshake with whom it does not admit', async () => {
    const asked: string[] = [];
    const admits = (address: string): boolean => asked.push(address) === 0;
    const server = await open({ identity: peerIdentity, admits });
    const client = await open();
    await expect(send(client, named(server, 'peer.example'))).rejects.toThrow();
    expect([asked, server.connections, client.connections]).toEqual([['127.0.0.1'], 0, 0]);
  });

  test('drops who connects and says nothing or no TLS', async () => {
    const clock = new VirtualClock();
    const server = await open({ identity: peerIdentity, clock, messageMs: 10_000 });
    const dial = async (): Promise<Socket> => {
      const socket = connectPlain(server.local.port, server.local.address);
      socket.on('error', () => {});
      opened.push(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const silent = await dial();
    await until(() => server.connections === 1);
    const closed = once(silent.resume(), 'close');
    await clock.advance(10_000);
    await closed;
    const plain = await dial();
    const refused = once(plain.resume(), 'close');
    plain.write(message('x'));
    await refused;
    await until(() => server.connections === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('closes what is open and what is being opened, and gives the port back', async () => {
    const clock = new VirtualClock();
    const server = await open({ identity: peerIdentity, clock });
    const client = await open({ clock });
    await send(client, server.local);
    const half = connectPlain(server.local.port, server.local.address);
    half.on('error', () => {});
    await once(half, 'connect');
    await until(() => server.connections === 2);
    await Promise.all([server.close(), server.close(), client.close(), once(half.resume(), 'close')]);
    expect([server.connections, client.connections, clock.pendingTimers]).toEqual([0, 0, 0]);
    await open({ identity: peerIdentity, local: server.local });
  });
});
