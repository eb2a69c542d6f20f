import { describe, expect, it } from 'vitest';
import type { DialogState } from './dialog-state.ts';
import { destinationOf, hopOf, nextHopAfter, routeOf } from './next-hop.ts';

const base: DialogState = {
  phase: 'confirmed',
  role: 'uac',
  callId: 'c',
  localTag: 'l',
  remoteTag: 'r',
  local: '<sip:us@h>;tag=l',
  remote: '<sip:them@h>;tag=r',
  localCSeq: 1,
  routeSet: [],
  remoteTarget: 'sip:them@203.0.113.5:5070',
  contact: 'sip:us@h',
  nextHop: { address: '198.51.100.1', port: 5060 },
  transport: 'tcp',
  invite: { cSeq: 1, acked: true },
  allow: [],
  supported: [],
  openOffer: 'none',
};
const overTls = { transport: 'tls', nextHop: { address: '198.51.100.1', port: 5061, serverName: 'trunk.example' } } as const;
const both = (): boolean => true;
const INVITE_HOP = { address: '198.51.100.1', port: 5060, transport: 'tcp' };

describe('the next hop after a request of the peer over another connection', () => {
  const moved = { address: '198.51.100.1', port: 9, transport: 'tcp' } as const;
  it.each<[string, Partial<DialogState>, Parameters<typeof nextHopAfter>[1], number]>([
    ['is where that came from', { role: 'uas' }, moved, 9],
    ['stays when somebody else has sent it', { role: 'uas' }, { ...moved, address: '198.51.100.2' }, 5060],
    ['stays when we have begun the dialog', { role: 'uac' }, moved, 5060],
    ['stays when it came over another transport', { role: 'uas' }, { ...moved, transport: 'udp' }, 5060],
  ])('%s', (_what, more, source, port) => {
    expect(nextHopAfter({ ...base, ...more }, source)).toEqual({ address: '198.51.100.1', port });
  });
});

