import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/kernel/clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { callWorld, manager, nothingLeft, PHONE, type WorldOptions } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { type DnsZone, dnsTable, naptrTo, srvTo } from '../support/dns-table.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { ANSWER } from '../support/sip-agents.ts';

const flow = flowOf({ say: ['SayNode', { WhatToSay: '0123456789', Done: to('bye') }], bye: ['HangUpNode'] });
const DOMAIN = 'carrier.example';
const FIRST = '10.0.1.1';
const SECOND = '10.0.1.2';

/** The domain of the trunk has these servers, the first in order first. */
function inOrder(...addresses: readonly string[]): DnsZone {
  return {
    srv: { [`_sip._udp.${DOMAIN}`]: addresses.map((_, nth) => srvTo(`h${nth}.${DOMAIN}`, nth + 1)) },
    addresses: Object.fromEntries(addresses.map((address, nth) => [`h${nth}.${DOMAIN}`, [address]])),
  };
}

/** The same over TCP. */
function inOrderOverTcp(...addresses: readonly string[]): DnsZone {
  const { srv, ...zone } = inOrder(...addresses);
  return { ...zone, srv: { [`_sip._tcp.${DOMAIN}`]: srv?.[`_sip._udp.${DOMAIN}`] ?? [] } };
}

/** A trunk to the domain, whose first server does as `behave` says. `sent` is what our side sends: start line, transport and place. */
async function placed(zone: DnsZone, behave?: (invite: IncomingInvite, clock: Clock) => void, more: Partial<WorldOptions> = {}) {
  const invites: string[] = [];
  const { port: _port, transport: _transport, ...target } = targetAt(DOMAIN);
  const dns = dnsTable(zone);
  const world = callWorld({
    flow,
    targets: [target],
    dns,
    filter: (bytes, _from, { address }) => {
      const text = Buffer.from(bytes).toString();
      if (text.startsWith('INVITE')) invites.push(`${address}\n${text}`);
      return 'pass';
    },
    ...more,
  });
  const first = behave && carrier(world, FIRST, (invite) => behave(invite, world.clock));
  const startMs = world.clock.now();
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  const tookMs = (session.endedAtMs ?? 0) - startMs;
  const left = async () => {
    await first?.close();
    return world.finish();
  };
  return { world, dns, session, invites, tookMs, left };
}

const lineOf = (invite: string | undefined, name: string) => new RegExp(`^${name}: (.*)\\r$`, 'm').exec(invite ?? '')?.[1];
const placesOf = (invites: readonly string[]) => invites.map((invite) => invite.slice(0, invite.indexOf('\n')));

