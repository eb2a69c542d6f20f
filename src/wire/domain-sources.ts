import type { Dns } from './dns.ts';
import { isHostName, SRV_NAMES, srvNameOf } from './sip-service-names.ts';

/** Hosts that are asked for one domain: those of a carrier, not those of a mistake. */
const MOST_HOSTS = 32;
const MOST_SERVICES = 4;

interface FoundSources {
  readonly addresses: readonly string[];
  /** Whether every question was answered; of the others the last answer counts. */
  readonly isWhole: boolean;
}

/**
 * The addresses from which a host name, or all servers of a SIP domain (RFC 3263), may call: those of the name itself and of the hosts behind its
 * SRV records, for every transport and for those that NAPTR records add. Each answer only adds to them, so that name servers that do not
 * answer never widen them: what was not answered counts as it was answered last, and for nothing before.
 */
export class DomainSources {
  readonly #dns: Dns;
  readonly #name: string;
  readonly #isDomain: boolean;
  /** What was answered last, by question. */
  #last: ReadonlyMap<string, readonly string[]> = new Map();

  /** @param isDomain false: a host name with a port, which has no SRV records (section 4.2) */
  constructor(dns: Dns, host: string, isDomain: boolean) {
    this.#dns = dns;
    this.#name = host.replace(/\.$/, '');
    // A name without a dot is one of the hosts file or of a local network.
    this.#isDomain = isDomain && this.#name.includes('.');
  }

  /** Asks for all of it. It never rejects; what is not answered before `signal` is aborted was not answered. */
  async find(signal: AbortSignal): Promise<FoundSources> {
    const round = new Round(this.#last, signal);
    if (isHostName(this.#name)) {
      const standard = Object.values(SRV_NAMES).map((prefix) => `${prefix}.${this.#name}`);
      await Promise.all([
        this.#addHost(round, this.#name),
        ...(this.#isDomain ? [...standard.map((service) => this.#addService(round, service)), this.#addChosen(round)] : []),
      ]);
    }
    this.#last = round.answers;
    return { addresses: [...round.addresses], isWhole: round.isWhole };
  }

  async #addChosen(round: Round): Promise<void> {
    const services = await round.ask(`NAPTR ${this.#name}`, async () => {
      const { records } = await this.#dns.naptr(this.#name);
      return records.flatMap((record) => srvNameOf(record)?.name ?? []).slice(0, MOST_SERVICES);
    });
    await Promise.all(services.map((service) => this.#addService(round, service)));
  }

  async #addService(round: Round, service: string): Promise<void> {
    const hosts = await round.ask(`SRV ${service}`, async () => {
      const { records } = await this.#dns.srv(service);
      return records.map(({ target }) => target.replace(/\.$/, '')).filter(isHostName);
    });
    await Promise.all(hosts.map((host) => this.#addHost(round, host)));
  }

  async #addHost(round: Round, host: string): Promise<void> {
    if (!round.isNewHost(host)) return;
    const found = await Promise.all(
      ([4, 6] as const).map((family) => round.ask(`IPv${family} ${host}`, async () => (await this.#dns.addresses(host, family)).records)),
    );
    for (const address of found.flat()) round.addresses.add(address);
  }
}

/** Asking for everything once. */
class Round {
  readonly answers = new Map<string, readonly string[]>();
  readonly addresses = new Set<string>();
  isWhole = true;
  readonly #last: ReadonlyMap<string, readonly string[]>;
  readonly #signal: AbortSignal;
  readonly #hosts = new Set<string>();

  constructor(last: ReadonlyMap<string, readonly string[]>, signal: AbortSignal) {
    this.#last = last;
    this.#signal = signal;
  }

  isNewHost(host: string): boolean {
    if (this.#hosts.has(host) || this.#hosts.size >= MOST_HOSTS) return false;
    this.#hosts.add(host);
    return true;
  }

  async ask(question: string, answer: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const known = (await unlessAborted(answer, this.#signal).catch(() => undefined)) ?? this.#unanswered(question);
    this.answers.set(question, known);
    return known;
  }

  #unanswered(question: string): readonly string[] {
    this.isWhole = false;
    return this.#last.get(question) ?? [];
  }
}

/** What `work` resolves to, or undefined once `signal` is aborted. It does not stop the work. */
async function unlessAborted<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  if (signal.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}
