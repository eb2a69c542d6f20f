import { setTimeout as pause } from 'node:timers/promises';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferTarget } from '../../src/telephony/sip/refer-to.ts';

const TRY_AGAIN_MS = 100;
const MOST_TRIES = 50;

/**
 * Asks in a call for a transfer, again when the server declines, as it has not joined the call yet, or has no room. Resolves with whether it
 * has worked, which is told by NOTIFY. `other` is the call that it takes the place of. Never rejects.
 */
export async function transferred(dialog: Dialog, target: ReferTarget, other = dialog): Promise<boolean> {
  const { signal } = new AbortController();
  for (let tries = 1; tries <= MOST_TRIES && !dialog.ended && !other.ended; tries++) {
    const outcome = await dialog.refer(target, signal).catch(() => undefined);
    if (outcome?.result === 'transferred') return true;
    await pause(TRY_AGAIN_MS);
  }
  return false;
}

/** One who was dialled, and whose caller is left to that of another. */
export interface Leaving {
  readonly dialog: Dialog;
  /** Hangs up at the other side of the caller. */
  readonly hangUp: () => void;
}

export interface PairCounts {
  /** Pairs of calls that were joined with each other. */
  readonly joined: number;
  /** Those of them of which each has had its audio in another media thread. */
  readonly joinedAcross: number;
}

/** How long who is dialled waits for another one. */
const PATIENCE_MS = 3000;
const TALK_MS = 100;

/** Joins the callers of each two who were dialled (REFER with Replaces). One of the callers hangs up after a while. */
export class SoakedPairs {
  readonly #threadOf: (port: number) => number;
  #waiting: Leaving | undefined;
  #joined = 0;
  #joinedAcross = 0;

  /** @param threadOf number of the media thread that has a port of the server */
  constructor(threadOf: (port: number) => number) {
    this.#threadOf = threadOf;
  }

  get counts(): PairCounts {
    return { joined: this.#joined, joinedAcross: this.#joinedAcross };
  }

  /** Hangs up when nobody else comes. */
  async leave(one: Leaving): Promise<void> {
    const other = this.#waiting;
    if (!other) {
      this.#waiting = one;
      one.dialog.onEnded(() => this.#isGone(one));
      await pause(PATIENCE_MS);
      if (this.#isGone(one)) await one.dialog.bye();
      return;
    }
    this.#waiting = undefined;
    const isAcross = this.#thread(one.dialog) !== this.#thread(other.dialog);
    if (await transferred(one.dialog, inPlaceOf(other.dialog), other.dialog)) {
      this.#joined++;
      if (isAcross) this.#joinedAcross++;
      await pause(TALK_MS);
      one.hangUp();
    }
    await Promise.all([one.dialog.bye(), other.dialog.bye()]);
  }

  /** Nobody is waiting for another any more, if this one was. */
  #isGone(one: Leaving): boolean {
    const wasWaiting = this.#waiting === one;
    if (wasWaiting) this.#waiting = undefined;
    return wasWaiting;
  }

  #thread({ state }: Dialog): number {
    return this.#threadOf(Number(/^m=audio (\d+) /m.exec(state.remoteSdp ?? '')?.[1]));
  }
}

/** What a REFER names so that the other sides of two calls are joined. */
function inPlaceOf({ state }: Dialog): ReferTarget {
  const { callId, localTag, remoteTag, remoteTarget } = state;
  return { uri: remoteTarget, replaces: { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false } };
}