describe('a trunk that is a domain', () => {
  it('is called over TLS when its NAPTR records say so', async () => {
    const zone: DnsZone = {
      naptr: { [DOMAIN]: [naptrTo(`_sip._udp.${DOMAIN}`, 'SIP+D2U', 2), naptrTo(`_sips._tcp.${DOMAIN}`, 'SIPS+D2T', 1)] },
      srv: { [`_sips._tcp.${DOMAIN}`]: [srvTo(`t.${DOMAIN}`, 1, 1, 5061)], [`_sip._udp.${DOMAIN}`]: [srvTo(`u.${DOMAIN}`)] },
      addresses: { [`t.${DOMAIN}`]: [PHONE], [`u.${DOMAIN}`]: [FIRST] },
    };
    const { session, world, invites, left } = await placed(zone);
    expect(session.outcome).toBe('Completed');
    expect(world.phoneEvents.map(({ event }) => event)).toContain('answered');
    // Nothing of it went over UDP.
    expect(invites).toEqual([]);
    expect(await left()).toEqual(nothingLeft);
  });

  it('keeps the domain in the Request-URI, without a port', async () => {
    const { invites, session, left } = await placed(inOrder(PHONE));
    expect(session.outcome).toBe('Completed');
    expect(invites[0]).toContain(`INVITE sip:+18144043093@${DOMAIN} SIP/2.0`);
    expect(await left()).toEqual(nothingLeft);
  });

  it.each<[string, (invite: IncomingInvite, clock: Clock) => void]>([
    ['answers with 503', (invite) => invite.reject(503)],
    ['answers with 503 after a 100', (invite, clock) => void clock.after(300, () => invite.reject(503))],
  ])('has its next server called when the first %s: same Call-ID and From, another branch', async (_case, behave) => {
    const { session, world, invites, left } = await placed(inOrder(FIRST, PHONE), behave);
    expect(session.outcome).toBe('Completed');
    expect(world.phoneEvents.map(({ event }) => event)).toContain('answered');
    expect(placesOf(invites)).toEqual([FIRST, PHONE]);
    for (const same of ['Call-ID', 'From', 'To', 'CSeq']) expect(lineOf(invites[1], same)).toBe(lineOf(invites[0], same));
    expect(lineOf(invites[1], 'Via')).not.toBe(lineOf(invites[0], 'Via'));
    expect(session.lines.slice(0, 2)).toEqual(['Calling', 'Ringing']);
    expect(await left()).toEqual(nothingLeft);
  });

  it('has its next server called at once when the first cannot be connected to', async () => {
    const { session, tookMs, left } = await placed(inOrderOverTcp(FIRST, PHONE));
    expect(session.outcome).toBe('Completed');
    expect(tookMs).toBeLessThan(2000);
    expect(await left()).toEqual(nothingLeft);
  });

  it('has its next server called after four seconds when the first says nothing', async () => {
    const { session, world, invites, left } = await placed(inOrder(FIRST, PHONE));
    expect(session.outcome).toBe('Completed');
    expect(placesOf(invites)).toEqual([FIRST, FIRST, FIRST, FIRST, PHONE]);
    expect((world.phoneEvents[0]?.atMs ?? 0) - (session.times[0]?.atMs ?? 0)).toBe(4000);
    expect(await left()).toEqual(nothingLeft);
  });

  it('has its next server called also when that takes long to be connected to, after a first that says nothing', async () => {
    const { port: _port, transport: _transport, ...target } = targetAt(DOMAIN);
    const targets = [target, targetAt(SECOND, { priority: 1 })];
    const world = callWorld({ flow, targets, dns: dnsTable(inOrderOverTcp(FIRST, PHONE)), faults: { connectMs: 3000 } });
    const silent = world.network.wire('tcp', { address: FIRST, port: 5060 });
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect(session.lines.slice(0, 2)).toEqual(['Calling', 'Ringing']);
    expect(session.outcome).toBe('Completed');
    await silent.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it.each([500, 502, 504, 600])('has no other server called when the first answers with %i', async (status) => {
    const { session, invites, left } = await placed(inOrder(FIRST, PHONE), (invite) => invite.reject(status));
    expect([placesOf(invites), session.sipCause]).toEqual([[FIRST], status]);
    expect(await left()).toEqual(nothingLeft);
  });

  it('has all its servers called, and then the next target of the trunk', async () => {
    const { port: _port, transport: _transport, ...target } = targetAt(DOMAIN);
    const targets = [target, targetAt(PHONE, { priority: 1 })];
    const { session, invites, left } = await placed(inOrder(FIRST, SECOND), undefined, { targets });
    expect(session.outcome).toBe('Completed');
    expect(new Set(placesOf(invites))).toEqual(new Set([FIRST, SECOND, PHONE]));
    expect(session.lines[1]).toMatch(new RegExp(`^${DOMAIN}: .*; trying 10\\.0\\.0\\.2:5060$`));
    expect(await left()).toEqual(nothingLeft);
  });

  it('is unreachable when none of them answers', async () => {
    const { session, invites, tookMs, left } = await placed(inOrder(FIRST, SECOND, '10.0.1.3'));
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 408 });
    expect(new Set(placesOf(invites))).toEqual(new Set([FIRST, SECOND, '10.0.1.3']));
    expect(tookMs).toBe(4000 + 4000 + 32_000);
    expect(await left()).toEqual(nothingLeft);
  });

  it.each([
    ['rings', undefined],
    ['has audio of its own before the answer', ANSWER],
  ])('has no second server called once a phone %s', async (_what, sdp) => {
    const { session, invites, left } = await placed(inOrder(FIRST, PHONE), (invite, clock) => {
      invite.ring(sdp);
      clock.after(1000, () => invite.reject(503));
    });
    expect(session.sipCause).toBe(503);
    expect(placesOf(invites)).toEqual([FIRST]);
    expect(await left()).toEqual(nothingLeft);
  });

  it('has no second server called when the callee is the cause', async () => {
    const { session, invites, left } = await placed(inOrder(FIRST, PHONE), (invite) => invite.reject(486));
    expect(session).toMatchObject({ outcome: 'Busy', sipCause: 486 });
    expect(placesOf(invites)).toEqual([FIRST]);
    expect(await left()).toEqual(nothingLeft);
  });

  it('is asked for once in a burst of calls, and again when the TTL is over', async () => {
    const { world, dns, left } = await placed({ ...inOrder(PHONE), ttlMs: 300_000 });
    const first = dns.asked.length;
    const again = await world.call();
    await world.over(again);
    expect(dns.asked.filter((question) => question === `SRV _sip._udp.${DOMAIN}`)).toHaveLength(1);
    expect(dns.asked.length).toBe(first);
    await world.clock.advance(300_000);
    await world.over(await world.call());
    expect(dns.asked.filter((question) => question === `SRV _sip._udp.${DOMAIN}`)).toHaveLength(2);
    expect(await left()).toEqual(nothingLeft);
  });

  it('ends as unreachable when nobody knows the name or answers', async () => {
    const unknown = await placed({});
    expect(unknown.session).toMatchObject({ outcome: 'Unreachable' });
    expect(await unknown.left()).toEqual(nothingLeft);
    const silent = await placed({ silent: [DOMAIN] });
    expect(silent.session).toMatchObject({ outcome: 'Unreachable' });
    expect(silent.tookMs).toBe(5000);
    expect(await silent.left()).toEqual(nothingLeft);
  });
});

