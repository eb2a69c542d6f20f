import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Workers } from '../store/workers.ts';
import type { Telephony } from '../telephony/port.ts';
import type { Outcome } from './outcome.ts';

export interface LostSessionsOptions {
  readonly workers: Pick<Workers, 'reapSessions'>;
  readonly telephony: Pick<Telephony, 'hangUpLost'>;
  /** Whether other servers share the database: then one may be lost at any time, and a server that comes back finds its old lease still held. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longer than the lease of a server that is gone. */
const AGAIN_MS = 10_000;

/**
 * Ends the sessions of servers that are gone, since nobody else would ever end them, and hangs up what they have left: both sides of a call
 * that was joined, so that nobody listens to silence, or pays for it.
 */
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
    const { workers, telephony, clock, log } = this.#options;
    const outcome: Outcome = 'ServerLost';
    let ended = 0;
    while (!this.#closed) {
      const line = { date: new Date(clock.now()).toISOString(), message: 'The server that carried this call is gone' };
      const sessions = await workers.reapSessions({ outcome, line });
      if (sessions.length === 0) break;
      ended += sessions.length;
      for (const { state } of sessions) {
        for (const leg of [...(state?.leg ? [state.leg] : []), ...(state?.parties ?? [])]) telephony.hangUpLost(leg);
      }
    }
    if (ended > 0) log.warn({ sessions: ended }, 'Sessions of a server that is gone were ended');
  }
}
