import { lookup, Resolver } from 'node:dns/promises';
import type { Dns, DnsAnswer } from './dns.ts';

/** How long one name server may take, and how often it is asked. */
const TIMEOUT_MS = 1500;
const TRIES = 2;
/** Codes that say that there is nothing, as opposed to that nobody answers. */
const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);

export interface SystemDnsOptions {
  /** Addresses of name servers, as 127.0.0.1:5353; those of the machine if absent. */
  readonly servers?: readonly string[];
  /** How other programs look a host up. */
  readonly lookUp?: (host: string, options: { all: true; family: 4 | 6 }) => Promise<readonly { readonly address: string }[]>;
}

/**
 * The name servers of the machine. A name without a dot, and one that they do not know, is looked up the way other programs do, which
 * knows the hosts file too.
 */
export function systemDns({ servers, lookUp = lookup }: SystemDnsOptions = {}): Dns {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const local = async (host: string, family: 4 | 6): Promise<DnsAnswer<string>> => {
    const found = await orNothing(lookUp(host, { all: true, family }));
    return { records: found.map(({ address }) => address) };
  };
  return {
    naptr: async (name) => ({ records: await orNothing(resolver.resolveNaptr(name)) }),
    srv: async (name) => ({
      records: (await orNothing(resolver.resolveSrv(name))).map(({ name: target, ...rest }) => ({ ...rest, target })),
    }),
    addresses: async (host, family) => {
      if (!host.includes('.')) return local(host, family);
      const asked = family === 4 ? resolver.resolve4(host, { ttl: true }) : resolver.resolve6(host, { ttl: true });
      const found = await asked.catch(() => []);
      if (found.length === 0) return local(host, family);
      return { records: found.map(({ address }) => address), ttlMs: 1000 * Math.min(...found.map(({ ttl }) => ttl)) };
    },
  };
}

function orNothing<Item>(asked: Promise<readonly Item[]>): Promise<readonly Item[]> {
  return asked.catch((error: unknown) => {
    if (error instanceof Error && NOTHING.has(String(Reflect.get(error, 'code')))) return [];
    throw error;
  });
}
