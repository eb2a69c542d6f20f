import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Workers } from '../store/workers.ts';
import type { Outcome } from './outcome.ts';

export interface LostSessionsOptions {
  readonly workers: Pick<Workers, 'reapSessions'>;
  /** Whether other servers share the database: then one may be lost at any time, and a server that comes back finds its old lease still held. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longer than the lease of a server that is gone. */
const AGAIN_MS = 10_000;

/** Ends the sessions of servers that are gone: their calls are down, and nobody else would ever end them. */
export class LostSessions {
  readonly #options: LostSessionsOptions;
  #timer: Timer | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LostSessionsOptions) {
    this.#options = options;
  }

  /** Ends those that are known to be lost, and from then on looks from time to time where that can change. @throws AppError STORE_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#end();
    this.#plan();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
  }

  #plan(): void {
    const { isShared, clock, log } = this.#options;
    if (!isShared || this.#closed) return;
    this.#timer = clock.after(AGAIN_MS, () => {
      this.#working = this.#end()
        .catch((error: unknown) => log.error({ err: error }, 'Sessions of servers that are gone could not be ended'))
        .finally(() => this.#plan());
    });
  }

  async #end(): Promise<void> {
    const { workers, clock, log } = this.#options;
    const outcome: Outcome = 'ServerLost';
    let ended = 0;
    while (!this.#closed) {
      const line = { date: new Date(clock.now()).toISOString(), message: 'The server that carried this call is gone' };
      const ids = await workers.reapSessions({ outcome, line });
      if (ids.length === 0) break;
      ended += ids.length;
    }
    if (ended > 0) log.warn({ sessions: ended }, 'Sessions of a server that is gone were ended');
  }
}
