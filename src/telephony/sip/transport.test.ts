import { describe, expect, it } from 'vitest';
import type { Endpoint, Wire, WireKind } from '../../wire/wire.ts';
import { HeaderList } from './header-list.ts';
import { emptyBody, type SipRequest } from './message.ts';
import { parseVia } from './parse-via.ts';
import { responseRoute, SipTransport, stampVia } from './transport.ts';

const wire = (kind: WireKind, address = '0.0.0.0'): Wire => ({
  kind,
  local: { address, port: 5060 },
  send: async () => {},
  onReceive: () => {},
  close: async () => {},
});
const options = (padding = 0): SipRequest => ({
  kind: 'request',
  method: 'OPTIONS',
  uri: 'sip:a@b',
  headers: new HeaderList([
    ['Via', 'left over'],
    ['Subject', 'x'.repeat(padding)],
  ]),
  body: emptyBody,
});
const hop = { address: '10.0.0.2', port: 5060, transport: 'udp' } as const;

describe('our address', () => {
  it('is the public one when there is one, with the port of the wire', () => {
    const transport = new SipTransport([wire('udp'), wire('tcp')], { 4: '203.0.113.1' });
    expect(transport.sentBy('udp', hop.address)).toBe('203.0.113.1:5060');
    expect(transport.contact('me', { ...hop, transport: 'tcp' })).toBe('sip:me@203.0.113.1:5060;transport=tcp');
    expect(new SipTransport([wire('udp', '::1')]).contact('', { ...hop, address: '2001:db8::2' })).toBe('sip:[::1]:5060');
  });

  it('is of the family of the peer', async () => {
    const sent: string[] = [];
    const wires = ['192.0.2.1', '::'].map((address) => ({
      ...wire('udp', address),
      send: async (_bytes: Uint8Array, to: Endpoint) => void sent.push(`${address} to ${to.address}`),
    }));
    const transport = new SipTransport([...wires, wire('tcp')], { 6: '2001:db8::1' });
    const six = { ...hop, address: '2001:db8::9' };
    const asked = options(1_300);
    await transport.send(transport.write(asked, six, 'z9hG4bKx').bytes, six);
    expect(asked.headers.all('Via')).toEqual(['SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport']);
    await transport.send(new Uint8Array(1), hop);
    expect(sent).toEqual([':: to 2001:db8::9', '192.0.2.1 to 10.0.0.2']);
    expect(transport.contact('', hop)).toBe('sip:192.0.2.1:5060');
    expect([4, 6].map((family) => transport.canReach('tcp', family === 6 ? 6 : 4))).toEqual([true, false]);
  });

  it('does not exist over a transport that we lack', async () => {
    const transport = new SipTransport([wire('udp')]);
    expect(() => transport.sentBy('tcp', hop.address)).toThrow('tcp');
    expect(() => transport.sentBy('udp', '::1')).toThrow('IPv6');
    await expect(transport.send(new Uint8Array(1), { ...hop, transport: 'tcp' })).rejects.toThrow('tcp');
  });
});

describe('a request', () => {
  it('has our Via alone, and the larger ones go to TCP', () => {
    const transport = new SipTransport([wire('udp'), wire('tcp')], { 4: '1.2.3.4' });
    const small = options();
    expect(transport.write(small, hop, 'z9hG4bKx').hop).toEqual(hop);
    expect(small.headers.all('Via')).toEqual(['SIP/2.0/UDP 1.2.3.4:5060;branch=z9hG4bKx;rport']);
    const large = options(1_300);
    expect(transport.write(large, hop, 'z9hG4bKx').hop).toEqual({ ...hop, transport: 'tcp' });
    expect(large.headers.all('Via')).toEqual(['SIP/2.0/TCP 1.2.3.4:5060;branch=z9hG4bKx;rport']);
  });

  it('has 1300 bytes at the most over UDP, as it goes on the wire (RFC 3261 section 18.1.1)', () => {
    const transport = new SipTransport([wire('udp'), wire('tcp')]);
    const padding = 1_300 - transport.write(options(), hop, 'z9hG4bKx').bytes.length;
    const [fits, exceeds] = [padding, padding + 1].map((bytes) => transport.write(options(bytes), hop, 'z9hG4bKx'));
    expect([fits?.bytes.length, fits?.hop.transport]).toEqual([1_300, 'udp']);
    // "TCP" in place of "UDP" has as many letters.
    expect([exceeds?.bytes.length, exceeds?.hop.transport]).toEqual([1_301, 'tcp']);
  });

  it('stays on UDP when it must, or when there is no TCP', () => {
    const transport = new SipTransport([wire('udp'), wire('tcp')]);
    expect(transport.write(options(1_300), hop, 'b', true).hop.transport).toBe('udp');
    expect(new SipTransport([wire('udp')]).write(options(1_300), hop, 'b').hop.transport).toBe('udp');
    expect(transport.write(options(1_300), { ...hop, isOnlyWay: true }, 'b').hop.transport).toBe('udp');
  });
});

