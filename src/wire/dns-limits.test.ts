import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type DnsZone, dnsTable, naptrTo, srvTo } from '../../test/support/dns-table.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { cachedDns } from './dns-cache.ts';
import { ServerLocator } from './locate-servers.ts';

function scene(zone: DnsZone) {
  const clock = new VirtualClock();
  const dns = dnsTable(zone);
  const cached = cachedDns(dns, clock);
  const servers = new ServerLocator({ dns: cached, clock, random: seededRandom(1), canReach: () => true });
  return { clock, dns, cached, servers };
}

describe('an answer of a name server', () => {
  it('is not believed for longer than an hour', async () => {
    const { clock, dns, cached } = scene({ addresses: { 'a.example': ['192.0.2.1'] }, ttlMs: 86_400_000 });
    await cached.addresses('a.example', 4);
    await clock.advance(3_599_999);
    await cached.addresses('a.example', 4);
    expect(dns.asked).toHaveLength(1);
    await clock.advance(1);
    await cached.addresses('a.example', 4);
    expect(dns.asked).toHaveLength(2);
  });

  it('that may not be kept at all is kept for a second, so that a burst of calls asks once', async () => {
    const { clock, dns, cached } = scene({ addresses: { 'a.example': ['192.0.2.1'] }, ttlMs: 0 });
    for (let call = 0; call < 10; call++) await cached.addresses('a.example', 4);
    await clock.advance(999);
    await cached.addresses('a.example', 4);
    expect(dns.asked).toHaveLength(1);
    await clock.advance(1);
    await cached.addresses('a.example', 4);
    expect(dns.asked).toHaveLength(2);
  });

  it('leads on to four services at most, of however many NAPTR records', async () => {
    const many = Array.from({ length: 30 }, (_, nth) => naptrTo(`_sip._udp.h${nth}.example`, 'SIP+D2U'));
    const { dns, servers } = scene({ naptr: { 'a.example': many }, addresses: { 'a.example': ['192.0.2.1'] } });
    await servers.locate({ host: 'a.example' }, new AbortController().signal);
    expect(dns.asked.filter((question) => question.startsWith('SRV'))).toHaveLength(4);
  });

  it.each([0, -1, 65_536])('with the port %d sends nobody anywhere', async (port) => {
    const addresses = { 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'] };
    const { servers } = scene({ srv: { '_sip._udp.a.example': [srvTo('b.example', 1, 1, port)] }, addresses });
    const found = await servers.locate({ host: 'a.example', transport: 'udp' }, new AbortController().signal);
    expect(found.map(({ address }) => address)).toEqual(['192.0.2.1']);
  });

  it('with a target that is no name has nobody asked for it', async () => {
    const { dns, servers } = scene({
      srv: { '_sip._udp.a.example': [srvTo('b\r\nX: y'), srvTo('c d')] },
      addresses: { 'a.example': ['192.0.2.1'] },
    });
    await servers.locate({ host: 'a.example', transport: 'udp' }, new AbortController().signal);
    expect(dns.asked).toEqual(['SRV _sip._udp.a.example', 'A a.example', 'AAAA a.example']);
  });
});

it('leaves nothing behind, whether name servers answer or not', async () => {
  const { clock, servers } = scene({ silent: ['a.example'], addresses: { 'b.example': ['192.0.2.2'] } });
  const wanted = new AbortController();
  expect(await servers.locate({ host: 'b.example', port: 5060 }, wanted.signal)).toHaveLength(1);
  expect(getEventListeners(wanted.signal, 'abort')).toEqual([]);
  const located = servers.locate({ host: 'a.example', port: 5060 }, wanted.signal).catch(String);
  await clock.advance(5000);
  expect(await located).toContain('do not answer');
  expect(getEventListeners(wanted.signal, 'abort')).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});
