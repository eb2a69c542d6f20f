import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from '../../src/wire/dns.ts';

/** What name servers say in a test, by name. An Error: nobody answers that question. */
export interface DnsZone {
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[] | Error>>;
  readonly srv?: Readonly<Record<string, readonly SrvRecord[] | Error>>;
  /** IPv4 and IPv6 addresses. */
  readonly addresses?: Readonly<Record<string, readonly string[] | Error>>;
  readonly ttlMs?: number;
  /** These names, or these questions (`NAPTR example.com`), are never answered. */
  readonly silent?: readonly string[];
}

/** Name servers with a fixed content. `asked` keeps every question. */
export function dnsTable(zone: DnsZone): Dns & { readonly asked: string[] } {
  const asked: string[] = [];
  const answer = async <Item>(
    type: string,
    name: string,
    table: Readonly<Record<string, readonly Item[] | Error>> = {},
    wanted: (item: Item) => boolean = () => true,
  ): Promise<DnsAnswer<Item>> => {
    asked.push(`${type} ${name}`);
    if (zone.silent?.some((silent) => silent === name || silent === `${type} ${name}`)) return new Promise(() => {});
    const records = table[name] ?? [];
    if (records instanceof Error) throw records;
    return { records: records.filter(wanted), ...(zone.ttlMs !== undefined && { ttlMs: zone.ttlMs }) };
  };
  return {
    asked,
    naptr: (name) => answer('NAPTR', name, zone.naptr),
    srv: (name) => answer('SRV', name, zone.srv),
    addresses: (name, family) =>
      answer(family === 4 ? 'A' : 'AAAA', name, zone.addresses, (address) => address.includes(':') === (family === 6)),
  };
}

export function naptrTo(replacement: string, service: string, order = 1, preference = 1): NaptrRecord {
  return { order, preference, flags: 's', service, replacement };
}

export function srvTo(target: string, priority = 1, weight = 1, port = 5060): SrvRecord {
  return { priority, weight, port, target };
}