describe('the way back of a response', () => {
  const source = { address: '10.0.0.9', port: 40_000 };
  it.each([
    ['SIP/2.0/UDP h:5070;branch=b;rport', 'udp', { first: { ...source, transport: 'udp' } }],
    ['SIP/2.0/UDP h:5070;branch=b', 'udp', { first: { address: '10.0.0.9', port: 5070, transport: 'udp' } }],
    ['SIP/2.0/UDP h;branch=b', 'udp', { first: { address: '10.0.0.9', port: 5060, transport: 'udp' } }],
    [
      'SIP/2.0/TCP h:5070;branch=b',
      'tcp',
      { first: { ...source, transport: 'tcp' }, otherwise: { address: '10.0.0.9', port: 5070, transport: 'tcp' } },
    ],
    [
      'SIP/2.0/TLS h;branch=b',
      'tls',
      { first: { ...source, transport: 'tls' }, otherwise: { address: '10.0.0.9', port: 5061, transport: 'tls' } },
    ],
  ] as const)('of %s', (line, kind, route) => {
    expect(responseRoute(parseVia(line), kind, source)).toEqual(route);
  });

  it('over TCP is a new connection when the old one is gone', async () => {
    const tried: number[] = [];
    const failing: Wire = {
      ...wire('tcp'),
      send: async (_bytes, to) => {
        tried.push(to.port);
        if (to.port === source.port) throw new Error('gone');
      },
    };
    const transport = new SipTransport([failing]);
    await transport.respond(new Uint8Array(1), responseRoute(parseVia('SIP/2.0/TCP h:5070;branch=b'), 'tcp', source));
    expect(tried).toEqual([40_000, 5070]);
  });

  it.each([true, false])('over TCP does not connect to the port that the peer connected from (connection up: %s)', async (isUp) => {
    const tried: number[] = [];
    const transport = new SipTransport([
      {
        ...wire('tcp'),
        isConnected: ({ port }) => isUp && port === source.port,
        send: async (_bytes, to) => void tried.push(to.port),
      },
    ]);
    await transport.respond(new Uint8Array(1), responseRoute(parseVia('SIP/2.0/TCP h:5070;branch=b'), 'tcp', source));
    expect(tried).toEqual([isUp ? 40_000 : 5070]);
  });

  it.each([
    ['SIP/2.0/UDP 10.0.0.9:5060;branch=b', 'SIP/2.0/UDP 10.0.0.9:5060;branch=b'],
    ['SIP/2.0/UDP h;branch=b', 'SIP/2.0/UDP h;branch=b;received=10.0.0.9'],
    ['SIP/2.0/UDP 10.0.0.9;rport;branch=b', 'SIP/2.0/UDP 10.0.0.9;rport=40000;branch=b;received=10.0.0.9'],
    ['SIP/2.0/UDP h ; rport = 1 ;branch=b;received=6.6.6.6', 'SIP/2.0/UDP h ;rport=40000;branch=b;received=10.0.0.9'],
    ['SIP/2.0/UDP h;branch=b, SIP/2.0/UDP i', 'SIP/2.0/UDP h;branch=b;received=10.0.0.9, SIP/2.0/UDP i'],
  ])('the Via %s becomes %s', (line, stamped) => {
    const [top = ''] = line.split(',');
    expect(stampVia(line, parseVia(top), source)).toBe(stamped);
  });

  it('a Via names no zone, which means something on this machine only', () => {
    const line = 'SIP/2.0/UDP h;branch=b';
    expect(stampVia(line, parseVia(line), { address: 'fe80::1%eth0', port: 5060 })).toBe(`${line};received=fe80::1`);
  });
});
