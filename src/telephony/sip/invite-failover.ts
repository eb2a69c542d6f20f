import type { Timer } from '../../kernel/clock.ts';
import type { SipCore } from './core.ts';
import type { Dialog } from './dialog.ts';
import { sendInvite } from './invite-attempt.ts';
import {
  type CallIdentity,
  type InviteEvents,
  type InviteFailure,
  newCallIdentity,
  type OutgoingInvite,
  type OutgoingInviteRequest,
  REQUEST_TERMINATED,
  sentTo,
} from './outgoing-invite.ts';
import { isServerFailure } from './server-failure.ts';
import type { Hop } from './transport.ts';

/** How long a hop may say nothing to an INVITE that it was handed while there is another one: over UDP it has been sent four times by then. */
const SILENCE_MS = 4000;

/** How long who has said 100 may take to say more while there is somebody else to ask: some networks take ten seconds to ring a phone. */
export const PROGRESS_MS = 15_000;

/**
 * How long who is given up may take to confirm that nothing rings there any more, before somebody else is called, so that no two phones ring: over
 * UDP the CANCEL has been sent four times by then.
 */
export const WITHDRAWAL_MS = SILENCE_MS;

/**
 * Sends an INVITE to the first hop of `request`, and to the next when that one cannot be reached, says nothing or nothing but 100, or
 * answers with 503 or 408 (RFC 3263 section 4.3): a new transaction, of the same Call-ID. Never once a provisional response above 100 has come.
 */
export function sendInviteAlong(core: SipCore, request: OutgoingInviteRequest, events: InviteEvents): OutgoingInvite {
  const { otherwise = [] } = request;
  return otherwise.length === 0 ? sendInvite(core, request, events) : new InviteAlong(core, request, otherwise, events);
}

class InviteAlong implements OutgoingInvite {
  readonly #core: SipCore;
  readonly #request: OutgoingInviteRequest;
  readonly #identity: CallIdentity;
  readonly #events: InviteEvents;
  readonly #hops: Hop[];
  /** The attempt that counts: events of those before it are not told. */
  #nth = 0;
  #attempt: OutgoingInvite | undefined;
  #silence: Timer | undefined;
  #progress: Timer | undefined;
  #patience: Timer | undefined;
  #alerted = false;
  /** The hop is given a moment to confirm that it does not ring, before the next one gets the INVITE. */
  #leaving = false;
  /** Nobody else is to be called any more. */
  #isGivenUp = false;

  constructor(core: SipCore, request: OutgoingInviteRequest, otherwise: readonly Hop[], events: InviteEvents) {
    this.#core = core;
    this.#request = request;
    this.#events = events;
    this.#identity = newCallIdentity(core.random);
    this.#hops = [...otherwise];
    this.#send(request.to);
  }

  get callId(): string {
    return this.#identity.callId;
  }

  cancel(reason?: string): void {
    this.#giveUp();
    this.#attempt?.cancel(reason);
  }

  withdraw(): void {
    this.#giveUp();
    this.#attempt?.withdraw();
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#cancelTimers();
  }

  #send(to: Hop): void {
    const nth = ++this.#nth;
    const attempt = sendInvite(this.#core, sentTo(this.#request, to), this.#eventsOf(nth), this.#identity);
    // It may have failed before this, and the next be under way.
    if (nth === this.#nth) this.#attempt = attempt;
  }

  #eventsOf(nth: number): InviteEvents {
    const events = this.#events;
    return {
      sent: (callId) => {
        if (nth === 1) events.sent(callId);
      },
      handedOver: () => {
        if (nth !== this.#nth) return;
        this.#awaitResponse();
        events.handedOver?.();
      },
      heard: () => {
        if (nth !== this.#nth) return;
        this.#silence?.cancel();
        events.heard?.();
      },
      provisional: (status: number, reason: string, sdp: string | undefined, dialog?: Dialog) => {
        if (nth !== this.#nth) return;
        if (status === 100) this.#awaitProgress();
        else {
          this.#alerted = true;
          this.#progress?.cancel();
        }
        events.provisional(status, reason, sdp, dialog);
      },
      answered: (dialog, sdp) => {
        if (nth !== this.#nth) return;
        this.#cancelTimers();
        events.answered(dialog, sdp);
      },
      failed: (failure) => {
        if (nth === this.#nth) this.#failed(failure);
      },
    };
  }

  /** The hop gets the whole time for each INVITE, so also for the one with credentials. */
  #awaitResponse(): void {
    this.#cancelTimers();
    if (this.#hops.length > 0 && !this.#alerted) this.#silence = this.#core.clock.after(SILENCE_MS, () => this.#leave());
  }

  #awaitProgress(): void {
    if (this.#hops.length === 0 || this.#alerted || this.#leaving || this.#isGivenUp) return;
    this.#progress ??= this.#core.clock.after(PROGRESS_MS, () => this.#withdraw());
  }

  /** Gives up the hop that has said no more than 100; who rings or answers there as it is told so keeps the call. */
  #withdraw(): void {
    const left = this.#attempt;
    this.#leaving = true;
    this.#events.triesNext?.();
    this.#patience = this.#core.clock.after(WITHDRAWAL_MS, () => {
      if (this.#alerted) return;
      left?.cancel();
      this.#next();
    });
    left?.withdraw();
  }

  #cancelTimers(): void {
    this.#silence?.cancel();
    this.#progress?.cancel();
    this.#patience?.cancel();
    this.#progress = undefined;
  }

  /** Gives the hop up. What still comes from it gets CANCEL, or ACK and BYE. */
  #leave(): void {
    const left = this.#attempt;
    if (!this.#next()) return;
    left?.cancel();
  }

  #failed(failure: InviteFailure): void {
    this.#cancelTimers();
    const wasLeft = this.#leaving && !this.#isGivenUp;
    const what = wasLeft ? reasonOfLeft(failure, this.#alerted) : failure;
    const another = !this.#alerted && !this.#isGivenUp && isOfTheHop(what);
    if (!another || !this.#next()) this.#events.failed(what);
  }

  #next(): boolean {
    const hop = this.#hops.shift();
    if (hop === undefined) return false;
    this.#leaving = false;
    this.#events.triesNext?.();
    this.#send(hop);
    return true;
  }
}

/** Why a hop has failed whose INVITE we took back: by what it says, if that is more than that it did so before anything rang. */
function reasonOfLeft(failure: InviteFailure, alerted: boolean): InviteFailure {
  const { status } = failure;
  return status !== undefined && (alerted || status !== REQUEST_TERMINATED)
    ? { ...failure, why: 'response' }
    : { why: 'timeout', reason: 'Nothing rang in time' };
}

/** Whether the hop is the cause, so that another server of the same domain may do better. */
function isOfTheHop({ why, status }: InviteFailure): boolean {
  switch (why) {
    case 'transport':
    case 'timeout':
      return true;
    case 'response':
      return status !== undefined && isServerFailure(status);
    case 'cancelled':
      return false;
  }
}
