import { seededRandom } from '../../src/kernel/random.ts';

/** What becomes of datagrams on their way between two sides on 127.0.0.1. */
export interface RelayFaults {
  /** Percent of datagrams that are lost. One that comes again is not lost again. */
  readonly loses?: number;
  /** Percent of datagrams that come twice. */
  readonly doubles?: number;
  /** Percent of datagrams that are late, each by a time in this range, so that others overtake it when the range is wide. */
  readonly delays?: number;
  readonly leastDelayMs?: number;
  readonly mostDelayMs?: number;
  /** After every so many datagrams, what the far side sends comes from another port: its NAT has forgotten it. */
  readonly rebindsEvery?: number;
}

/** Loses, doubles and delays datagrams. What it does follows from `seed`. */
export class LineFaults {
  readonly counts = { passed: 0, lost: 0, doubled: 0, delayed: 0 };
  readonly #faults: RelayFaults;
  readonly #random;
  readonly #lost = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(faults: RelayFaults, seed: number) {
    this.#faults = faults;
    this.#random = seededRandom(seed);
  }

  /** Calls `deliver` for each copy that arrives, when it does; `tell` at once, with what becomes of each. What is `spared` is not lost. */
  pass(bytes: Buffer, deliver: () => void, tell: (isLost: boolean) => void = () => {}, isSpared = false): void {
    const { loses = 0, doubles = 0, delays = 0, leastDelayMs = 0, mostDelayMs = leastDelayMs } = this.#faults;
    const { counts } = this;
    const copies = this.#random.below(100) < doubles ? 2 : 1;
    if (copies === 2) counts.doubled++;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.below(100) < loses && !isSpared && !this.#lost.has(bytes.toString('latin1'))) {
        this.#lost.add(bytes.toString('latin1'));
        counts.lost++;
        tell(true);
        continue;
      }
      counts.passed++;
      tell(false);
      if (this.#random.below(100) >= delays) {
        deliver();
        continue;
      }
      counts.delayed++;
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          deliver();
        },
        leastDelayMs + this.#random.below(mostDelayMs - leastDelayMs + 1),
      );
      this.#timers.add(timer);
    }
  }

  /** What is under way never arrives. Idempotent. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
