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
/** That nobody answered: so that the calls of a burst do not all wait for it. Then it is asked again. */
const FAILED_MS = 3000;
/** The same of what a call can do without: it is asked again beside the calls, of which none waits for so long. */
const DISPENSABLE_FAILED_MS = 30_000;
/**
 * How long a call waits for records that it can do without. Of the five seconds that locating takes at most, two are left for addresses.
 * Without SRV records a call may go to the wrong host: a question that was lost once has been repeated by then.
 */
const NAPTR_WAIT_MS = 1000;
const SRV_WAIT_MS = 2000;
const MOST_KEPT = 2000;
/** No answer is longer; what is beyond is dropped before anything looks at it. */
const MOST_RECORDS = 32;

interface Kept<Item> {
  readonly answer: Promise<DnsAnswer<Item>>;
  readonly untilMs: number;
  /** When a failure that is still kept is asked again, beside those who are told of it. */
  readonly askAgainAtMs: number;
}

/** One type of question: remembers what was answered, and asks once when several want to know the same at a time. */
class Remembered<Item> {
  readonly #clock: Clock;
  readonly #ask: (name: string) => Promise<DnsAnswer<Item>>;
  readonly #waitMs: number | undefined;
  readonly #kept = new Map<string, Kept<Item>>();
  readonly #asking = new Map<string, Promise<DnsAnswer<Item>>>();

  /** @param waitMs how long those who ask wait, for records that they can do without; absent: until it is answered, or has failed */
  constructor(clock: Clock, ask: (name: string) => Promise<DnsAnswer<Item>>, waitMs?: number) {
    this.#clock = clock;
    this.#ask = ask;
    this.#waitMs = waitMs;
  }

  get(name: string): Promise<DnsAnswer<Item>> {
    const key = name.toLowerCase();
    const kept = this.#kept.get(key);
    const nowMs = this.#clock.now();
    const asking = this.#asking.get(key);
    if (kept && kept.untilMs > nowMs) {
      if (kept.askAgainAtMs <= nowMs && asking === undefined) void this.#start(key);
      return kept.answer;
    }
    return asking ?? this.#start(key);
  }

  #start(key: string): Promise<DnsAnswer<Item>> {
    const asked = this.#ask(key).then(({ records, ...rest }) => ({ ...rest, records: records.slice(0, MOST_RECORDS) }));
    const answer = this.#waitMs === undefined ? asked : inTime(this.#clock, asked, this.#waitMs);
    this.#asking.set(key, answer);
    const failed = (): void => this.#keep(key, answer, this.#waitMs === undefined ? FAILED_MS : DISPENSABLE_FAILED_MS, FAILED_MS);
    answer.catch(failed);
    // It counts also when it comes too late for who has asked.
    asked.then((known) => this.#keep(key, asked, keptMs(known)), ignore);
    return answer;
  }

  #keep(key: string, answer: Promise<DnsAnswer<Item>>, forMs: number, askAgainMs = forMs): void {
    const nowMs = this.#clock.now();
    this.#asking.delete(key);
    // Deleted first, so that the map is in the order of age and the oldest goes.
    this.#kept.delete(key);
    this.#kept.set(key, { answer, untilMs: nowMs + forMs, askAgainAtMs: nowMs + askAgainMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keptMs({ records, ttlMs = UNTOLD_MS }: DnsAnswer<unknown>): number {
  return records.length === 0 ? NOTHING_MS : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ttlMs));
}

function ignore(): void {}

/** What `work` resolves to, if it does so in time. It goes on. */
function inTime<Result>(clock: Clock, work: Promise<Result>, waitMs: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(waitMs, () => reject(new Error('The name servers do not answer')));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/**
 * Remembers what name servers say, as long as they allow; that nobody answered, for a moment. NAPTR and SRV records, which not every domain
 * has, are waited for a second and two; that nobody answered for them is known for half a minute, so that only one call waits.
 */
export function cachedDns(dns: Dns, clock: Clock): Dns {
  const naptr = new Remembered(clock, (name) => dns.naptr(name), NAPTR_WAIT_MS);
  const srv = new Remembered(clock, (name) => dns.srv(name), SRV_WAIT_MS);
  const four = new Remembered(clock, (host) => dns.addresses(host, 4));
  const six = new Remembered(clock, (host) => dns.addresses(host, 6));
  return {
    naptr: (name) => naptr.get(name),
    srv: (name) => srv.get(name),
    addresses: (host, family) => (family === 4 ? four : six).get(host),
  };
}
