import type { Timer } from '../../kernel/clock.ts';
import type { DialogContext } from './dialog-context.ts';
import { RequestFailure } from './request-failure.ts';
import { nextDeed, type RefreshProgress } from './session-timer.ts';

/** What the dialog does for its session timer. */
export interface SessionRefresherOwner {
  /** Sends a refresh. @throws RequestFailure, or the signal's reason. */
  refresh(method: 'INVITE' | 'UPDATE', signal: AbortSignal): Promise<void>;
  /** The session was not refreshed in time. */
  expired(): void;
}

/**
 * Keeps the session timer of a dialog (RFC 4028 section 10): refreshes the session when that is up to us, and tells when it is over. The
 * agreed times are in the state of the dialog.
 */
export class SessionRefresher {
  readonly #dialog: DialogContext;
  readonly #owner: SessionRefresherOwner;
  readonly #stopped = new AbortController();
  #progress: RefreshProgress = { at: 'rest' };
  #timer: Timer | undefined;

  constructor(dialog: DialogContext, owner: SessionRefresherOwner) {
    this.#dialog = dialog;
    this.#owner = owner;
  }

  /** Goes by what the state of the dialog now says. Called whenever a session is agreed on or refreshed. */
  follow(): void {
    this.#progress = { at: 'rest' };
    this.#wait();
  }

  /** The dialog is over. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#stopped.abort();
  }

  #wait(): void {
    this.#timer?.cancel();
    const { sessionTimer } = this.#dialog.state;
    if (!sessionTimer || this.#stopped.signal.aborted) return;
    const { clock } = this.#dialog.core;
    const { what, atMs } = nextDeed(sessionTimer, this.#progress);
    this.#timer = clock.after(Math.max(0, atMs - clock.now()), () => {
      if (what === 'hang up') this.#owner.expired();
      else void this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    const progress: RefreshProgress = { at: 'work' };
    this.#progress = progress;
    this.#wait();
    try {
      await this.#send();
    } catch {
      // Another refresh, of either side, may have come in between.
      if (this.#progress !== progress) return;
      this.#progress = { at: 'failure', failedAtMs: this.#dialog.core.clock.now() };
      this.#wait();
    }
  }

  /** By UPDATE when the peer has it, as that leaves the description alone; by re-INVITE otherwise (RFC 4028 section 7.4). */
  async #send(): Promise<void> {
    const { signal } = this.#stopped;
    if (this.#dialog.state.allow.includes('UPDATE')) {
      try {
        await this.#owner.refresh('UPDATE', signal);
        return;
      } catch (error) {
        if (!(error instanceof RequestFailure) || (error.status !== 405 && error.status !== 501)) throw error;
        const { state } = this.#dialog;
        this.#dialog.state = { ...state, allow: state.allow.filter((method) => method !== 'UPDATE') };
      }
    }
    await this.#owner.refresh('INVITE', signal);
  }
}
