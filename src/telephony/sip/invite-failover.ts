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
  sentTo,
} from './outgoing-invite.ts';
import type { Hop } from './transport.ts';

/** How long a hop may say nothing to an INVITE that it was handed while there is another one: over UDP it has been sent four times by then. */
const SILENCE_MS = 4000;

/**
 * Sends an INVITE to the first hop of `request`, and to the next when that one cannot be reached, says nothing or answers with 503
 * (RFC 3263 section 4.3): a new transaction, of the same Call-ID. Never once a provisional response above 100 has come.
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
  #alerted = false;

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
    this.#attempt?.cancel(reason);
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
        this.#alerted ||= status > 100;
        events.provisional(status, reason, sdp, dialog);
      },
      answered: (dialog, sdp) => {
        if (nth === this.#nth) events.answered(dialog, sdp);
      },
      failed: (failure) => {
        if (nth === this.#nth) this.#failed(failure);
      },
    };
  }

  /** The hop gets the whole time for each INVITE, so also for the one with credentials. */
  #awaitResponse(): void {
    this.#silence?.cancel();
    if (this.#hops.length > 0 && !this.#alerted) this.#silence = this.#core.clock.after(SILENCE_MS, () => this.#leave());
  }

  /** Gives the hop up. What still comes from it gets CANCEL, or ACK and BYE. */
  #leave(): void {
    const left = this.#attempt;
    if (!this.#next()) return;
    left?.cancel();
  }

  #failed(failure: InviteFailure): void {
    this.#silence?.cancel();
    const another = !this.#alerted && isOfTheHop(failure);
    if (!another || !this.#next()) this.#events.failed(failure);
  }

  #next(): boolean {
    const hop = this.#hops.shift();
    if (hop === undefined) return false;
    this.#events.triesNext?.();
    this.#send(hop);
    return true;
  }
}

/** Whether the hop is the cause, so that another server of the same domain may do better. */
function isOfTheHop({ why, status }: InviteFailure): boolean {
  switch (why) {
    case 'transport':
    case 'timeout':
      return true;
    case 'response':
      return status === 503;
    case 'cancelled':
      return false;
  }
}
