import { describe, expect, it } from 'vitest';
import { type DnsZone, dnsTable, naptrTo, srvTo } from '../../test/support/dns-table.ts';
import { ListenerWatch } from '../../test/support/listener-watch.ts';
import { settledMemory } from '../../test/support/settled-memory.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { ChangeListener } from '../store/changes.ts';
import type { TrunkHost } from '../store/endpoint-repository.ts';
import type { Dns } from '../wire/dns.ts';
import { DomainSources } from '../wire/domain-sources.ts';
import { TrunkSources } from './trunk-sources.ts';

const trunk = (trunkId: string, host: string, isDomain = false): TrunkHost => ({
  trunkId,
  host,
  isDomain,
  accountId: `account of ${trunkId}`,
});
const idsAt = async (sources: TrunkSources, address: string) => (await sources.at(address)).map(({ trunkId }) => trunkId);

function scene(hosts: readonly TrunkHost[], addresses: DnsZone['addresses'] = {}, zone: DnsZone = {}) {
  const clock = new VirtualClock();
  const stored = { hosts, zone: { addresses, ...zone }, reads: 0, lookups: 0, beforeRead: async () => {} };
  const ask = () => dnsTable(stored.zone);
  const dns: Dns = {
    naptr: (name) => ask().naptr(name),
    srv: (name) => ask().srv(name),
    addresses: (name, family) => {
      if (family === 4) stored.lookups += 1;
      return ask().addresses(name, family);
    },
  };
  let listener: ChangeListener = () => {};
  const sources = new TrunkSources({
    endpoints: {
      trunkHosts: async () => {
        stored.reads += 1;
        const read = stored.hosts;
        await stored.beforeRead();
        return [...read];
      },
    },
    changes: {
      subscribe: (given) => {
        listener = given;
        return () => {};
      },
    },
    sourcesOf: (host, isDomain) => new DomainSources(dns, host, isDomain),
    clock,
    log: silentLogger,
  });
  return { clock, stored, sources, tell: (kind: 'endpoint' | 'flow' | undefined) => listener(kind && { kind, id: 'x' }) };
}

