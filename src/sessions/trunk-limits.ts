import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** What a trunk allows. */
export interface TrunkLimit {
  readonly trunkId: string;
  readonly maxChannels: number;
  readonly callsPerSecond: number;
}

/** Calls that one user may have at a time. */
const CALLS_OF_USER = 10;

/** What a user is allowed, in both directions. */
export function limitOfUser(userId: string): TrunkLimit {
  return { trunkId: `user ${userId}`, maxChannels: CALLS_OF_USER, callsPerSecond: CALLS_OF_USER };
}

/** The error that says that there is no channel. @param limit what takes no more calls */
export function noChannel(limit: string, waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AppError('NO_CAPACITY', { limit, seconds }, { retryAfterSeconds: waitMs / 1000 });
}

/** A channel of a trunk that is in use. */
export interface Channel {
  /** Gives the channel back. Idempotent. */
  release(): void;
}

interface Usage {
  active: number;
  tokens: number;
  refilledAt: number;
}

/**
 * Channels and calls per second of each trunk, for the calls of this process. The count of channels in use is the set of
 * channels handed out and not released, so it cannot drift. Starts are limited by a token bucket that holds a tenth of a
 * second's calls and at least one: in any second at most `callsPerSecond` plus that many start.
 */
export class TrunkLimits {
  readonly #clock: Clock;
  readonly #usage = new Map<string, Usage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A channel, or for how long the caller should wait before it asks again. */
  take(limit: TrunkLimit): Channel | { readonly waitMs: number } {
    const usage = this.#refill(limit);
    if (usage.active >= limit.maxChannels) return { waitMs: 1000 };
    if (usage.tokens < 1) return { waitMs: ((1 - usage.tokens) * 1000) / limit.callsPerSecond };
    usage.tokens -= 1;
    return channelOf(usage);
  }

  /** As `take`, for a call whose pace is not up to us, since it comes from the trunk, or costs nothing, since it goes to phones of a user. */
  takeUnpaced(limit: TrunkLimit): Channel | { readonly waitMs: number } {
    const usage = this.#refill(limit);
    return usage.active >= limit.maxChannels ? { waitMs: 1000 } : channelOf(usage);
  }

  /** Channels of a trunk that are in use. */
  active(trunkId: string): number {
    return this.#usage.get(trunkId)?.active ?? 0;
  }

  #refill(limit: TrunkLimit): Usage {
    const now = this.#clock.now();
    const burst = Math.max(1, limit.callsPerSecond / 10);
    let usage = this.#usage.get(limit.trunkId);
    if (!usage) {
      usage = { active: 0, tokens: burst, refilledAt: now };
      this.#usage.set(limit.trunkId, usage);
    }
    usage.tokens = Math.min(burst, usage.tokens + ((now - usage.refilledAt) / 1000) * limit.callsPerSecond);
    usage.refilledAt = now;
    return usage;
  }
}

function channelOf(usage: Usage): Channel {
  usage.active += 1;
  let released = false;
  return {
    release: () => {
      if (released) return;
      released = true;
      usage.active -= 1;
    },
  };
}
