import { isIP } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Changes } from '../store/changes.ts';
import type { EndpointRepository, TrunkHost } from '../store/endpoint-repository.ts';
import { NetworkTable } from './network-table.ts';

export interface TrunkSourcesOptions {
  readonly endpoints: Pick<EndpointRepository, 'trunkHosts'>;
  readonly changes: Pick<Changes, 'subscribe'>;
  /** Finds the addresses of a host name. @throws when it has none */
  readonly resolve: (host: string, signal: AbortSignal) => Promise<readonly { readonly address: string }[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A trunk whose carrier has the address that was asked for. */
export type TrunkAtSource = Pick<TrunkHost, 'trunkId' | 'accountId'>;

interface Resolved {
  readonly addresses: readonly string[];
  readonly atMs: number;
}

/** How long the addresses of a name are taken for right. */
const KEPT_MS = 60_000;
/** Names that are asked for at a time, and how long all of them may take. */
const LOOKUPS_AT_ONCE = 20;
const LOOKUP_MS = 5_000;
/** How often it is read again when something changes meanwhile. */
const MOST_READS = 3;

/**
 * Which trunks calls from an address belong to: those that allow the address or, if they do not say, have a host there. All are in memory, so that a flood of strangers costs
 * no query. Names are looked up again once a minute at most, when calls come, and keep their last addresses while they cannot be.
 */
export class TrunkSources {
  readonly #options: TrunkSourcesOptions;
  readonly #resolved = new Map<string, Resolved>();
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
      await this.#lookUp(new Set(hosts.map(({ host }) => host).filter(isName)));
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
    for (const { host, trunkId, accountId } of hosts) {
      const addresses = isName(host) ? (this.#resolved.get(host)?.addresses ?? []) : [host];
      for (const address of addresses) known.add(address, { trunkId, accountId });
    }
    return known;
  }

  async #lookUp(names: ReadonlySet<string>): Promise<void> {
    const nowMs = this.#options.clock.now();
    for (const name of this.#resolved.keys()) if (!names.has(name)) this.#resolved.delete(name);
    const old = [...names].filter((name) => nowMs - (this.#resolved.get(name)?.atMs ?? Number.NEGATIVE_INFINITY) >= KEPT_MS);
    if (old.length === 0) return;
    const late = new AbortController();
    const limit = this.#options.clock.after(LOOKUP_MS, () => late.abort(new Error('The name servers do not answer')));
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    const next = old.values();
    const worker = async (): Promise<void> => {
      for (const name of next) await this.#lookUpOne(name, signal);
    };
    await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, worker));
    limit.cancel();
  }

  async #lookUpOne(name: string, signal: AbortSignal): Promise<void> {
    const { resolve, clock, log } = this.#options;
    let addresses = this.#resolved.get(name)?.addresses ?? [];
    try {
      signal.throwIfAborted();
      addresses = (await resolve(name, signal)).map(({ address }) => address);
    } catch (error) {
      if (!this.#closing.signal.aborted)
        log.warn({ err: error, host: name }, 'The host of a trunk has no address: its calls cannot be told');
    }
    this.#resolved.set(name, { addresses, atMs: clock.now() });
  }
}

/** Not an address, and not a network. */
function isName(host: string): boolean {
  return isIP(host) === 0 && !host.includes('/');
}

/** A trunk may have an address by several hosts and networks. */
function onceEach(trunks: readonly TrunkAtSource[]): readonly TrunkAtSource[] {
  return trunks.filter(({ trunkId }, at) => trunks.findIndex((one) => one.trunkId === trunkId) === at);
}
