import { isIP } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { defaultPort } from './default-port.ts';
import type { Dns, NaptrRecord, SrvRecord } from './dns.ts';
import { canonicalAddress, type Family } from './ip-address.ts';
import { orderSrv } from './order-srv.ts';
import { isHostName, SRV_NAMES, srvNameOf } from './sip-service-names.ts';
import type { Endpoint, WireKind } from './wire.ts';

/** Where a request is to go, as a URI or a trunk says it. */
export interface SipDestination {
  /** A domain, a host name or an IP address without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly transport?: WireKind | undefined;
}

/** A server of a destination. Over TLS it must prove to be the destination (RFC 5922 section 7). */
export interface LocatedServer extends Endpoint {
  readonly transport: WireKind;
}

/** What we can send over: the wires that are there. */
export type CanReach = (transport: WireKind, family: Family) => boolean;

export interface ServerLocatorOptions {
  readonly dns: Dns;
  readonly clock: Clock;
  readonly random: Random;
  readonly canReach: CanReach;
}

/** A host at which a service is. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly transport: WireKind;
}

/** How long all questions about one destination may take. */
const LOOKUP_MS = 5000;
const MOST_SERVERS = 8;
const MOST_PLACES = 8;
/** Of the records of one name that lead on to others. */
const MOST_SERVICES = 4;
const TRANSPORTS: readonly WireKind[] = ['udp', 'tcp', 'tls'];

/** Finds the servers of a SIP domain (RFC 3263). */
export class ServerLocator {
  readonly #options: ServerLocatorOptions;

  constructor(options: ServerLocatorOptions) {
    this.#options = options;
  }

  /**
   * The servers of a destination, at least one, in the order in which they are to be tried (RFC 3263 section 4): an address as it is,
   * a name with a port by its addresses, else by its SRV records, over the transport that is asked for or that its NAPTR records prefer.
   * A domain whose SRV records say that there is no such service (a target of ".", RFC 2782) has none: its addresses are not tried.
   * @throws Error when it has no server that can be reached, nobody answers in time, or `signal` is aborted.
   */
  async locate(destination: SipDestination, signal: AbortSignal): Promise<readonly LocatedServer[]> {
    const { host, port, transport } = destination;
    if (isIP(host) !== 0) return [serverAt(host, port, transport ?? 'udp', host)];
    const name = host.replace(/\.$/, '');
    if (!isHostName(name)) throw new Error('The host name is not valid');
    const servers = await this.#inTime(this.#search({ ...destination, host: name }), signal);
    if (servers.length === 0) throw new Error('The host name has no address that we can reach');
    return servers;
  }

  async #search({ host, port, transport }: SipDestination): Promise<readonly LocatedServer[]> {
    const places = port === undefined ? await this.#places(host, transport) : [];
    const located = (await Promise.all(places.map((place) => this.#servers(place, host)))).flat();
    if (located.length > 0) return located.slice(0, MOST_SERVERS);
    const kind = transport ?? 'udp';
    return (await this.#servers({ host, port: port ?? defaultPort(kind), transport: kind }, host)).slice(0, MOST_SERVERS);
  }

  /** What SRV records say. A name without a dot cannot have any: it is one of the hosts file or of a local network. */
  async #places(host: string, transport: WireKind | undefined): Promise<readonly Place[]> {
    if (!host.includes('.')) return [];
    const services = transport === undefined ? await this.#services(host) : [{ name: `${SRV_NAMES[transport]}.${host}`, transport }];
    const found: Place[] = [];
    let denied = false;
    // All are asked at once, so that several that are not answered cost no more time than one.
    const answers = await Promise.all(services.map(({ name }) => this.#options.dns.srv(name).catch(() => ({ records: [] }))));
    for (const [at, service] of services.entries()) {
      const records: readonly SrvRecord[] = answers[at]?.records ?? [];
      denied ||= records.some(isDenial);
      found.push(...orderSrv(records.filter(isUsable), this.#options.random).map((record) => placeOf(record, service.transport)));
      // Without a choice by NAPTR, the first transport that has servers is the one (section 4.1).
      if (found.length > 0 && !service.chosen) break;
    }
    if (found.length === 0 && denied) throw new Error('The domain says that it has no SIP service');
    return found.slice(0, MOST_PLACES);
  }

  /** Which transports to try, by NAPTR records in their order (section 4.1), or all that we have. */
  async #services(host: string): Promise<readonly { name: string; transport: WireKind; chosen?: boolean }[]> {
    const { records } = await this.#options.dns.naptr(host).catch(() => ({ records: [] }));
    const chosen = [...records]
      .sort((one, other) => one.order - other.order || one.preference - other.preference)
      .flatMap((record) => this.#serviceOf(record));
    if (chosen.length > 0) return chosen.slice(0, MOST_SERVICES);
    return TRANSPORTS.filter((kind) => this.#has(kind)).map((kind) => ({ name: `${SRV_NAMES[kind]}.${host}`, transport: kind }));
  }

  #serviceOf(record: NaptrRecord): readonly { name: string; transport: WireKind; chosen: boolean }[] {
    const found = srvNameOf(record);
    return found && this.#has(found.transport) ? [{ ...found, chosen: true }] : [];
  }

  async #servers({ host, port, transport }: Place, domain: string): Promise<readonly LocatedServer[]> {
    const { dns, canReach } = this.#options;
    const families = ([4, 6] as const).filter((family) => canReach(transport, family));
    const answers = await Promise.allSettled(families.map((family) => dns.addresses(host, family)));
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.records : []));
    return addresses.filter((address) => isIP(address) !== 0).map((address) => serverAt(address, port, transport, domain));
  }

  #has(transport: WireKind): boolean {
    return this.#options.canReach(transport, 4) || this.#options.canReach(transport, 6);
  }

  #inTime<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      const timer = this.#options.clock.after(LOOKUP_MS, () => {
        signal.removeEventListener('abort', onAbort);
        reject(new Error('The name servers do not answer'));
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      work.then(resolve, reject).finally(() => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      });
    });
  }
}

/** A target of "." says that there is no such service (RFC 2782); some resolvers give the name of the root as ''. */
function isDenial({ target }: SrvRecord): boolean {
  return target === '.' || target === '';
}

function isUsable({ target, port }: SrvRecord): boolean {
  return port > 0 && port <= 65_535 && isHostName(target.replace(/\.$/, ''));
}

function placeOf({ target, port }: SrvRecord, transport: WireKind): Place {
  return { host: target.replace(/\.$/, ''), port, transport };
}

function serverAt(address: string, port: number | undefined, transport: WireKind, domain: string): LocatedServer {
  return {
    address: canonicalAddress(address),
    port: port ?? defaultPort(transport),
    transport,
    ...(transport === 'tls' && { serverName: domain }),
  };
}
