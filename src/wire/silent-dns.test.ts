import { describe, expect, it } from 'vitest';
import { type DnsZone, dnsTable, naptrTo, srvTo } from '../../test/support/dns-table.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { Dns } from './dns.ts';
import { cachedDns } from './dns-cache.ts';
import { ServerLocator, type SipDestination } from './locate-servers.ts';

const never = new AbortController().signal;
const SRV = ['SRV _sip._udp.example.com', 'SRV _sip._tcp.example.com', 'SRV _sips._tcp.example.com'];
const addresses = { 'example.com': ['192.0.2.9'], 'a.example.com': ['192.0.2.1'] };

/** Locates servers by name servers of which some say nothing. */
function scene(zone: DnsZone, change: (dns: Dns) => Dns = (dns) => dns) {
  const clock = new VirtualClock();
  const dns = dnsTable(zone);
  const servers = new ServerLocator({ dns: cachedDns(change(dns), clock), clock, random: seededRandom(1), canReach: () => true });
  return {
    clock,
    dns,
    /** Where the destination is, and how long it took to know. */
    async locate(destination: SipDestination = { host: 'example.com' }): Promise<string> {
      const startMs = clock.now();
      let found: string | undefined;
      void servers.locate(destination, never).then(
        ([first]) => {
          found = `${first?.transport} ${first?.address}`;
        },
        (error: unknown) => {
          found = String(error);
        },
      );
      await clock.runUntil(() => found !== undefined, 10_000);
      return `${found} after ${clock.now() - startMs} ms`;
    },
  };
}

describe('name servers that do not answer', () => {
  it('for NAPTR and SRV leave time for the addresses, and the next call does not wait', async () => {
    const { locate, clock } = scene({ silent: ['NAPTR example.com', ...SRV], addresses });
    expect(await locate()).toBe('udp 192.0.2.9 after 3000 ms');
    expect(await locate()).toBe('udp 192.0.2.9 after 0 ms');
    expect(clock.pendingTimers).toBe(0);
  });

  it('for NAPTR cost a second; SRV records are followed', async () => {
    const { locate } = scene({ silent: ['NAPTR example.com'], srv: { '_sip._tcp.example.com': [srvTo('a.example.com')] }, addresses });
    expect(await locate()).toBe('tcp 192.0.2.1 after 1000 ms');
    expect(await locate()).toBe('tcp 192.0.2.1 after 0 ms');
  });

  it('for SRV cost two seconds, of however many names', async () => {
    const naptr = { 'example.com': [naptrTo('_sip._udp.example.com', 'SIP+D2U'), naptrTo('_sip._tcp.example.com', 'SIP+D2T', 2)] };
    expect(await scene({ silent: SRV, naptr, addresses }).locate()).toBe('udp 192.0.2.9 after 2000 ms');
    expect(await scene({ silent: SRV, addresses }).locate({ host: 'example.com', transport: 'tcp' })).toBe('tcp 192.0.2.9 after 2000 ms');
  });

  it('at all are waited for no longer than five seconds', async () => {
    const { locate } = scene({ silent: ['example.com', ...SRV] });
    expect(await locate()).toBe('Error: The name servers do not answer after 5000 ms');
  });

  it('for NAPTR are known to for half a minute, after which a call waits again', async () => {
    const zone = { silent: ['NAPTR example.com'], addresses };
    const { locate, clock, dns } = scene(zone);
    const asked = (): number => dns.asked.filter((question) => question === 'NAPTR example.com').length;
    await locate();
    await clock.advance(2000);
    await locate();
    expect(asked()).toBe(1);
    await clock.advance(28_000);
    expect(await locate()).toBe('udp 192.0.2.9 after 1000 ms');
    expect(asked()).toBe(2);
  });

  it('in time are heard all the same: the next call goes by what they said', async () => {
    let asked = 0;
    const { locate, clock } = scene({ srv: { '_sip._udp.example.com': [srvTo('a.example.com')] }, addresses }, (dns) => ({
      ...dns,
      srv: async (name) => {
        asked++;
        await new Promise<void>((resolve) => void clock.after(2500, resolve));
        return dns.srv(name);
      },
    }));
    expect(await locate({ host: 'example.com', transport: 'udp' })).toBe('udp 192.0.2.9 after 2000 ms');
    await clock.advance(500);
    expect(await locate({ host: 'example.com', transport: 'udp' })).toBe('udp 192.0.2.1 after 0 ms');
    expect(asked).toBe(1);
  });

  it('once have failed for no more than one further call: they are asked again beside it', async () => {
    let fails = true;
    const { locate, clock } = scene({ srv: { '_sip._udp.example.com': [srvTo('a.example.com')] }, addresses }, (dns) => ({
      ...dns,
      srv: (name) => (fails ? Promise.reject(new Error('SERVFAIL')) : dns.srv(name)),
    }));
    const to = { host: 'example.com', transport: 'udp' } as const;
    expect(await locate(to)).toBe('udp 192.0.2.9 after 0 ms');
    fails = false;
    await clock.advance(3001);
    expect(await locate(to)).toBe('udp 192.0.2.9 after 0 ms');
    expect(await locate(to)).toBe('udp 192.0.2.1 after 0 ms');
  });
});
