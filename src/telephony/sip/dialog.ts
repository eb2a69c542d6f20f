import { type AnswerRepetition, repeatAnswer } from './answer-repetition.ts';
import { ABILITIES, type SipCore, type SipCredentials } from './core.ts';
import { DialogContext } from './dialog-context.ts';
import { DialogRefers, type ReferDecision } from './dialog-refers.ts';
import { type DialogState, dialogKey, refreshTarget } from './dialog-state.ts';
import type { SipRequest } from './message.ts';
import { methodReply, refuseExtensions } from './method-reply.ts';
import type { TransferOutcome } from './refer-progress.ts';
import type { ReferTarget } from './refer-to.ts';
import type { ReliableProvisionals } from './reliable-provisionals.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { type OfferSource, SessionChanges } from './session-changes.ts';
import { sameSession, sdpOf } from './session-description.ts';
import { SessionRefresher } from './session-refresher.ts';
import { answerTimerHeaders, intervalRefusal, type SessionTimer, timerOfRequest } from './session-timer.ts';
import { quote } from './token.ts';
import type { ReceivedRequest } from './transaction-layer.ts';
import type { WrittenRequest } from './transport.ts';

/** How a dialog came to its end. */
export interface DialogEnd {
  readonly by: 'peer' | 'us' | 'error';
  readonly status?: number;
  readonly reason?: string;
}

/**
 * One call's signalling relation with the peer (RFC 3261 section 12). It is in the user agent's table from its making until its BYE
 * is answered, by either side.
 */
export class Dialog {
  /**
   * Decides on an offer of the peer, in a re-INVITE or UPDATE or in the 2xx to a re-INVITE of ours without one: answers the SDP to accept it, undefined to refuse it with 488. Without an offer the
   * peer asks for one of ours. When nobody decides, only an offer that changes nothing is accepted.
   */
  onReinvite: ((offer: string | undefined) => string | undefined) | undefined;
  /** Takes the peer's answer to an offer that it asked us for, or that nobody here waits for any more. */
  onAnswer: ((sdp: string) => void) | undefined;
  /** Called when a re-INVITE, its ACK or an UPDATE has changed the state. */
  onChanged: (() => void) | undefined;
  /** The reliable provisional responses to the INVITE that made the dialog, while it has no final one. */
  provisionals: ReliableProvisionals | undefined;
  readonly #core: SipCore;
  readonly #context: DialogContext;
  readonly #changes: SessionChanges;
  readonly #refers: DialogRefers;
  readonly #refresher: SessionRefresher;
  readonly #key: string;
  #end: DialogEnd | undefined;
  #handlers: ((end: DialogEnd) => void)[] = [];
  #repetition: AnswerRepetition | undefined;
  #bye: Promise<void> | undefined;
  #dropped: () => void = () => {};
  /** Sends the BYE that waits for the ACK to our 2xx. */
  #sendWaitingBye: (() => void) | undefined;