describe('the trunks at an address', () => {
  it('are looked up again and again, and leave nothing of that with the server', async () => {
    const { clock, stored, sources } = scene([trunk('a', 'sip.example')], { 'sip.example': ['192.0.2.1'] });
    const watch = new ListenerWatch();
    await idsAt(sources, '192.0.2.1');
    await settledMemory();
    const before = watch.counts;
    for (let hour = 1; hour < 10; hour++) {
      await clock.advance(3_600_000);
      await idsAt(sources, '192.0.2.1');
    }
    expect(stored.lookups).toBeGreaterThan(5);
    await settledMemory();
    expect(watch.counts).toEqual(before);
    watch.close();
  });

  it('are those with that host, by address or by name, whatever form the address has', async () => {
    const { sources } = scene([trunk('a', '192.0.2.1'), trunk('b', 'sip.example'), trunk('c', '192.0.2.2'), trunk('d', '2001:DB8::1')], {
      'sip.example': ['192.0.2.1', '192.0.2.9'],
    });
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a', 'b']);
    expect(await sources.at('192.0.2.9')).toEqual([{ trunkId: 'b', accountId: 'account of b' }]);
    expect(await idsAt(sources, '::ffff:192.0.2.2')).toEqual(['c']);
    expect(await idsAt(sources, '2001:db8::1')).toEqual(['d']);
    expect(await idsAt(sources, '192.0.2.3')).toEqual([]);
  });

  it('are those that allow a network which has it, each once', async () => {
    const { sources } = scene([trunk('a', '192.0.2.0/24'), trunk('b', '192.0.2.1'), trunk('a', '192.0.2.1'), trunk('c', '2001:db8::/32')]);
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a', 'b']);
    expect(await idsAt(sources, '::ffff:192.0.2.200')).toEqual(['a']);
    expect(await idsAt(sources, '192.0.3.1')).toEqual([]);
    expect(await idsAt(sources, '2001:db8:5::1')).toEqual(['c']);
  });

  it('cost a flood of strangers one read and one lookup', async () => {
    const { sources, stored } = scene([trunk('a', 'sip.example')], { 'sip.example': ['192.0.2.1'] });
    await Promise.all(Array.from({ length: 1000 }, (_none, at) => sources.at(`198.51.100.${at % 256}`)));
    expect([stored.reads, stored.lookups]).toEqual([1, 1]);
  });

  it('are others the moment that an endpoint changes, and not for any other change', async () => {
    const { sources, stored, tell } = scene([]);
    expect(await idsAt(sources, '192.0.2.1')).toEqual([]);
    stored.hosts = [trunk('a', '192.0.2.1')];
    tell('flow');
    expect(await idsAt(sources, '192.0.2.1')).toEqual([]);
    tell('endpoint');
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a']);
    stored.hosts = [];
    tell(undefined);
    expect(await idsAt(sources, '192.0.2.1')).toEqual([]);
  });

  it('are read again when something changes while they are read', async () => {
    const { sources, stored, tell } = scene([]);
    stored.beforeRead = async () => {
      stored.beforeRead = async () => {};
      stored.hosts = [trunk('a', '192.0.2.1')];
      tell('endpoint');
    };
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a']);
  });

  it('are read again after a failed read', async () => {
    const { sources, stored } = scene([trunk('a', '192.0.2.1')]);
    stored.beforeRead = () => Promise.reject(new Error('no database'));
    await expect(sources.at('192.0.2.1')).rejects.toThrow('no database');
    stored.beforeRead = async () => {};
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a']);
  });

  it('follow their names after a minute, and stay when a name cannot be looked up', async () => {
    const { sources, stored, clock } = scene([trunk('a', 'sip.example')], { 'sip.example': ['192.0.2.1'] });
    expect(await idsAt(sources, '192.0.2.1')).toEqual(['a']);
    stored.zone = { addresses: { 'sip.example': ['192.0.2.2'] } };
    await clock.advance(30_000);
    await sources.at('192.0.2.2');
    expect(stored.lookups).toBe(1);
    await clock.advance(31_000);
    await sources.at('192.0.2.2');
    await clock.advance(1);
    expect(await idsAt(sources, '192.0.2.2')).toEqual(['a']);
    expect(await idsAt(sources, '192.0.2.1')).toEqual([]);
    stored.zone = { addresses: { 'sip.example': new Error('nobody answers') } };
    await clock.advance(61_000);
    await sources.at('192.0.2.2');
    await clock.advance(1);
    expect(stored.lookups).toBe(3);
    expect(await idsAt(sources, '192.0.2.2')).toEqual(['a']);
  });

  it('wait for a name server no longer than five seconds, and leave no timer', async () => {
    const clock = new VirtualClock();
    const sources = new TrunkSources({
      endpoints: { trunkHosts: async () => [trunk('a', 'slow.example'), trunk('b', '192.0.2.1')] },
      changes: { subscribe: () => () => {} },
      sourcesOf: (host, isDomain) => new DomainSources(dnsTable({ silent: ['slow.example'] }), host, isDomain),
      clock,
      log: silentLogger,
    });
    let found: readonly unknown[] | undefined;
    void sources.at('192.0.2.1').then((trunks) => {
      found = trunks;
    });
    await clock.advance(4_999);
    expect(found).toBeUndefined();
    await clock.advance(2);
    expect(found).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
    await sources.close();
  });
});

