import { afterEach, describe, expect, it } from 'vitest';
import { type DnsServerZone, dnsServer, record } from '../../test/support/dns-server.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { ServerLocator } from './locate-servers.ts';
import { systemDns } from './system-dns.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Name servers with this content, and a hosts file that knows `local` and `both.example`. */
async function scene(zone: DnsServerZone) {
  const server = await dnsServer(zone);
  closing.push(server.close);
  const lookedUp: string[] = [];
  const dns = systemDns({
    servers: [server.address],
    lookUp: async (host, { family }) => {
      lookedUp.push(`${host} ${family}`);
      if (host === 'local') return [{ address: family === 4 ? '192.0.2.77' : '2001:db8::77' }];
      throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    },
  });
  return { dns, server, lookedUp };
}

const NO_SUCH_NAME = 3;
const SERVER_FAILED = 2;

describe('the name servers of the machine', () => {
  it('tell NAPTR and SRV records with all of their parts', async () => {
    const { dns } = await scene({
      'NAPTR carrier.example': [record.naptr(10, 20, 's', 'SIP+D2U', '_sip._udp.carrier.example')],
      'SRV _sip._udp.carrier.example': [record.srv(1, 60, 5070, 'a.carrier.example'), record.srv(2, 0, 5060, 'b.carrier.example')],
    });
    expect(await dns.naptr('carrier.example')).toEqual({
      records: [
        expect.objectContaining({ order: 10, preference: 20, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.carrier.example' }),
      ],
    });
    expect(await dns.srv('_sip._udp.carrier.example')).toEqual({
      records: [
        expect.objectContaining({ priority: 1, weight: 60, port: 5070, target: 'a.carrier.example' }),
        expect.objectContaining({ priority: 2, weight: 0, port: 5060, target: 'b.carrier.example' }),
      ],
    });
  });

  it('tell addresses of one family, with the shortest of their times to live', async () => {
    const { dns, lookedUp } = await scene({
      'A both.example': [record.a('192.0.2.1', 300), record.a('192.0.2.2', 30)],
      'AAAA both.example': [record.aaaa([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 60)],
    });
    expect(await dns.addresses('both.example', 4)).toEqual({ records: ['192.0.2.1', '192.0.2.2'], ttlMs: 30_000 });
    expect(await dns.addresses('both.example', 6)).toEqual({ records: ['2001:db8::1'], ttlMs: 60_000 });
    expect(lookedUp).toEqual([]);
  });

  it('tell nothing of a name that they do not know, which is no error', async () => {
    const { dns, lookedUp } = await scene({
      'NAPTR gone.example': NO_SUCH_NAME,
      'SRV _sip._udp.gone.example': [],
      'A gone.example': NO_SUCH_NAME,
    });
    expect(await dns.naptr('gone.example')).toEqual({ records: [] });
    expect(await dns.srv('_sip._udp.gone.example')).toEqual({ records: [] });
    expect(await dns.addresses('gone.example', 4)).toEqual({ records: [] });
    expect(lookedUp).toEqual(['gone.example 4']);
  });

  it('that fail or are silent are an error, not the answer that there is nothing', async () => {
    const { dns, server } = await scene({ 'SRV _sip._udp.ill.example': SERVER_FAILED });
    await expect(dns.srv('_sip._udp.ill.example')).rejects.toThrow('ESERVFAIL');
    await expect(dns.naptr('silent.example')).rejects.toThrow('ETIMEOUT');
    expect(server.asked.filter((question) => question === 'NAPTR silent.example').length).toBeGreaterThan(1);
  }, 30_000);

  it('are not asked for a name without a dot', async () => {
    const { dns, server } = await scene({});
    expect(await dns.addresses('local', 6)).toEqual({ records: ['2001:db8::77'] });
    expect(server.asked).toEqual([]);
  });
});

describe('a domain whose SRV record is "."', () => {
  it('has no SIP service, whatever its addresses', async () => {
    const { dns, server } = await scene({
      'NAPTR closed.example': [],
      'SRV _sip._udp.closed.example': [record.srv(0, 0, 0, '')],
      'SRV _sip._tcp.closed.example': [],
      'A closed.example': [record.a('192.0.2.1', 60)],
    });
    const canReach = (kind: string, family: number): boolean => kind !== 'tls' && family === 4;
    const locator = new ServerLocator({ dns, clock: new VirtualClock(), random: seededRandom(1), canReach });
    const { signal } = new AbortController();
    await expect(locator.locate({ host: 'closed.example' }, signal)).rejects.toThrow('no SIP service');
    expect(server.asked).not.toContain('A closed.example');
    // A port that is named needs no SRV record (RFC 3263 section 4.2).
    expect(await locator.locate({ host: 'closed.example', port: 5070 }, signal)).toMatchObject([{ address: '192.0.2.1', port: 5070 }]);
  });
});
