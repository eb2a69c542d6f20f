import { expect, test } from 'vitest';
import { dnsTable, naptrTo, srvTo } from '../../test/support/dns-table.ts';
import { DomainSources } from './domain-sources.ts';

test('the sources of a domain are looked for behind four services of its NAPTR records at most, besides the usual ones', async () => {
  const many = Array.from({ length: 30 }, (_, nth) => naptrTo(`_sip._udp.h${nth}.example`, 'SIP+D2U'));
  const dns = dnsTable({ naptr: { 'a.example': many }, addresses: { 'a.example': ['192.0.2.1'] } });
  const found = await new DomainSources(dns, 'a.example', true).find(new AbortController().signal);
  expect(found).toEqual({ addresses: ['192.0.2.1'], isWhole: true });
  expect(dns.asked.filter((question) => question.startsWith('SRV'))).toHaveLength(3 + 4);
});

test('nobody is asked for what is no name in an SRV record of a domain', async () => {
  const dns = dnsTable({ srv: { '_sip._udp.a.example': [srvTo('b\r\nX: y'), srvTo('')] }, addresses: { 'a.example': ['192.0.2.1'] } });
  await new DomainSources(dns, 'a.example', true).find(new AbortController().signal);
  const addresses = dns.asked.filter((question) => /^A+ /.test(question));
  expect(addresses).toEqual(['A a.example', 'AAAA a.example']);
});

test.each(['naptr', 'srv', 'addresses'] as const)('the sources of a domain are not whole when nobody answers for %s', async (kind) => {
  const failed = new Error('nobody answers');
  const names = { naptr: 'a.example', srv: '_sip._tcp.a.example', addresses: 'a.example' };
  const dns = dnsTable({ [kind]: { [names[kind]]: failed } });
  expect(await new DomainSources(dns, 'a.example', true).find(new AbortController().signal)).toEqual({ addresses: [], isWhole: false });
});
