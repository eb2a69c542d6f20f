import type { Random } from '../kernel/random.ts';
import { orderTargets } from './target-order.ts';
import type { TrunkTarget } from './trunk-targets.ts';

interface Failures {
  readonly count: number;
  readonly leftUntilMs: number;
}

/** At which target a trunk is registered: the first in order, or when that has failed the next one, none before the time that it has asked for. */
export class RegistrationTargets {
  readonly #targets: readonly TrunkTarget[];
  readonly #random: Random;
  /** Of those that have failed since the last success. */
  readonly #failures = new Map<TrunkTarget, Failures>();
  #current: TrunkTarget | undefined;

  constructor(targets: readonly TrunkTarget[], random: Random) {
    this.#targets = targets;
    this.#random = random;
  }

  /** The target to ask now: always the same one until it fails. */
  at(nowMs: number): TrunkTarget | undefined {
    this.#current ??= this.#choose(nowMs);
    return this.#current;
  }

  /** The target has failed, and is not to be asked for so long. Answers how long none of all may be asked. */
  failed(nowMs: number, leaveAloneMs: number): number {
    const target = this.#current;
    if (target) this.#failures.set(target, { count: this.#countOf(target) + 1, leftUntilMs: nowMs + leaveAloneMs });
    this.#current = undefined;
    return Math.max(0, Math.min(...this.#targets.map((one) => this.#leftUntilMs(one))) - nowMs);
  }

  /** The target has registered the trunk: what was before does not count any more. */
  succeeded(): void {
    this.#failures.clear();
  }

  #choose(nowMs: number): TrunkTarget | undefined {
    const ordered = orderTargets(this.#targets, (target) => this.#leftUntilMs(target) > nowMs, this.#random);
    const free = ordered.filter((target) => this.#leftUntilMs(target) <= nowMs);
    const [first] = (free.length > 0 ? free : ordered).sort((one, other) => this.#countOf(one) - this.#countOf(other));
    return first;
  }

  #countOf(target: TrunkTarget): number {
    return this.#failures.get(target)?.count ?? 0;
  }

  #leftUntilMs(target: TrunkTarget): number {
    return this.#failures.get(target)?.leftUntilMs ?? 0;
  }
}