  /** Puts the dialog into the user agent's table. */
  constructor(core: SipCore, state: DialogState, credentials?: SipCredentials) {
    this.#core = core;
    this.#context = new DialogContext(core, state, credentials);
    this.#changes = new SessionChanges(this.#context, {
      isBusy: () => this.#repetition !== undefined,
      describe: (offer) => this.#describe(offer),
      lost: (status, reason) => this.#fail(status, reason),
      hangUp: (reason) => this.#fail(488, reason),
      answered: (sdp) => this.onAnswer?.(sdp),
      changed: () => this.#changed(),
    });
    this.#refresher = new SessionRefresher(this.#context, {
      refresh: (method, signal) => this.#refresh(method, signal),
      expired: () => this.#fail(408, 'The session was not refreshed in time'),
    });
    this.#refers = new DialogRefers(this.#context);
    this.#key = dialogKey(state.callId, state.localTag, state.remoteTag);
    core.dialogs.set(this.#key, this);
    this.#refresher.follow();
  }

  get state(): DialogState {
    return this.#context.state;
  }

  get #state(): DialogState {
    return this.#context.state;
  }

  set #state(state: DialogState) {
    this.#context.state = state;
  }

  /** Whether it is over: neither side will say more, or we have said BYE. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Calls `handler` once, when the call is over; at once when it is already. Several handlers may wait. */
  onEnded(handler: (end: DialogEnd) => void): void {
    if (this.#end) handler(this.#end);
    else this.#handlers.push(handler);
  }

  /**
   * Hangs up. The call is over at once; the promise resolves when the peer has answered the BYE or is known not to
   * (481, 408, timeout). At the callee the BYE waits for the ACK (RFC 3261 section 15). Idempotent, never rejects.
   */
  bye(reason?: string): Promise<void> {
    if (this.#bye !== undefined) return this.#bye;
    if (this.#end) return Promise.resolve();
    this.#bye = new Promise((resolve) => {
      this.#dropped = resolve;
    });
    if (this.#repetition) this.#sendWaitingBye = () => this.#sendBye(reason);
    else this.#sendBye(reason);
    this.#finish({ by: 'us' });
    return this.#bye;
  }

  /**
   * Offers the peer another session (hold, resume, codec, address) in a re-INVITE, or asks for its offer when `offer` is undefined; that
   * offer is answered by `onReinvite`. Resolves with the peer's description. It waits until no other change is under way, and goes out
   * again when it collides with one of the peer. 408 and 481 end the dialog; after any other refusal everything is as before. An abort
   * sends CANCEL. @throws RequestFailure, or the signal's reason.
   */
  async reinvite(offer: OfferSource | undefined, signal: AbortSignal): Promise<string> {
    return (await this.#changes.ask('INVITE', offer, signal)) ?? '';
  }

  /**
   * Sends an UPDATE (RFC 3311), which may change the session before the INVITE is answered too, and needs no user at the other side.
   * Without an offer it only shows that we are there. Otherwise like `reinvite`.
   */
  update(offer: OfferSource | undefined, signal: AbortSignal): Promise<string | undefined> {
    return this.#changes.ask('UPDATE', offer, signal);
  }

  /**
   * Asks the peer to call `target` instead of us (RFC 3515), and resolves with how that came out, at the latest after a minute and a half.
   * The call goes on meanwhile, and afterwards until somebody hangs up. @throws RequestFailure while another transfer is under way or when
   * the call is over; the signal's reason.
   */
  refer(target: ReferTarget, signal: AbortSignal): Promise<TransferOutcome> {
    return this.#refers.refer(target, signal);
  }

  /** Decides on transfers that the peer asks for. When nobody decides they are declined with 603. */
  set onRefer(decide: ReferDecision | undefined) {
    this.#refers.decide = decide;
  }

  /** Acknowledges a reliable provisional response to our INVITE; `sdp` is what it described, `answer` answers it when it was an offer. */
  receipt({ cSeq, rSeq }: { cSeq: number; rSeq: number }, sdp: string | undefined, answer: string | undefined): void {
    const { state } = this;
    const agreed = state.provisional?.agreed === true;
    const agrees = !agreed && sdp !== undefined;
    this.#state = {
      ...state,
      provisional: { cSeq, rSeq, agreed: agreed || agrees },
      ...(agrees && { openOffer: 'none', remoteSdp: sdp }),
      ...(agrees && answer !== undefined && { localSdp: answer }),
    };
    const headers = [['RAck', `${rSeq} ${cSeq} INVITE`]] as const;
    // When it gets lost for good the peer says so with the final response to the INVITE.
    this.#context.send('PRACK', { headers, sdp: answer }, { final: () => {}, failed: () => {} });
    this.#changes.next();
  }

  /** Makes an early dialog a confirmed one, or takes what its 2xx says anew. */
  confirm(state: DialogState): void {
    this.#state = state;
    this.#changes.next();
  }

  /** The session ends when it is not refreshed by what the 2xx to the INVITE has agreed on; undefined: it lasts. */
  limit(sessionTimer: SessionTimer | undefined): void {
    this.#state = { ...this.#state, sessionTimer };
    this.#refresher.follow();
  }

  /** Takes the dialog out of the table without a word to the peer. */
  drop(): void {
    this.#repetition?.stop();
    this.#changes.close();
    this.#refresher.close();
    this.#core.dialogs.delete(this.#key);
    this.#dropped();
  }

  /**
   * Writes and sends the ACK to a 2xx of the INVITE with this CSeq number; `authorization` are the credentials that the INVITE had, `sdp`
   * answers an offer in the 2xx.
   */
  acknowledge(cSeq: number, authorization: readonly (readonly [string, string])[] = [], sdp?: string): WrittenRequest {
    return this.#context.acknowledge({ cSeq, authorization }, sdp);
  }

  /** Repeats the 2xx that was just sent until its ACK comes, and hangs up when it never does. */
  awaitAck(transaction: ServerTransaction, cSeq: number): void {
    this.#repetition?.stop();
    this.#state = { ...this.#state, invite: { cSeq, acked: false } };
    this.#repetition = repeatAnswer(this.#core.clock, transaction, () => this.#ackMissing());
  }

  /** Takes an ACK to a 2xx of ours. */
  receiveAck(request: SipRequest, cSeq: number): void {
    if (!this.#repetition || cSeq !== this.#state.invite.cSeq) return;
    this.#repetition.stop();
    this.#repetition = undefined;
    const remoteSdp = sdpOf(request);
    const asked = this.#state.openOffer === 'local';
    const answer = asked ? remoteSdp : undefined;
    this.#state = { ...this.#state, invite: { cSeq, acked: true }, openOffer: 'none', ...(answer !== undefined && { remoteSdp: answer }) };
    if (answer !== undefined) this.onAnswer?.(answer);
    this.onChanged?.();
    this.#sendWaitingBye?.();
    this.#changes.next();
  }

  /** Takes a new request of the peer (RFC 3261 section 12.2.2). */
  receive({ request, cSeq, transaction }: ReceivedRequest): void {
    const { remoteCSeq } = this.#state;
    if (remoteCSeq !== undefined && cSeq < remoteCSeq) {
      transaction.reply(500, { reason: 'CSeq is out of order' });
      return;
    }
    this.#state = { ...this.#state, remoteCSeq: cSeq };
    if (request.method === 'BYE') {
      transaction.reply(200);
      this.#endedByPeer(request);
      return;
    }
    if (this.#end) {
      transaction.reply(481);
      return;
    }
    const refused = refuseExtensions(request);
    if (refused) transaction.reply(refused.status, refused.options);
    else this.#reply(request, cSeq, transaction);
  }

  #reply(request: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    switch (request.method) {
      case 'INVITE':
      case 'UPDATE':
        this.#reinvited(request, cSeq, transaction);
        return;
      case 'PRACK':
        this.#acknowledged(request, transaction);
        return;
      case 'REFER':
        this.#refers.referred(request, cSeq, transaction);
        return;
      case 'NOTIFY':
        this.#refers.notified(request, transaction);
        return;
      case 'INFO':
        // We receive no Info packages (RFC 6086 section 4.2.2); an INFO without one is of the old kind and means nothing to us.
        if (request.headers.first('Info-Package') === undefined) transaction.reply(200);
        else transaction.reply(469, { reason: 'Bad Info Package', headers: [['Recv-Info', '']] });
        return;
      default: {
        const { status, options } = methodReply(request.method);
        transaction.reply(status, options);
      }
    }
  }

  /** A PRACK (RFC 3262 section 3): it may answer the offer of our provisional response, or bring one of its own once that is settled. */
  #acknowledged(request: SipRequest, transaction: ServerTransaction): void {
    const { provisionals } = this;
    if (!provisionals?.matches(request.headers.first('RAck'))) {
      transaction.reply(481);
      return;
    }
    const sdp = sdpOf(request);
    const answers = this.#state.openOffer === 'local';
    const localSdp = sdp === undefined || answers ? undefined : this.#describe(sdp);
    if (sdp !== undefined && !answers && localSdp === undefined) transaction.reply(488);
    else {
      if (answers || sdp !== undefined) {
        this.#state = {
          ...this.#state,
          openOffer: 'none',
          ...(sdp !== undefined && { remoteSdp: sdp }),
          ...(localSdp !== undefined && { localSdp }),
        };
      }
      transaction.reply(200, localSdp === undefined ? {} : { sdp: localSdp });
      if (answers && sdp !== undefined) this.onAnswer?.(sdp);
    }
    provisionals.acknowledged();
    this.#changes.next();
  }

  /** A re-INVITE or UPDATE (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  #reinvited(request: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    const isInvite = request.method === 'INVITE';
    const offer = sdpOf(request);
    const obstacle = this.#obstacle(isInvite, offer !== undefined);
    if (obstacle !== undefined) {
      transaction.reply(obstacle, obstacle === 500 ? { headers: [['Retry-After', String(this.#core.random.below(11))]] } : {});
      return;
    }
    const tooShort = intervalRefusal(request.headers);
    if (tooShort) {
      transaction.reply(422, { headers: tooShort });
      return;
    }
    // An UPDATE without an offer refreshes the target and the session timer only.
    const isDescribed = isInvite || offer !== undefined;
    const localSdp = isDescribed ? this.#describe(offer) : undefined;
    if (isDescribed && localSdp === undefined) {
      transaction.reply(488);
      return;
    }
    const sessionTimer = this.#state.phase === 'confirmed' ? timerOfRequest(request.headers, this.#core.clock.now()) : undefined;
    this.#state = {
      ...refreshTarget(this.#state, request),
      sessionTimer,
      ...(localSdp !== undefined && { localSdp }),
      ...(offer !== undefined ? { remoteSdp: offer } : isInvite && { openOffer: 'local' }),
    };
    transaction.reply(200, {
      headers: [['Contact', `<${this.#state.contact}>`], ...ABILITIES, ...answerTimerHeaders(sessionTimer)],
      ...(localSdp !== undefined && { sdp: localSdp }),
    });
    if (isInvite) this.awaitAck(transaction, cSeq);
    this.#changed();
  }

  #changed(): void {
    this.#refresher.follow();
    this.onChanged?.();
  }

  /** Shows that we are there, by UPDATE or with the description that holds (RFC 4028 section 7.4). */
  async #refresh(method: 'INVITE' | 'UPDATE', signal: AbortSignal): Promise<void> {
    const { localSdp, remoteSdp } = this.#state;
    const sdp = await this.#changes.ask(
      method,
      method === 'UPDATE' ? undefined : localSdp && (() => this.#state.localSdp ?? localSdp),
      signal,
    );
    const changesNothing = sdp === undefined || (remoteSdp !== undefined && sameSession(sdp, remoteSdp));
    if (!changesNothing && localSdp !== undefined) this.onAnswer?.(sdp);
  }

  /**
   * Why a change cannot be taken now: 491 while an INVITE or offer of ours is outstanding, 500 while the peer's is (RFC 3261 section 14.2,
   * RFC 3311 section 5.2).
   */
  #obstacle(isInvite: boolean, hasOffer: boolean): 491 | 500 | undefined {
    const { phase, role, openOffer } = this.#state;
    if (isInvite && phase === 'early') return role === 'uac' ? 491 : 500;
    if (isInvite && this.#changes.inviting) return 491;
    if (!isInvite && !hasOffer) return undefined;
    return openOffer === 'none' ? undefined : openOffer === 'local' ? 491 : 500;
  }

  #describe(offer: string | undefined): string | undefined {
    if (this.onReinvite) return this.onReinvite(offer);
    const { localSdp, remoteSdp } = this.#state;
    const changesNothing = offer === undefined || (remoteSdp !== undefined && sameSession(offer, remoteSdp));
    return changesNothing ? localSdp : undefined;
  }

  #endedByPeer(request: SipRequest): void {
    this.#repetition?.stop();
    this.#repetition = undefined;
    const reason = request.headers.first('Reason');
    this.#finish({ by: 'peer', ...(reason !== undefined && { reason }) });
    // A BYE of our own that has crossed this one keeps the dialog until it is answered.
    if (!this.#bye || this.#sendWaitingBye) this.drop();
  }

  #ackMissing(): void {
    this.#repetition = undefined;
    this.#fail(408, 'The answer was never acknowledged');
  }

  /** Ends the dialog because it cannot go on, and says BYE. */
  #fail(status: number, reason: string): void {
    if (this.#end) {
      this.#sendWaitingBye?.();
      return;
    }
    const { phase, role } = this.#state;
    this.#finish({ by: 'error', status, reason });
    // A callee must not say BYE before its final response, which is the end of the early dialog (RFC 3261 section 15).
    if (phase === 'early' && role === 'uas') this.drop();
    else if (this.#bye === undefined) this.#sendBye(reason);
  }

  #sendBye(reason: string | undefined): void {
    this.#sendWaitingBye = undefined;
    const headers = reason === undefined ? [] : ([['Reason', `SIP;text=${quote(reason)}`]] as const);
    this.#context.send('BYE', { headers }, { final: () => this.drop(), failed: () => this.drop() });
  }

  #finish(end: DialogEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#changes.close();
    this.#refers.close('The call was hung up');
    this.#refresher.close();
    const handlers = this.#handlers;
    this.#handlers = [];
    for (const handler of handlers) handler(end);
  }
}