describe('the next hop of a request in a dialog', () => {
  it('is what maddr names, in place of the host (RFC 3261 section 19.1.1)', () => {
    expect(hopOf({ ...base, remoteTarget: 'sip:them@203.0.113.5:5070;maddr=203.0.113.9' }, both)).toMatchObject({
      ...{ address: '203.0.113.9', port: 5070 },
    });
    expect(destinationOf({ ...base, remoteTarget: 'sip:them@203.0.113.5:5070;maddr=b.example' })).toMatchObject({
      host: 'b.example',
      port: 5070,
    });
  });

  it.each<[string, Partial<DialogState>, object]>([
    ['the target', {}, { address: '203.0.113.5', port: 5070, transport: 'tcp' }],
    ['the target with the default port', { remoteTarget: 'sip:203.0.113.5' }, { address: '203.0.113.5', port: 5060, transport: 'tcp' }],
    [
      'the transport that the target asks for',
      { remoteTarget: 'sip:a@203.0.113.5;transport=UDP' },
      { address: '203.0.113.5', port: 5060, transport: 'udp' },
    ],
    ['an IPv6 target', { remoteTarget: 'sip:[2001:DB8:0::5]:5061' }, { address: '2001:db8::5', port: 5061, transport: 'tcp' }],
    [
      'the first route before the target',
      { routeSet: ['<sip:203.0.113.9;lr>', '<sip:203.0.113.8;lr>'] },
      { address: '203.0.113.9', port: 5060, transport: 'tcp' },
    ],
    ['the hop of the INVITE for a host name', { remoteTarget: 'sip:them@pbx.example' }, INVITE_HOP],
    ['the hop of the INVITE for a private target behind a public edge', { remoteTarget: 'sip:them@192.168.1.7:5060' }, INVITE_HOP],
    ['the hop of the INVITE for a transport that nobody has', { remoteTarget: 'sip:them@203.0.113.5;transport=sctp' }, INVITE_HOP],
    [
      'the target over TLS, at its own default port',
      { remoteTarget: 'sip:them@203.0.113.5;transport=tls' },
      { address: '203.0.113.5', port: 5061, transport: 'tls' },
    ],
    ['TLS for SIPS', { remoteTarget: 'sips:them@203.0.113.5' }, { address: '203.0.113.5', port: 5061, transport: 'tls' }],
    [
      'one that proves to be the domain of the INVITE, when that went over TLS',
      { ...overTls, remoteTarget: 'sip:them@203.0.113.5' },
      { address: '203.0.113.5', port: 5061, transport: 'tls', serverName: 'trunk.example' },
    ],
    [
      'the hop of the INVITE for a target that wants to leave TLS',
      { ...overTls, remoteTarget: 'sip:them@203.0.113.5;transport=udp' },
      { ...overTls.nextHop, transport: 'tls' },
    ],
    ['the hop of the INVITE for a route that cannot be read', { routeSet: ['<'] }, INVITE_HOP],
    [
      'a private target inside a private network',
      { remoteTarget: 'sip:them@192.168.1.7', nextHop: { address: '10.0.0.1', port: 5060 } },
      { address: '192.168.1.7', port: 5060, transport: 'tcp' },
    ],
    [
      'the way that a phone has registered from for its private target, which may be behind a NAT within a private network',
      { remoteTarget: 'sip:them@192.168.1.7', nextHop: { address: '10.0.0.1', port: 9, isOnlyWay: true } },
      { address: '10.0.0.1', port: 9, transport: 'tcp', isOnlyWay: true },
    ],
    [
      'a private route before the way that a phone has registered from',
      { routeSet: ['<sip:192.168.1.8;lr>'], nextHop: { address: '10.0.0.1', port: 9, isOnlyWay: true } },
      { address: '192.168.1.8', port: 5060, transport: 'tcp', isOnlyWay: true },
    ],
  ])('is %s', (_what, change, hop) => {
    expect(hopOf({ ...base, ...change }, both)).toEqual(hop);
  });

  it('is the hop of the INVITE when there is no wire for the transport asked for', () => {
    expect(hopOf({ ...base, remoteTarget: 'sip:a@203.0.113.5;transport=udp' }, (kind) => kind === 'tcp')).toEqual(INVITE_HOP);
  });

  it('is the hop of the INVITE when the target is of a family that we lack', () => {
    expect(hopOf({ ...base, remoteTarget: 'sip:a@[2001:db8::5]' }, (_kind, family) => family === 4)).toEqual(INVITE_HOP);
  });
});

describe('the host name to which requests of a dialog go', () => {
  it.each([
    ['that of the target', { remoteTarget: 'sip:them@peer.example:5070' }, { host: 'peer.example', port: 5070, transport: 'tcp' }],
    ['that of the first route', { routeSet: ['<sip:p.example;lr>'] }, { host: 'p.example', port: undefined, transport: 'tcp' }],
    ['that of maddr', { remoteTarget: 'sip:them@203.0.113.5;maddr=m.example' }, { host: 'm.example', port: undefined, transport: 'tcp' }],
    ['none for an address', { remoteTarget: 'sip:them@203.0.113.5' }, undefined],
    ['none for a transport that there is not', { remoteTarget: 'sip:them@peer.example;transport=sctp' }, undefined],
    [
      'over TLS that of a target without a transport',
      { ...overTls, remoteTarget: 'sip:them@peer.example' },
      { host: 'peer.example', port: undefined, transport: 'tls' },
    ],
    ['over TLS none for a target in clear', { ...overTls, remoteTarget: 'sip:them@peer.example;transport=tcp' }, undefined],
  ])('is %s', (_what, change, expected) => {
    expect(destinationOf({ ...base, ...change })).toEqual(expected);
  });
});

describe('Request-URI and Route', () => {
  it('of loose routers are the target and the whole route set', () => {
    const routeSet = ['<sip:p1;lr>', '<sip:p2>'];
    expect(routeOf({ ...base, routeSet })).toEqual({ uri: base.remoteTarget, routes: routeSet });
  });

  it('of a strict router are its URI, with the target at the end of the route', () => {
    expect(routeOf({ ...base, routeSet: ['<sip:p1>', '<sip:p2;lr>'] })).toEqual({
      uri: 'sip:p1',
      routes: ['<sip:p2;lr>', '<sip:them@203.0.113.5:5070>'],
    });
  });
});
