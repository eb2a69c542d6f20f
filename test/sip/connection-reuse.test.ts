import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import type { Dns } from '../../src/wire/dns.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openTls, type TlsOptions } from '../../src/wire/tls.ts';
import { TestAuthority } from '../support/certificates.ts';
import { dnsTable } from '../support/dns-table.ts';
import { listeningPort } from '../support/listening-port.ts';
import { ANSWER } from '../support/sip-agents.ts';

// Requests in dialogs that came over a connection, over real sockets.

const authority = new TestAuthority();
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

/** A user agent of ours that answers calls over one wire. */
async function server(kind: 'tcp' | 'tls', tls: Partial<TlsOptions> = {}, dns?: Dns) {
  const base = { local: { address: '127.0.0.1', port: 0 }, clock: systemClock, log: silentLogger };
  const identity = kind === 'tls' ? authority.issue('IP:127.0.0.1') : undefined;
  const wire = kind === 'tcp' ? await openTcp(base) : await openTls({ ...base, identity, ca: authority.ca, ...tls });
  const dialogs: Dialog[] = [];
  const userAgent = new UserAgent({
    ...{ wires: [wire], clock: systemClock, random: systemRandom, log: silentLogger, product: 'test', ...(dns && { dns }) },
    onInvite: (invite) => void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog)),
  });
  closing.push(() => userAgent.close());
  return { wire, dialogs };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Everything that a connection brings, as it comes. */
class Peer {
  text = '';
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.text += String(chunk);
    });
    closing.push(() => socket.destroy());
  }

  async got(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.text));
    return pattern.exec(this.text)?.[0] ?? '';
  }

  /** Calls, and acknowledges the answer. */
  async call(contact: string, kind: 'TCP' | 'TLS'): Promise<void> {
    const head = (method: string, to: string): string =>
      [
        `${method} sip:1@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/${kind} 127.0.0.1;branch=z9hG4bK${method}`,
        `Max-Forwards: 70\r\nFrom: <sip:p@h>;tag=1\r\n${to}\r\nCall-ID: c`,
        `CSeq: 1 ${method}\r\nContact: <${contact}>`,
      ].join('\r\n');
    this.socket.write(
      `${head('INVITE', 'To: <sip:1@h>')}\r\nContent-Type: application/sdp\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
    );
    const to = /^To:.*$/m.exec(await this.got(/SIP\/2.0 200 [\s\S]*?\r\n\r\n/))?.[0].trim() ?? '';
    this.socket.write(`${head('ACK', to)}\r\nContent-Length: 0\r\n\r\n`);
  }
}

/** A listener where the Contact says that the peer is. */
async function contactPort(address = '127.0.0.1'): Promise<{ port: number; connected: Peer[] }> {
  const connected: Peer[] = [];
  const listener = createServer((socket) => connected.push(new Peer(socket)));
  closing.push(() => listener.close());
  return { port: await listeningPort(listener, address), connected };
}

async function acked(dialogs: readonly Dialog[]): Promise<Dialog> {
  await until(() => dialogs[0]?.state.invite.acked === true);
  const [dialog] = dialogs;
  if (!dialog) throw new Error('There is no dialog');
  return dialog;
}

const dial = async (port: number): Promise<Peer> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return new Peer(socket);
};

describe('a request in a dialog over TCP', () => {
  it('goes over the connection that the peer opened, though its Contact names a port', async () => {
    const { wire, dialogs } = await server('tcp');
    const contact = await contactPort();
    const peer = await dial(wire.local.port);
    await peer.call(`sip:p@127.0.0.1:${contact.port};transport=tcp`, 'TCP');
    void (await acked(dialogs)).bye();
    expect(await peer.got(/^BYE .*$/m)).toContain(`sip:p@127.0.0.1:${contact.port}`);
    expect([wire.connections, contact.connected.length]).toEqual([1, 0]);
  });

  it('goes to the Contact when that connection is gone', async () => {
    const { wire, dialogs } = await server('tcp');
    const contact = await contactPort();
    const peer = await dial(wire.local.port);
    await peer.call(`sip:p@127.0.0.1:${contact.port};transport=tcp`, 'TCP');
    const dialog = await acked(dialogs);
    peer.socket.destroy();
    await until(() => wire.connections === 0);
    void dialog.bye();
    await until(() => contact.connected.length > 0);
    await contact.connected[0]?.got(/^BYE /m);
  });

  it('goes to the Contact once more when the connection is closed before it is answered', async () => {
    const { wire, dialogs } = await server('tcp');
    const contact = await contactPort();
    const peer = await dial(wire.local.port);
    await peer.call(`sip:p@127.0.0.1:${contact.port};transport=tcp`, 'TCP');
    const over = (await acked(dialogs)).bye();
    await peer.got(/^BYE /m);
    peer.socket.resetAndDestroy();
    await until(() => contact.connected.length > 0);
    const [again] = contact.connected;
    await again?.got(/^BYE [\s\S]*^CSeq: 2 BYE\r\n/m);
    again?.socket.resetAndDestroy();
    await over;
    expect(contact.connected).toHaveLength(1);
  });

  it('goes over the new connection of a peer that had to connect anew', async () => {
    const { wire, dialogs } = await server('tcp');
    const peer = await dial(wire.local.port);
    // Nobody listens where the Contact says.
    await peer.call('sip:p@127.0.0.1:9;transport=tcp', 'TCP');
    const dialog = await acked(dialogs);
    peer.socket.destroy();
    const again = await dial(wire.local.port);
    const { localTag } = dialog.state;
    again.socket.write(
      `OPTIONS sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKo\r\nFrom: <sip:p@h>;tag=1\r\nTo: <sip:1@h>;tag=${localTag}\r\nCall-ID: c\r\nCSeq: 2 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
    );
    await again.got(/^SIP\/2.0 /m);
    void dialog.bye();
    await again.got(/^BYE /m);
  });

  it('does not go over it to somebody at another address', async () => {
    const { wire, dialogs } = await server('tcp');
    const other = await contactPort('127.0.0.2');
    const peer = await dial(wire.local.port);
    await peer.call(`sip:p@127.0.0.2:${other.port};transport=tcp`, 'TCP');
    void (await acked(dialogs)).bye();
    await until(() => other.connected.length > 0);
    await other.connected[0]?.got(/^BYE /m);
    expect(peer.text).not.toContain('BYE ');
  });
});

