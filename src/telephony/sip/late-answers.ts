import type { Clock } from '../../kernel/clock.ts';
import type { SipResponse } from './message.ts';

/** An INVITE that is over. It should hold on to little. */
export interface LateInvite {
  /** Takes a 2xx to it. */
  answeredLate(response: SipResponse, cSeq: number): void;
}

interface Remembered {
  readonly invite: LateInvite;
  readonly untilMs: number;
}

/**
 * How long an INVITE is known after it is over: phones may ring for three minutes (timer C of RFC 3261 section 16.6), and say half a minute longer that
 * they have been answered.
 */
const REMEMBERED_MS = 240_000;
const MOST_REMEMBERED = 10_000;

/**
 * The INVITEs that we sent and that are over without an answer: who answers one all the same is in a call in which nobody is, until we say so. Nobody
 * else can know their branches, and what has another is no answer to us.
 */
export class LateAnswers {
  readonly #clock: Clock;
  /** By branch, in the order in which they were over. */
  readonly #invites = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many INVITEs are known. */
  get size(): number {
    return this.#invites.size;
  }

  /** The INVITE of this branch is over. */
  remember(branch: string, invite: LateInvite): void {
    const nowMs = this.#clock.now();
    this.#invites.set(branch, { invite, untilMs: nowMs + REMEMBERED_MS });
    for (const [oldest, { untilMs }] of this.#invites) {
      if (untilMs > nowMs && this.#invites.size <= MOST_REMEMBERED) return;
      this.#invites.delete(oldest);
    }
  }

  /** Takes a 2xx that no transaction knows. Answers whether it is to one of these INVITEs. */
  take(branch: string, response: SipResponse, cSeq: number): boolean {
    const found = this.#invites.get(branch);
    if (!found || found.untilMs <= this.#clock.now()) return false;
    found.invite.answeredLate(response, cSeq);
    return true;
  }

  /** Forgets them all. */
  clear(): void {
    this.#invites.clear();
  }
}
