import type { Clock } from '../kernel/clock.ts';
import type { Dns, DnsAnswer } from './dns.ts';

/** Names are kept no longer than this, however long their owner allows. */
const LONGEST_MS = 3_600_000;
/** So that a name with a TTL of 0 is not asked for once per call of a burst. */
const SHORTEST_MS = 1000;
/** When the platform does not tell the TTL. */
const UNTOLD_MS = 60_000;
/** A name that has no such record. */
const NOTHING_MS = 30_000;
/** That nobody answered: so that the calls of a burst do not all wait for it. */
const FAILED_MS = 3000;
const MOST_KEPT = 2000;
/** No answer is longer; what is beyond is dropped before anything looks at it. */
const MOST_RECORDS = 32;

/** One type of question: remembers what was answered, and asks once when several want to know the same at a time. */
class Remembered<Item> {
  readonly #clock: Clock;
  readonly #ask: (name: string) => Promise<DnsAnswer<Item>>;
  readonly #kept = new Map<string, { readonly answer: Promise<DnsAnswer<Item>>; readonly untilMs: number }>();
  readonly #asking = new Map<string, Promise<DnsAnswer<Item>>>();

  constructor(clock: Clock, ask: (name: string) => Promise<DnsAnswer<Item>>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  get(name: string): Promise<DnsAnswer<Item>> {
    const key = name.toLowerCase();
    const kept = this.#kept.get(key);
    if (kept && kept.untilMs > this.#clock.now()) return kept.answer;
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    const answer = this.#ask(key).then(({ records, ...rest }) => ({ ...rest, records: records.slice(0, MOST_RECORDS) }));
    this.#asking.set(key, answer);
    answer.then(
      (known) => this.#keep(key, answer, keptMs(known)),
      () => this.#keep(key, answer, FAILED_MS),
    );
    return answer;
  }

  #keep(key: string, answer: Promise<DnsAnswer<Item>>, forMs: number): void {
    this.#asking.delete(key);
    // Deleted first, so that the map is in the order of age and the oldest goes.
    this.#kept.delete(key);
    this.#kept.set(key, { answer, untilMs: this.#clock.now() + forMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keptMs({ records, ttlMs = UNTOLD_MS }: DnsAnswer<unknown>): number {
  return records.length === 0 ? NOTHING_MS : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ttlMs));
}

/** Remembers what name servers say, as long as they allow; that nobody answered, for a moment. */
export function cachedDns(dns: Dns, clock: Clock): Dns {
  const naptr = new Remembered(clock, (name) => dns.naptr(name));
  const srv = new Remembered(clock, (name) => dns.srv(name));
  const four = new Remembered(clock, (host) => dns.addresses(host, 4));
  const six = new Remembered(clock, (host) => dns.addresses(host, 6));
  return {
    naptr: (name) => naptr.get(name),
    srv: (name) => srv.get(name),
    addresses: (host, family) => (family === 4 ? four : six).get(host),
  };
}