describe('a request in a dialog over TLS', () => {
  const dialTls = async (port: number, identity?: { certificate: string; key: string }): Promise<Peer> => {
    const shown = identity && { cert: identity.certificate, key: identity.key };
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority.ca, ...shown });
    await once(socket, 'secureConnect');
    return new Peer(socket);
  };

  it('goes back to the peer itself over its connection, also when it has no certificate', async () => {
    const { wire, dialogs } = await server('tls');
    const peer = await dialTls(wire.local.port);
    await peer.call('sip:p@127.0.0.1:9;transport=tls', 'TLS');
    void (await acked(dialogs)).bye();
    await peer.got(/^BYE /m);
  });

  it('goes over it to another address only when the peer has proved to be there', async () => {
    const { wire, dialogs } = await server('tls', { requireClientCertificate: true });
    const peer = await dialTls(wire.local.port, authority.issue('IP:127.0.0.2'));
    await peer.call('sip:p@127.0.0.2:9;transport=tls', 'TLS');
    void (await acked(dialogs)).bye();
    await peer.got(/^BYE /m);
  });

  it('goes over it to a host name that the certificate of the peer names', async () => {
    const dns = dnsTable({ addresses: { 'peer.example': ['127.0.0.2'] } });
    const { wire, dialogs } = await server('tls', { requireClientCertificate: true }, dns);
    const peer = await dialTls(wire.local.port, authority.issue('DNS:peer.example'));
    await peer.call('sip:p@peer.example:9;transport=tls', 'TLS');
    void (await acked(dialogs)).bye();
    await peer.got(/^BYE /m);
  });

  it('does not go over it to an address that the certificate does not name', async () => {
    const { wire, dialogs } = await server('tls', { requireClientCertificate: true });
    const peer = await dialTls(wire.local.port, authority.issue('IP:127.0.0.3'));
    await peer.call('sip:p@127.0.0.2:9;transport=tls', 'TLS');
    await (await acked(dialogs)).bye();
    expect(peer.text).not.toContain('BYE ');
  });
});
