import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { type RecentSource, RecentSources } from './recent-sources.ts';
import type { DenialReason } from './user-check.ts';

const EVERY_MS = 60_000;

/** What was refused for one reason since the start. */
export interface RefusalCount {
  readonly reason: string;
  readonly count: number;
  /** The last addresses that it came from, the last one first. */
  readonly sources: readonly RecentSource[];
}

interface Counted {
  total: number;
  /** Of the total, what was not written into the log yet. */
  untold: number;
  readonly sources: RecentSources;
}

/**
 * Counts by reason whom SIP has refused, remembers the last addresses of each reason, and writes both into the log: one line a minute at
 * most, however many there are.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #counted = new Map<string, Counted>();
  /** Since when the log was told nothing. */
  #untoldSinceMs: number;
  #timer: Timer | undefined;
  readonly sinceMs: number;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
    this.sinceMs = clock.now();
    this.#untoldSinceMs = this.sinceMs;
  }

  /** What was refused since the start, by reason. */
  get all(): readonly RefusalCount[] {
    return [...this.#counted].map(([reason, { total, sources }]) => ({ reason, count: total, sources: sources.since(0) }));
  }

  /** @param reason one of a fixed set: never something that a peer has written */
  count(reason: string, address: string): void {
    const counted = this.#counted.get(reason) ?? { total: 0, untold: 0, sources: new RecentSources() };
    this.#counted.set(reason, counted);
    counted.total++;
    counted.untold++;
    counted.sources.add(address, this.#clock.now());
    this.#timer ??= this.#clock.after(EVERY_MS, () => this.#tell());
  }

  /** What came from this address was no refusal after all. It stays counted. */
  forget(reason: string, address: string): void {
    this.#counted.get(reason)?.sources.forget(address);
  }

  /** Writes what was not written yet. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#tell();
  }

  #tell(): void {
    this.#timer = undefined;
    const untold = [...this.#counted].filter(([, counted]) => counted.untold > 0);
    if (untold.length === 0) return;
    const refused = Object.fromEntries(untold.map(([reason, counted]) => [reason, counted.untold]));
    const from = Object.fromEntries(untold.map(([reason, { sources }]) => [reason, addressesOf(sources.since(this.#untoldSinceMs))]));
    this.#log.info({ refused, from }, 'SIP requests were refused');
    for (const [, counted] of untold) counted.untold = 0;
    this.#untoldSinceMs = this.#clock.now();
  }
}

function addressesOf(sources: readonly RecentSource[]): string[] {
  return sources.map(({ address }) => address);
}

/** What is told of those who are asked for a password. */
export interface PasswordWatch {
  /** Somebody was not let in. */
  readonly onDenied: (reason: DenialReason, address: string) => void;
  /** Somebody has shown the right password. */
  readonly onLetIn: (address: string) => void;
}

/**
 * Counts whom was asked for a password, and those who had a wrong one. Every phone is asked once, and answers: what stays among the addresses
 * that were asked are those that never did, such as a carrier at an address that no trunk has.
 * @param prefix stands before each reason
 */
export function passwordWatch(refusals: Pick<Refusals, 'count' | 'forget'>, prefix: '' | 'register-'): PasswordWatch {
  const asked = `${prefix}unauthenticated`;
  return {
    onDenied: (reason, address) => {
      refusals.count(`${prefix}${reason}`, address);
      if (reason !== 'unauthenticated') refusals.forget(asked, address);
    },
    onLetIn: (address) => refusals.forget(asked, address),
  };
}
