import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { abortWith } from '../kernel/abort-with.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository, TrunkHost } from '../store/endpoint-repository.ts';
import { NetworkTable } from './network-table.ts';

/** The addresses from which one name may call. */
export interface NameSources {
  /**
   * Asks the name servers. What they do not answer until `signal` is aborted counts as they answered it last; `isWhole` says whether they have
   * answered everything. Never rejects.
   */
  find(signal: AbortSignal): Promise<{ readonly addresses: readonly string[]; readonly isWhole: boolean }>;
}

export interface TrunkSourcesOptions {
  readonly endpoints: Pick<EndpointRepository, 'trunkHosts'>;
  readonly changes: Pick<Changes, 'subscribe'>;
  /** @param isDomain whether the name has SRV records that count */
  readonly sourcesOf: (host: string, isDomain: boolean) => NameSources;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A trunk whose carrier has the address that was asked for. */
export type TrunkAtSource = Pick<TrunkHost, 'trunkId' | 'accountId'>;

interface Named {
  readonly sources: NameSources;
  addresses: readonly string[];
  atMs: number;
}

/** How long the addresses of a name are taken for right. */
const KEPT_MS = 60_000;
/** Names that are asked for at a time, and how long all of them may take. */
const LOOKUPS_AT_ONCE = 20;
const LOOKUP_MS = 5_000;
/** How often it is read again when something changes meanwhile. */
const MOST_READS = 3;

/**
 * Which trunks calls from an address belong to: those that allow the address or, if they do not say, have a host there, or a domain with a server there. All are
 * in memory, so that a flood of strangers costs no query. Names are looked up again once a minute at most, when calls come, and keep their last addresses while they cannot be.
 */
export class TrunkSources {
  readonly #options: TrunkSourcesOptions;
  readonly #named = new Map<string, Named>();
  #hosts: Promise<readonly TrunkHost[]> | undefined;
  #known: NetworkTable<TrunkAtSource> | undefined;
  /** What was known last, though something may have changed since. */
  #latest: NetworkTable<TrunkAtSource> | undefined;
  #loading: Promise<NetworkTable<TrunkAtSource>> | undefined;
  #loadedAtMs = 0;
  /** Counts changes, so that a load during which something changed is not kept. */
  #changes = 0;
  readonly #closing = new AbortController();

  constructor(options: TrunkSourcesOptions) {
    this.#options = options;
    options.changes.subscribe((change) => {
      if (change && change.kind !== 'endpoint') return;
      this.#changes += 1;
      this.#hosts = undefined;
      this.#known = undefined;
    });
  }

  /** The trunks whose calls may come from this address, the oldest first. @throws AppError STORE_UNAVAILABLE */
  async at(address: string): Promise<readonly TrunkAtSource[]> {
    const known = this.#known ?? (await this.#load());
    // Old names are looked up behind the call, which does not wait for them.
    if (this.#options.clock.now() - this.#loadedAtMs > KEPT_MS) void this.#load().catch(() => undefined);
    return onceEach(known.at(address));
  }

  /** Whether any trunk has this address, as far as is known without waiting: until they are read first, and while they change, as before. */
  knows(address: string): boolean {
    if (!this.#known) void this.#load().catch(() => undefined);
    return (this.#known ?? this.#latest)?.has(address) === true;
  }

  /** Ends lookups that are under way. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The server stops'));
    await this.#loading?.catch(() => undefined);
  }

  #load(): Promise<NetworkTable<TrunkAtSource>> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<NetworkTable<TrunkAtSource>> {
    for (let again = MOST_READS; ; again--) {
      const changes = this.#changes;
      this.#hosts ??= this.#options.endpoints.trunkHosts();
      const hosts = await this.#hosts.catch((error: unknown) => {
        this.#hosts = undefined;
        throw error;
      });
      await this.#lookUp(new Map(hosts.filter(({ host }) => isName(host)).map((host) => [keyOf(host), host])));
      const known = this.#byAddress(hosts);
      this.#latest = known;
      if (changes === this.#changes) this.#known = known;
      else this.#hosts = undefined;
      if (!this.#known && again > 1) continue;
      this.#loadedAtMs = this.#options.clock.now();
      return known;
    }
  }

  #byAddress(hosts: readonly TrunkHost[]): NetworkTable<TrunkAtSource> {
    const known = new NetworkTable<TrunkAtSource>();
    for (const one of hosts) {
      const { host, trunkId, accountId } = one;
      const addresses = isName(host) ? (this.#named.get(keyOf(one))?.addresses ?? []) : [host];
      for (const address of addresses) known.add(address, { trunkId, accountId });
    }
    return known;
  }

  async #lookUp(hosts: ReadonlyMap<string, TrunkHost>): Promise<void> {
    const nowMs = this.#options.clock.now();
    for (const key of this.#named.keys()) if (!hosts.has(key)) this.#named.delete(key);
    for (const [key, { host, isDomain }] of hosts)
      if (!this.#named.has(key))
        this.#named.set(key, {
          sources: this.#options.sourcesOf(host, isDomain),
          addresses: [],
          atMs: Number.NEGATIVE_INFINITY,
        });
    const old = [...this.#named.entries()].filter(([, { atMs }]) => nowMs - atMs >= KEPT_MS);
    if (old.length === 0) return;
    const late = new AbortController();
    // Every question that is under way listens to it.
    setMaxListeners(0, late.signal);
    const limit = this.#options.clock.after(LOOKUP_MS, () => late.abort());
    const letGo = abortWith(late, this.#closing.signal);
    const next = old.values();
    const worker = async (): Promise<void> => {
      for (const [key, named] of next) await this.#lookUpOne(named, hosts.get(key)?.host, late.signal);
    };
    try {
      await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, worker));
    } finally {
      letGo();
      limit.cancel();
    }
  }

  async #lookUpOne(named: Named, host: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const { addresses, isWhole } = await named.sources.find(signal);
    named.addresses = addresses;
    named.atMs = clock.now();
    if (this.#closing.signal.aborted || addresses.length > 0) return;
    const why = isWhole ? 'has no address' : 'is not known, as the name servers do not answer';
    log.warn({ host }, `The host of a trunk ${why}: its calls cannot be told`);
  }
}

/** The same name may be a domain for one trunk and a host for another. */
function keyOf({ host, isDomain }: TrunkHost): string {
  return isDomain ? `domain ${host}` : host;
}

/** Not an address, and not a network. */
function isName(host: string): boolean {
  return isIP(host) === 0 && !host.includes('/');
}

/** A trunk may have an address by several hosts and networks. */
function onceEach(trunks: readonly TrunkAtSource[]): readonly TrunkAtSource[] {
  return trunks.filter(({ trunkId }, at) => trunks.findIndex((one) => one.trunkId === trunkId) === at);
}