describe('the trunks whose target is a domain', () => {
  const domain = trunk('a', 'carrier.example', true);
  const addresses = {
    'carrier.example': ['192.0.2.80'],
    'one.carrier.example': ['192.0.2.1', '2001:db8::1'],
    'two.carrier.example': ['192.0.2.2'],
    'other.example': ['192.0.2.3'],
  };
  const srv = {
    '_sip._udp.carrier.example': [srvTo('one.carrier.example.'), srvTo('two.carrier.example', 2)],
    '_sips._tcp.other.example': [srvTo('other.example')],
  };
  const naptr = { 'carrier.example': [naptrTo('_sips._tcp.other.example', 'SIPS+D2T'), naptrTo('_http._tcp.other.example', 'HTTP+D2T')] };
  const found = async (sources: TrunkSources) => {
    const all = ['192.0.2.1', '2001:db8::1', '192.0.2.2', '192.0.2.3', '192.0.2.80'];
    const at = await Promise.all(all.map((address) => sources.at(address)));
    return all.filter((_address, index) => (at[index]?.length ?? 0) > 0);
  };

  it('are those of the hosts behind its SRV records, for every transport and what NAPTR adds', async () => {
    const { sources } = scene([domain], addresses, { srv, naptr });
    expect(await found(sources)).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.2', '192.0.2.3', '192.0.2.80']);
  });

  it('are those of its own addresses only, when a port goes with the name or nothing is behind it', async () => {
    expect(await found(scene([trunk('a', 'carrier.example')], addresses, { srv, naptr }).sources)).toEqual(['192.0.2.80']);
    expect(await found(scene([domain], addresses).sources)).toEqual(['192.0.2.80']);
    expect(await found(scene([domain], addresses, { srv: { '_sip._udp.carrier.example': [srvTo('.')] } }).sources)).toEqual(['192.0.2.80']);
  });

  it('are fewer, never more, when a name server does not answer a question', async () => {
    const failed = new Error('nobody answers');
    expect(await found(scene([domain], addresses, { srv, naptr: { 'carrier.example': failed } }).sources)).toEqual([
      '192.0.2.1',
      '2001:db8::1',
      '192.0.2.2',
      '192.0.2.80',
    ]);
    const noSrv = { '_sip._udp.carrier.example': failed, '_sip._tcp.carrier.example': failed, '_sips._tcp.carrier.example': failed };
    expect(await found(scene([domain], addresses, { srv: noSrv }).sources)).toEqual(['192.0.2.80']);
    expect(await found(scene([domain], { ...addresses, 'carrier.example': failed }, { srv: noSrv }).sources)).toEqual([]);
  });

  it('stay those that were answered last while a question is not answered, and follow those that are', async () => {
    const { sources, stored, clock } = scene([domain], addresses, { srv });
    expect(await found(sources)).toContain('192.0.2.2');
    const later = async () => {
      await clock.advance(61_000);
      await sources.at('192.0.2.1');
      await clock.advance(1);
      return found(sources);
    };
    stored.zone = {
      addresses: { ...addresses, 'one.carrier.example': ['192.0.2.3'] },
      srv: { '_sip._udp.carrier.example': new Error('nobody answers') },
    };
    expect(await later()).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.80']);
    stored.zone = { addresses, srv: { '_sip._udp.carrier.example': [srvTo('one.carrier.example')] } };
    expect(await later()).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.80']);
  });

  it('are what was answered in time, when some questions never are', async () => {
    const { sources, clock } = scene([domain], addresses, { srv, silent: ['_sip._tcp.carrier.example', 'two.carrier.example'] });
    const asked = sources.at('192.0.2.1');
    await clock.advance(5_001);
    expect((await asked).length).toBe(1);
    expect(await found(sources)).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.80']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('have a bounded number of hosts', async () => {
    const many = Array.from({ length: 200 }, (_none, at) => `host${at}.example`);
    const { sources, stored } = scene([domain], Object.fromEntries(many.map((host, at) => [host, [`198.51.100.${at}`]])), {
      srv: { '_sip._udp.carrier.example': many.map((host) => srvTo(host)) },
    });
    await sources.at('198.51.100.0');
    expect(stored.lookups).toBe(32);
  });
});

describe('whether any trunk has an address', () => {
  it('is known without waiting once it was read, and as before while something changes', async () => {
    const { stored, sources, tell } = scene([trunk('one', '192.0.2.0/24')]);
    expect(sources.knows('192.0.2.9')).toBe(false);
    await sources.at('192.0.2.9');
    expect([sources.knows('192.0.2.9'), sources.knows('192.0.3.9')]).toEqual([true, false]);
    stored.hosts = [trunk('two', '192.0.3.9')];
    tell('endpoint');
    expect(sources.knows('192.0.2.9')).toBe(true);
    await sources.at('192.0.3.9');
    expect([sources.knows('192.0.2.9'), sources.knows('192.0.3.9')]).toEqual([false, true]);
    await sources.close();
  });
});
