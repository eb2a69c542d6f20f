import type { Clock, Timer } from '../kernel/clock.ts';

/** The TCP and TLS connections of a network in memory, each between two ports, whoever of them has opened it. */
export class MemoryConnections {
  readonly #clock: Clock;
  readonly #connectMs: number | undefined;
  /** Only where connecting takes time. */
  readonly #open = new Set<string>();
  readonly #underWay = new Map<string, Set<Timer>>();
  /** Those that have broken at this moment, until both sides know. */
  readonly #ending = new Map<string, Promise<void>>();

  /** @param connectMs how long a connection takes to be there, or to be refused; undefined: no time */
  constructor(clock: Clock, connectMs: number | undefined) {
    this.#clock = clock;
    this.#connectMs = connectMs;
  }

  /** Waits until there is one. @throws when `signal` is aborted by then. */
  async open(from: string, to: string, isThere: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    const connectMs = this.#connectMs;
    const name = nameOf(from, to);
    const ending = this.#ending.get(name);
    if (ending !== undefined) await ending;
    if (connectMs === undefined || this.#open.has(name)) return;
    await new Promise<void>((resolve) => this.#clock.after(connectMs, resolve));
    if (isThere()) this.#open.add(name);
    signal?.throwIfAborted();
  }

  /** Calls `arrive` after so long, unless the connection breaks before. Answers false when it has just broken: then nothing arrives. */
  carry(from: string, to: string, delayMs: number, arrive: () => void): boolean {
    const name = nameOf(from, to);
    if (this.#ending.has(name)) return false;
    const all = this.#underWay.get(name) ?? new Set();
    this.#underWay.set(name, all);
    const timer = this.#clock.after(delayMs, () => {
      all.delete(timer);
      if (all.size === 0) this.#underWay.delete(name);
      arrive();
    });
    all.add(timer);
    return true;
  }

  /**
   * Nothing that is under way between the two arrives, and what is sent later needs a new connection, which there is once `tell` was called: after what
   * is sent at the same moment over this one. Answers how many messages were lost.
   */
  break(from: string, to: string, tell: () => void): number {
    const name = nameOf(from, to);
    const lost = this.#underWay.get(name) ?? new Set();
    for (const timer of lost) timer.cancel();
    this.#underWay.delete(name);
    this.#open.delete(name);
    if (!this.#ending.has(name)) this.#ending.set(name, this.#end(name, tell));
    return lost.size;
  }

  #end(name: string, tell: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(0, () => {
        this.#ending.delete(name);
        tell();
        resolve();
      });
    });
  }
}

function nameOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
