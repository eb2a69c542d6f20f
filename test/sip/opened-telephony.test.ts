import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Socket as Connection, connect } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { type OpenTelephony, openTelephony, type TelephonyOptions } from '../../src/telephony/open-telephony.ts';
import { openTls } from '../../src/wire/tls.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { TestAuthority } from '../support/certificates.ts';
import { dnsTable } from '../support/dns-table.ts';
import { REALM, sipUserTable } from '../support/sip-user-table.ts';
import { streamRegistrar } from '../support/stream-registrar.ts';
import { testPort } from '../support/test-port.ts';

const HOST = '127.0.0.1';
const authority = new TestAuthority();
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

const noCertificate = { port: 0, requireClientCertificate: false, certificate: undefined, key: undefined, ca: undefined } as const;

/** The telephony of a server on sockets, and the addresses whose messages were dropped as too many. Ten messages come through at once. */
async function open(
  more: Partial<TelephonyOptions> = {},
): Promise<OpenTelephony & { readonly clock: VirtualClock; readonly flooding: string[] }> {
  const clock = new VirtualClock();
  const flooding: string[] = [];
  const telephony = await openTelephony({
    sip: { addresses: [HOST], port: 0 },
    tls: noCertificate,
    publicAddresses: [],
    rtpPorts: { first: 29_000, last: 29_099 },
    mediaThreads: 1,
    dns: dnsTable({}),
    product: 'test',
    users: sipUserTable(clock),
    limits: { perSecond: 5, knownPerSecond: 500, connections: 64, knownConnections: 1024 },
    isKnownSource: () => false,
    digest: { realm: REALM, algorithms: ['MD5'] },
    refusals: { count: (reason, address) => flooding.push(`${reason} ${address}`), forget: () => {} },
    onIncoming: (call) => call.reject(480),
    clock,
    random: seededRandom(4),
    log: silentLogger,
    ...more,
  });
  opened.push(async () => {
    await telephony.certificates.close();
    await telephony.telephony.close();
  });
  return { ...telephony, clock, flooding };
}

async function socketAt(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind({ address, port: 0 });
  await once(socket, 'listening');
  opened.push(() => socket.close());
  return socket;
}

