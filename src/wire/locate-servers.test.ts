import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DnsZone, dnsTable, naptrTo, srvTo } from '../../test/support/dns-table.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { cachedDns } from './dns-cache.ts';
import { type CanReach, type LocatedServer, ServerLocator, type SipDestination } from './locate-servers.ts';

const everything: CanReach = () => true;

const never = new AbortController().signal;
setMaxListeners(100, never);

function locator(zone: DnsZone, canReach: CanReach = everything, seed = 1) {
  const clock = new VirtualClock();
  const dns = dnsTable(zone);
  const servers = new ServerLocator({ dns: cachedDns(dns, clock), clock, random: seededRandom(seed), canReach });
  const locate = async (destination: SipDestination) => (await servers.locate(destination, never)).map(textOf);
  return { clock, dns, servers, locate };
}

function textOf({ transport, address, port, serverName }: LocatedServer): string {
  return `${transport} ${address} ${port}${serverName === undefined ? '' : ` ${serverName}`}`;
}

describe('locating the servers of a destination', () => {
  it.each<[SipDestination, string]>([
    [{ host: '192.0.2.1' }, 'udp 192.0.2.1 5060'],
    [{ host: '192.0.2.1', port: 5080, transport: 'tcp' }, 'tcp 192.0.2.1 5080'],
    [{ host: '2001:db8::1', transport: 'tls' }, 'tls 2001:db8::1 5061 2001:db8::1'],
  ])('asks nobody about an address', async (destination, expected) => {
    const { locate, dns } = locator({});
    expect(await locate(destination)).toEqual([expected]);
    expect(dns.asked).toEqual([]);
  });

  it('asks for addresses only when there is a port, or no dot in the name', async () => {
    const { locate, dns } = locator({ addresses: { 'sip.example': ['192.0.2.1', '2001:db8::1'], localhost: ['127.0.0.1'] } });
    expect(await locate({ host: 'sip.example', port: 5070 })).toEqual(['udp 192.0.2.1 5070', 'udp 2001:db8::1 5070']);
    expect(await locate({ host: 'localhost', transport: 'tcp' })).toEqual(['tcp 127.0.0.1 5060']);
    expect(dns.asked).toEqual(['A sip.example', 'AAAA sip.example', 'A localhost', 'AAAA localhost']);
  });

  it('follows NAPTR in the order of order and preference, to transports that are there', async () => {
    const zone: DnsZone = {
      naptr: {
        'example.com': [
          naptrTo('_sip._udp.example.com', 'SIP+D2U', 20, 1),
          naptrTo('_sip._tcp.example.com', 'SIP+D2T', 10, 10),
          naptrTo('_sips._tcp.example.com', 'SIPS+D2T', 10, 9),
          naptrTo('_sip._sctp.example.com', 'SIP+D2S', 1, 1),
          { ...naptrTo('other.example.com', 'SIP+D2U', 1, 1), flags: '' },
        ],
      },
      srv: {
        '_sips._tcp.example.com': [srvTo('a.example.com', 1, 1, 5071)],
        '_sip._tcp.example.com': [srvTo('b.example.com')],
        '_sip._udp.example.com': [srvTo('c.example.com')],
      },
      addresses: { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2'], 'c.example.com': ['192.0.2.3'] },
    };
    const expected = ['tls 192.0.2.1 5071 example.com', 'tcp 192.0.2.2 5060', 'udp 192.0.2.3 5060'];
    expect(await locator(zone).locate({ host: 'example.com' })).toEqual(expected);
    expect(await locator(zone, (kind) => kind !== 'tls').locate({ host: 'example.com' })).toEqual(expected.slice(1));
  });

  it('asks for SRV of the transports that are there when NAPTR records name none of them', async () => {
    const { locate } = locator(
      {
        naptr: { 'example.com': [naptrTo('_sips._tcp.example.com', 'SIPS+D2T')] },
        srv: { '_sip._udp.example.com': [srvTo('a.example', 1, 1, 5070)] },
        addresses: { 'a.example': ['192.0.2.1'], 'example.com': ['192.0.2.9'] },
      },
      (transport) => transport !== 'tls',
    );
    expect(await locate({ host: 'example.com' })).toEqual(['udp 192.0.2.1 5070']);
  });

  it('never tries a host of a higher priority first, however heavy the others are', async () => {
    const records = [srvTo('backup.example', 2, 0), srvTo('main.example', 1, 100)];
    const addresses = { 'backup.example': ['192.0.2.2'], 'main.example': ['192.0.2.1'] };
    const { locate } = locator({ srv: { '_sip._udp.example.com': records }, addresses });
    expect(await locate({ host: 'example.com', transport: 'udp' })).toEqual(['udp 192.0.2.1 5060', 'udp 192.0.2.2 5060']);
  });

  it('asks for SRV of the transport that is named, or else of each until one has any', async () => {
    const zone: DnsZone = {
      srv: { '_sip._tcp.example.com': [srvTo('b.example.com')] },
      addresses: { 'b.example.com': ['192.0.2.2'], 'example.com': ['192.0.2.9'] },
    };
    expect(await locator(zone).locate({ host: 'example.com' })).toEqual(['tcp 192.0.2.2 5060']);
    const both = { ...zone, srv: { ...zone.srv, '_sips._tcp.example.com': [srvTo('b.example.com', 1, 1, 5061)] } };
    expect(await locator(both).locate({ host: 'example.com' })).toEqual(['tcp 192.0.2.2 5060']);
    expect(await locator(zone).locate({ host: 'example.com', transport: 'tcp' })).toEqual(['tcp 192.0.2.2 5060']);
    expect(await locator(zone).locate({ host: 'example.com', transport: 'tls' })).toEqual(['tls 192.0.2.9 5061 example.com']);
  });

  it('takes lower priorities first and chooses by weight among equals (RFC 2782)', async () => {
    const zone: DnsZone = {
      srv: {
        '_sip._udp.example.com': [
          srvTo('c.example', 2, 100),
          srvTo('a.example', 1, 90),
          srvTo('b.example', 1, 10),
          srvTo('z.example', 1, 0),
        ],
      },
      addresses: { 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'], 'c.example': ['192.0.2.3'], 'z.example': ['192.0.2.4'] },
    };
    const { locate } = locator(zone);
    const firsts = new Map<string, number>();
    for (let run = 0; run < 1000; run++) {
      const found = await locate({ host: 'example.com', transport: 'udp' });
      expect(found).toHaveLength(4);
      expect(found[3]).toBe('udp 192.0.2.3 5060');
      firsts.set(found[0] ?? '', (firsts.get(found[0] ?? '') ?? 0) + 1);
    }
    expect(firsts.get('udp 192.0.2.1 5060')).toBeGreaterThan(800);
    expect(firsts.get('udp 192.0.2.2 5060')).toBeGreaterThan(50);
    expect(firsts.get('udp 192.0.2.4 5060')).toBeLessThan(50);
  });

  it.each(['.', ''])('says that there is no such service by the target "%s": addresses are not tried', async (target) => {
    const zone: DnsZone = { srv: { '_sip._udp.example.com': [srvTo(target, 0, 0, 0)] }, addresses: { 'example.com': ['192.0.2.9'] } };
    const { locate, dns } = locator(zone);
    await expect(locate({ host: 'example.com' })).rejects.toThrow('no SIP service');
    await expect(locate({ host: 'example.com', transport: 'udp' })).rejects.toThrow('no SIP service');
    expect(dns.asked.filter((question) => question.startsWith('A'))).toEqual([]);
    // Over a transport of which nothing is said it may still be there.
    expect(await locate({ host: 'example.com', transport: 'tcp' })).toEqual(['tcp 192.0.2.9 5060']);
  });

  it('gives addresses of the family of the wires only', async () => {
    const zone: DnsZone = { addresses: { 'sip.example': ['192.0.2.1', '2001:db8::1'] } };
    const six = locator(zone, (_kind, family) => family === 6);
    expect(await six.locate({ host: 'sip.example' })).toEqual(['udp 2001:db8::1 5060']);
    expect(six.dns.asked).not.toContain('A sip.example');
  });

  it('goes on by what can be answered when NAPTR or SRV cannot', async () => {
    const { locate } = locator({
      naptr: { 'example.com': new Error('SERVFAIL') },
      srv: { '_sip._udp.example.com': new Error('SERVFAIL') },
      addresses: { 'example.com': ['192.0.2.9'] },
    });
    expect(await locate({ host: 'example.com' })).toEqual(['udp 192.0.2.9 5060']);
  });

  it('takes the addresses of one family when nobody answers for the other', async () => {
    const { dns, clock } = locator({ addresses: { 'sip.example': ['192.0.2.1'] } });
    const addresses = (host: string, family: 4 | 6) => (family === 6 ? Promise.reject(new Error('SERVFAIL')) : dns.addresses(host, family));
    const servers = new ServerLocator({ dns: { ...dns, addresses }, clock, random: seededRandom(1), canReach: everything });
    expect((await servers.locate({ host: 'sip.example' }, never)).map(textOf)).toEqual(['udp 192.0.2.1 5060']);
  });

  it.each(['a b.example', 'a.example\r\nX: y', '-a.example', 'a..example', '[::1]', `${'a.'.repeat(127)}aa`, ''])(
    'asks nobody about "%s", which is no name',
    async (host) => {
      const { locate, dns } = locator({});
      await expect(locate({ host })).rejects.toThrow('not valid');
      expect(dns.asked).toEqual([]);
    },
  );
});

describe('what name servers say', () => {
  it('is remembered as long as its TTL says, also that there is nothing', async () => {
    const { locate, dns, clock } = locator({ addresses: { 'sip.example': ['192.0.2.1'] }, ttlMs: 120_000 });
    await locate({ host: 'sip.example' });
    const first = dns.asked.length;
    await clock.advance(29_000);
    await locate({ host: 'SIP.example' });
    expect(dns.asked).toHaveLength(first);
    await clock.advance(2000);
    await locate({ host: 'sip.example' });
    expect(dns.asked.slice(first)).not.toContain('A sip.example');
    expect(dns.asked.slice(first)).toContain('NAPTR sip.example');
    await clock.advance(120_000);
    await locate({ host: 'sip.example' });
    expect(dns.asked.filter((question) => question === 'A sip.example')).toHaveLength(2);
  });

  it('is not believed any more when its TTL is over: the next call goes to the new address', async () => {
    const addresses = { 'sip.example': ['192.0.2.1'] };
    const { locate, clock } = locator({ addresses, ttlMs: 120_000 });
    expect(await locate({ host: 'sip.example', port: 5060 })).toEqual(['udp 192.0.2.1 5060']);
    addresses['sip.example'] = ['192.0.2.2'];
    await clock.advance(119_000);
    expect(await locate({ host: 'sip.example', port: 5060 })).toEqual(['udp 192.0.2.1 5060']);
    await clock.advance(1001);
    expect(await locate({ host: 'sip.example', port: 5060 })).toEqual(['udp 192.0.2.2 5060']);
  });

  it('is asked for once when several calls want it at a time', async () => {
    const { locate, dns } = locator({ addresses: { 'sip.example': ['192.0.2.1'] } });
    await Promise.all(Array.from({ length: 50 }, () => locate({ host: 'sip.example' })));
    expect(dns.asked.filter((question) => question === 'A sip.example')).toHaveLength(1);
  });

  it('is not asked for again for three seconds when nobody answered', async () => {
    const { locate, dns, clock } = locator({ addresses: { 'sip.example': new Error('SERVFAIL') } });
    const asked = async (): Promise<number> => {
      await expect(locate({ host: 'sip.example', port: 5060 })).rejects.toThrow('no address');
      return dns.asked.filter((question) => question === 'A sip.example').length;
    };
    expect([await asked(), await asked()]).toEqual([1, 1]);
    await clock.advance(3001);
    expect(await asked()).toBe(2);
  });

  it('is kept of two thousand names, of which the one that was asked for first is forgotten', async () => {
    const clock = new VirtualClock();
    const dns = dnsTable({ ttlMs: 3_600_000 });
    const cached = cachedDns(dns, clock);
    for (let nth = 0; nth <= 2000; nth++) await cached.srv(`h${nth}.example`);
    for (const nth of [2000, 1, 0]) await cached.srv(`h${nth}.example`);
    expect(dns.asked).toHaveLength(2002);
    expect(dns.asked.at(-1)).toBe('SRV h0.example');
  });

  it('is kept as no more than 32 records', async () => {
    const cached = cachedDns(dnsTable({ addresses: { 'a.example': Array.from({ length: 100 }, () => '192.0.2.1') } }), new VirtualClock());
    expect((await cached.addresses('a.example', 4)).records).toHaveLength(32);
  });

  it('is cut off: of thousands of records a few servers come', async () => {
    const many = Array.from({ length: 5000 }, (_, nth) => srvTo(`h${nth}.example`));
    const hosts = Array.from({ length: 2000 }, (_, nth) => `10.1.${nth >> 8}.${nth & 255}`);
    const addresses = Object.fromEntries(many.map(({ target }) => [target, hosts]));
    const { locate, dns } = locator({ srv: { '_sip._udp.example.com': many }, addresses });
    expect(await locate({ host: 'example.com', transport: 'udp' })).toHaveLength(8);
    expect(dns.asked.length).toBeLessThan(20);
  });

  it.each([
    ['a loop', { naptr: { 'a.example': [naptrTo('a.example', 'SIP+D2U')] }, srv: { 'a.example': [srvTo('a.example')] } }],
    [
      'empty names',
      {
        naptr: { 'a.example': [naptrTo('', 'SIP+D2U'), naptrTo('.', 'SIP+D2T')] },
        srv: { '_sip._udp.a.example': [srvTo(''), srvTo('.')] },
      },
    ],
    [
      'names and ports that are none',
      { srv: { '_sip._udp.a.example': [srvTo('a b\r\nX: y'), srvTo('a.example', 1, 1, 0), srvTo('a.example', 1, 1, 70_000)] } },
    ],
    ['addresses that are none', { addresses: { 'a.example': ['not an address', ''] } }],
  ] satisfies readonly [string, DnsZone][])('may be %s: there is no server', async (_case, zone) => {
    const { locate, dns } = locator(zone);
    await expect(locate({ host: 'a.example' })).rejects.toThrow(/no address|no SIP service/);
    expect(dns.asked.length).toBeLessThan(12);
  });

  it('is waited for 5 s, or until nobody wants it', async () => {
    const { servers, clock } = locator({ silent: ['sip.example'] });
    const late = servers.locate({ host: 'sip.example', port: 5060 }, never).catch((error: unknown) => String(error));
    await clock.advance(5000);
    expect(await late).toContain('do not answer');
    const given = new AbortController();
    const up = servers.locate({ host: 'sip.example', port: 5060 }, given.signal).catch((error: unknown) => String(error));
    given.abort(new Error('given up'));
    expect(await up).toContain('given up');
    await expect(servers.locate({ host: 'sip.example', port: 5060 }, given.signal)).rejects.toThrow('given up');
    expect(clock.pendingTimers).toBe(0);
  });

  it('never makes a server that cannot be sent to', async () => {
    const name = fc.oneof(fc.domain(), fc.string(), fc.constantFrom('a.example', 'b.example', '.'));
    const srv = fc.record({ priority: fc.nat(9), weight: fc.nat(9), port: fc.integer({ min: -1, max: 70_000 }), target: name });
    const naptr = fc.record({
      order: fc.nat(9),
      preference: fc.nat(9),
      flags: fc.constantFrom('s', 'S', 'a', 'u', ''),
      service: fc.constantFrom('SIP+D2U', 'SIP+D2T', 'SIPS+D2T', 'x', '__proto__', 'constructor'),
      replacement: fc.oneof(name, fc.constantFrom('_sip._udp.a.example')),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(naptr),
        fc.array(srv),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
        name,
        async (naptrs, srvs, found, host) => {
          const { servers, clock } = locator({
            naptr: { 'a.example': naptrs },
            srv: { '_sip._udp.a.example': srvs, 'b.example': srvs },
            addresses: { 'a.example': found, 'b.example': found },
          });
          const got = await servers.locate({ host }, never).catch(() => []);
          expect(got.length).toBeLessThanOrEqual(8);
          for (const { address, port } of got) {
            expect(address).toMatch(/^[0-9a-f.:]+$/i);
            expect(port > 0 && port <= 65_535).toBe(true);
          }
          expect(clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