describe('a call that is ended meanwhile', () => {
  it.each([
    ['while the name is looked up', { silent: [DOMAIN] }, 1000],
    ['before the first server is given up', inOrder(FIRST, PHONE), 3999],
    ['when the next server was just tried', inOrder(FIRST, SECOND, PHONE), 4000],
    ['while the last one is silent', inOrder(FIRST, SECOND), 10_000],
  ] satisfies readonly [string, DnsZone, number][])('%s is over, and nobody else is called', async (_case, zone, afterMs) => {
    const { port: _port, transport: _transport, ...target } = targetAt(DOMAIN);
    const world = callWorld({ flow, targets: [target], dns: dnsTable(zone) });
    const session = await world.call();
    await world.clock.advance(afterMs);
    const endedMs = world.clock.now();
    await Promise.all([world.service.end(manager, session.row.id), world.over(session)]);
    expect(session).toMatchObject({ outcome: 'Cancelled' });
    expect((session.endedAtMs ?? 0) - endedMs).toBeLessThan(100);
    expect(world.phoneEvents).toEqual([]);
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a server that was given up', () => {
  it.each([
    ['rings', (invite: IncomingInvite) => invite.ring()],
    [
      'answers',
      (invite: IncomingInvite) =>
        void invite.answer('v=0\r\no=- 7 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n'),
    ],
  ])('and %s too late is told to stop', async (_case, behave) => {
    const told: string[] = [];
    const { port: _port, transport: _transport, ...target } = targetAt(DOMAIN);
    const world = callWorld({
      flow: flowOf({ wait: ['WaitNode', { Timeout: 60 }] }),
      targets: [target],
      dns: dnsTable(inOrder(FIRST, PHONE)),
      filter: (bytes, { address: from }, { address }) => {
        const text = Buffer.from(bytes).toString();
        if (address === FIRST) told.push(text.slice(0, text.indexOf(' ')));
        // What the first server says takes eight seconds.
        return from === FIRST ? { delayMs: 8000 } : 'pass';
      },
    });
    const first = carrier(world, FIRST, behave);
    const session = await world.call();
    await world.clock.advance(20_000);
    expect(session.answeredAtMs).toBeDefined();
    expect(session.endedAtMs).toBeUndefined();
    expect(told).toContain(_case === 'rings' ? 'CANCEL' : 'BYE');
    await world.stop();
    await world.clock.advance(60_000);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