function options(transport: string, { address, port }: { readonly address: string; readonly port: number }, nth: number): Buffer {
  const lines = [
    `OPTIONS sip:${HOST} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${address}:${port};branch=z9hG4bK${port}-${nth};rport`,
    'Max-Forwards: 70',
    `From: <sip:a@${address}>;tag=a`,
    `To: <sip:${HOST}>`,
    `Call-ID: ${port}-${nth}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** Sends fifty requests at once, and answers how many responses come. What a second address asks after them is answered last. */
async function answeredOfFifty(socket: Socket, port: number): Promise<number> {
  let answered = 0;
  const count = (bytes: Buffer): void => {
    if (bytes.toString().startsWith('SIP/2.0 ')) answered += 1;
  };
  socket.on('message', count);
  for (let nth = 0; nth < 50; nth++) socket.send(options('UDP', socket.address(), nth), port, HOST);
  const last = await socketAt('127.0.0.2');
  last.send(options('UDP', last.address(), 0), port, HOST);
  await once(last, 'message');
  // Responses that were sent before that one have arrived, and are read in the next turns.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  socket.off('message', count);
  return answered;
}

describe('what one address may send to a server', () => {
  it('is limited, and what is dropped is counted', async () => {
    const { sip, flooding } = await open();
    const socket = await socketAt(HOST);
    expect(await answeredOfFifty(socket, sip[0]?.port ?? 0)).toBe(10);
    expect(flooding).toEqual(Array.from({ length: 40 }, () => `flood ${HOST}`));
  });

  it('is more for one of a trunk', async () => {
    const { sip, flooding } = await open({ isKnownSource: (address) => address === HOST });
    expect(await answeredOfFifty(await socketAt(HOST), sip[0]?.port ?? 0)).toBe(50);
    expect(flooding).toEqual([]);
  });

  it('is more for one to which we have sent a request', async () => {
    const { sip, telephony, clock } = await open();
    const socket = await socketAt(HOST);
    const ended = new AbortController();
    const pinged = telephony.ping({ host: HOST, port: socket.address().port, transport: 'udp' }, ended.signal);
    await once(socket, 'message');
    ended.abort();
    await clock.advance(40_000);
    await pinged;
    expect(await answeredOfFifty(socket, sip[0]?.port ?? 0)).toBe(50);
  });
});

describe('the connections of a server', () => {
  it.each(['tcp', 'tls'] as const)('are pinged over %s after 95 to 120 s', async (transport) => {
    const { telephony, clock } = await open({ tls: { ...noCertificate, ca: authority.caFile } });
    const registrar = await streamRegistrar(3600, transport === 'tls' ? authority.issue(`IP:${HOST}`) : undefined);
    opened.push(() => registrar.close());
    const line = telephony.registration({ host: HOST, port: registrar.port, transport, user: 'a', contactUser: 'a' });
    expect(await line.register(3600, new AbortController().signal)).toEqual({ registered: true, expiresMs: 3_600_000 });
    await clock.advance(94_000);
    expect(registrar.pings).toBe(0);
    await clock.advance(27_000);
    while (registrar.pings === 0) await new Promise((resolve) => setImmediate(resolve));
    line.close();
  });
});

describe('the connections that one address may have open', () => {
  const limits = { perSecond: 0, knownPerSecond: 0, connections: 8, knownConnections: 16 };
  const openOf = (connections: readonly Connection[]): Connection[] => connections.filter(({ closed }) => !closed);

  /** Connects from an address so many times, waits until the server has left no more than `left` open, and answers these. */
  async function connected(from: string, count: number, port: number, left = count): Promise<Connection[]> {
    const connections: Connection[] = [];
    for (let nth = 0; nth < count; nth++) {
      const connection = connect({ port, host: HOST, localAddress: from });
      connections.push(connection);
      opened.push(() => connection.destroy());
      connection.on('error', () => {}).resume();
      await once(connection, 'connect');
    }
    await fewer(connections, left);
    return openOf(connections);
  }

  async function fewer(connections: readonly Connection[], left: number): Promise<void> {
    while (openOf(connections).length > left) await new Promise((resolve) => setImmediate(resolve));
  }

  async function isAnswered(connection: Connection): Promise<boolean> {
    const first = Promise.race([once(connection, 'data'), once(connection, 'close')]);
    connection.write(options('TCP', { address: HOST, port: connection.localPort ?? 0 }, 1));
    return String((await first)[0]).startsWith('SIP/2.0 200');
  }

  it('are limited over TCP and TLS together, also where it says nothing, and those that are refused are counted', async () => {
    const { certificateFile: certificate, keyFile: key } = authority.issue('IP:127.0.0.1');
    const tls = { port: await testPort(), requireClientCertificate: false, certificate, key, ca: undefined };
    const { sip, clock, flooding } = await open({ limits, tls });
    const port = sip[0]?.port ?? 0;
    const silent = await connected('127.0.0.2', 20, port, 8);
    expect(silent).toHaveLength(8);
    expect(flooding).toEqual(Array.from({ length: 12 }, () => 'too-many-connections 127.0.0.2'));
    expect(await connected('127.0.0.2', 1, tls.port, 0)).toEqual([]);
    const [other] = await connected(HOST, 1, port);
    expect(other && (await isAnswered(other))).toBe(true);
    await clock.advance(29_000);
    expect(await connected('127.0.0.2', 1, port, 0)).toEqual([]);
    await clock.advance(1_000);
    await fewer(silent, 0);
    expect(other?.closed).toBe(false);
    const [again] = await connected('127.0.0.2', 1, port);
    expect(again && (await isAnswered(again))).toBe(true);
  });

  it('are more for one of a trunk, which may be silent', async () => {
    const { sip, clock, flooding } = await open({ limits, isKnownSource: (address) => address === '127.0.0.2' });
    const known = await connected('127.0.0.2', 20, sip[0]?.port ?? 0, 16);
    expect([known.length, flooding.length]).toEqual([16, 4]);
    await clock.advance(300_000);
    const [one] = known;
    expect(one && (await isAnswered(one))).toBe(true);
    expect(openOf(known)).toHaveLength(16);
  });
});

describe('the ports of a server', () => {
  it('are the same in both families, also when the system chooses them', async () => {
    const { sip } = await open({ sip: { addresses: [HOST, '::1'], port: 0 } });
    expect(sip).toEqual([
      { address: HOST, port: sip[0]?.port },
      { address: '::1', port: sip[0]?.port },
    ]);
    expect(sip[0]?.port).toBeGreaterThan(0);
  });

  it('are given back when its media threads cannot be started', async () => {
    const port = await testPort();
    await expect(open({ sip: { addresses: [HOST], port }, rtpPorts: { first: 29_000, last: 29_000 } })).rejects.toThrow(RangeError);
    const wire = await openUdp({ local: { address: HOST, port }, log: silentLogger });
    await wire.close();
  });

  it('of TLS take only peers with a certificate, when that is required', async () => {
    const identity = authority.issue('DNS:server.example,IP:127.0.0.1');
    const port = await testPort();
    const files = { certificate: identity.certificateFile, key: identity.keyFile, ca: authority.caFile };
    const { clock } = await open({ tls: { port, requireClientCertificate: true, ...files } });
    const to = { address: HOST, port };
    const clientOf = async (credentials: { readonly identity?: typeof identity }) => {
      const wire = await openTls({ local: { address: HOST, port: 0 }, clock, log: silentLogger, ca: authority.ca, ...credentials });
      opened.push(() => wire.close());
      const statuses: string[] = [];
      wire.onReceive((bytes) => statuses.push(Buffer.from(bytes).toString('latin1', 0, 11)));
      return { wire, statuses };
    };
    const stranger = await clientOf({});
    await stranger.wire.send(options('TLS', to, 1), to).catch(() => undefined);
    while (stranger.wire.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(stranger.statuses).toEqual([]);
    const known = await clientOf({ identity });
    await known.wire.send(options('TLS', to, 2), to);
    while (known.statuses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(known.statuses).toEqual(['SIP/2.0 200']);
  });
});
