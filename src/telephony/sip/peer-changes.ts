import { ABILITIES } from './core.ts';
import type { DialogContext } from './dialog-context.ts';
import { refreshedBy } from './dialog-state.ts';
import type { SipRequest } from './message.ts';
import type { ReliableProvisionals } from './reliable-provisionals.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { ACCEPTED_BODIES, hasForeignBody, sameSession, sdpOf } from './session-description.ts';
import { answerTimerHeaders, intervalRefusal, timerOfRequest } from './session-timer.ts';

/** Decides on an offer of the peer: answers the SDP to accept it, undefined to refuse it. Without an offer the peer asks for one of ours. */
export type OfferDecision = (offer: string | undefined) => string | undefined;

/** What the dialog does for the changes that the peer asks for. */
export interface PeerChangesOwner {
  /** Whether an INVITE of ours has no final response yet. */
  isInviting(): boolean;
  /** A 2xx to the INVITE with this CSeq number was just sent. */
  awaitAck(transaction: ServerTransaction, cSeq: number): void;
  /** The peer's answer to an offer of ours. */
  answered(sdp: string): void;
  changed(): void;
}

/** The changes of the session that the peer asks for: re-INVITE, UPDATE, and PRACK with a description. */
export class PeerChanges {
  /** When nobody decides, only an offer that changes nothing is accepted. */
  decide: OfferDecision | undefined;
  readonly #context: DialogContext;
  readonly #owner: PeerChangesOwner;

  constructor(context: DialogContext, owner: PeerChangesOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Answers an offer of the peer, undefined to refuse it. */
  describe(offer: string | undefined): string | undefined {
    if (this.decide) return this.decide(offer);
    const { localSdp, remoteSdp } = this.#context.state;
    const changesNothing = offer === undefined || (remoteSdp !== undefined && sameSession(offer, remoteSdp));
    return changesNothing ? localSdp : undefined;
  }

  /** Takes a PRACK (RFC 3262 section 3): it may answer the offer of our provisional response, or bring one of its own once that is settled. */
  acknowledged(request: SipRequest, transaction: ServerTransaction, provisionals: ReliableProvisionals | undefined): void {
    if (!provisionals?.matches(request.headers.first('RAck'))) {
      transaction.reply(481);
      return;
    }
    const context = this.#context;
    const sdp = sdpOf(request);
    const answers = context.state.openOffer === 'local';
    const localSdp = sdp === undefined || answers ? undefined : this.describe(sdp);
    if (sdp !== undefined && !answers && localSdp === undefined) transaction.reply(488);
    else {
      if (answers || sdp !== undefined) {
        context.state = {
          ...context.state,
          openOffer: 'none',
          ...(sdp !== undefined && { remoteSdp: sdp }),
          ...(localSdp !== undefined && { localSdp }),
        };
      }
      transaction.reply(200, localSdp === undefined ? {} : { sdp: localSdp });
      if (answers && sdp !== undefined) this.#owner.answered(sdp);
    }
    provisionals.acknowledged();
  }

  /** Takes a re-INVITE or UPDATE (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  changed(request: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    const context = this.#context;
    const isInvite = request.method === 'INVITE';
    if (hasForeignBody(request)) {
      transaction.reply(415, { headers: ACCEPTED_BODIES });
      return;
    }
    const offer = sdpOf(request);
    const obstacle = this.#obstacle(isInvite, offer !== undefined);
    if (obstacle !== undefined) {
      transaction.reply(obstacle, obstacle === 500 ? { headers: [['Retry-After', String(context.core.random.below(11))]] } : {});
      return;
    }
    const tooShort = intervalRefusal(request.headers);
    if (tooShort) {
      transaction.reply(422, { headers: tooShort });
      return;
    }
    // An UPDATE without an offer refreshes the target and the session timer only.
    const isDescribed = isInvite || offer !== undefined;
    const localSdp = isDescribed ? this.describe(offer) : undefined;
    if (isDescribed && localSdp === undefined) {
      transaction.reply(488);
      return;
    }
    const sessionTimer = context.state.phase === 'confirmed' ? timerOfRequest(request.headers, context.core.clock.now()) : undefined;
    context.state = {
      ...refreshedBy(context.state, request, transaction.source),
      sessionTimer,
      ...(localSdp !== undefined && { localSdp }),
      ...(offer !== undefined ? { remoteSdp: offer } : isInvite && { openOffer: 'local' }),
    };
    transaction.reply(200, {
      headers: [['Contact', `<${context.state.contact}>`], ...ABILITIES, ...answerTimerHeaders(sessionTimer, request.headers)],
      ...(localSdp !== undefined && { sdp: localSdp }),
    });
    if (isInvite) this.#owner.awaitAck(transaction, cSeq);
    this.#owner.changed();
  }

  /**
   * Why a change cannot be taken now: 491 while an INVITE or offer of ours is outstanding, 500 while the peer's is (RFC 3261 section 14.2,
   * RFC 3311 section 5.2).
   */
  #obstacle(isInvite: boolean, hasOffer: boolean): 491 | 500 | undefined {
    const { phase, role, openOffer } = this.#context.state;
    if (isInvite && phase === 'early') return role === 'uac' ? 491 : 500;
    if (isInvite && this.#owner.isInviting()) return 491;
    if (!isInvite && !hasOffer) return undefined;
    return openOffer === 'none' ? undefined : openOffer === 'local' ? 491 : 500;
  }
}
