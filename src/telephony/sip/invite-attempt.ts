import type { Timer } from '../../kernel/clock.ts';
import { ChallengeAnswers } from './challenge-answers.ts';
import type { ClientTransaction } from './client-transaction.ts';
import type { SipCore } from './core.ts';
import type { Dialog } from './dialog.ts';
import type { InviteSent } from './dialog-state.ts';
import { InviteForks } from './invite-forks.ts';
import { inviteRequest, userOf } from './invite-request.ts';
import type { LateInvite } from './late-answers.ts';
import type { SipResponse } from './message.ts';
import {
  type CallIdentity,
  type InviteEvents,
  type InviteFailure,
  newCallIdentity,
  type OutgoingInvite,
  type OutgoingInviteRequest,
  sentTo,
} from './outgoing-invite.ts';
import { isNextProvisional, reliableNumber } from './provisional-receipt.ts';
import { Redirection } from './redirection.ts';
import { retryAfterMs } from './retry-after.ts';
import { refusingAnswer, sdpOf } from './session-description.ts';
import { smallestIntervalOf } from './session-expires.ts';
import { firstTimerHeaders, timerOfAnswer } from './session-timer.ts';
import { PATIENCE_MS } from './transaction-step.ts';

const cannotTake: InviteFailure = { why: 'response', status: 488, reason: 'The offer of the callee cannot be taken' };

/**
 * Sends an INVITE to its first hop and sees it through to a dialog or a failure (RFC 3261 section 13.2). When it cannot be sent at all, `failed` is
 * called before this returns.
 */
export function sendInvite(
  core: SipCore,
  request: OutgoingInviteRequest,
  events: InviteEvents,
  identity = newCallIdentity(core.random),
): OutgoingInvite {
  const attempt = new InviteAttempt(core, request, events, identity);
  attempt.send();
  return attempt;
}

class InviteAttempt implements OutgoingInvite, LateInvite {
  readonly callId: string;
  readonly #core: SipCore;
  readonly #forks: InviteForks;
  #answers: ChallengeAnswers | undefined;
  #redirection: Redirection | undefined;
  /** What forked and repeated 2xx still need after the outcome, small enough to be kept for timer M. */
  #sent: InviteSent;
  readonly #asksForOffer: boolean;
  #authorization: readonly (readonly [string, string])[] = [];
  /** Both are dropped with the outcome. */
  #request: OutgoingInviteRequest | undefined;
  #events: InviteEvents | undefined;
  #transaction: ClientTransaction | undefined;
  /** The session interval that a 422 asked for, which is obeyed once. */
  #smallestMs: number | undefined;
  #heardFrom = false;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';
  /** A CANCEL is under way, but an answer that crosses it is wanted. */
  #withdraws = false;
  #cancelReason: string | undefined;
  #patience: Timer | undefined;

  constructor(core: SipCore, request: OutgoingInviteRequest, events: InviteEvents, { callId, localTag }: CallIdentity) {
    this.#core = core;
    this.#request = request;
    this.#events = events;
    this.#forks = new InviteForks(core, request.credentials, () => this.#forksGone());
    this.#answers = request.credentials && new ChallengeAnswers(request.credentials, core.random);
    this.#redirection = request.redirects && new Redirection(request.redirects, request.requestUri);
    this.#asksForOffer = typeof request.offer !== 'string';
    this.callId = callId;
    this.#sent = {
      callId: this.callId,
      localTag,
      local: `<${request.from}>;tag=${localTag}`,
      requestUri: request.requestUri,
      contact: '',
      hop: request.to,
      cSeq: 0,
      offer: typeof request.offer === 'string' ? request.offer : undefined,
    };
  }

  /** Sends the INVITE, the first time or again with credentials (RFC 3261 section 22.2: same Call-ID, next CSeq). */
  send(): void {
    const request = this.#request;
    if (!request) return;
    this.#heardFrom = false;
    try {
      const contact = this.#core.transport.contact(userOf(request.from), request.to);
      this.#sent = { ...this.#sent, cSeq: this.#sent.cSeq + 1, contact };
      this.#authorization = this.#answers?.headersFor('INVITE', request.requestUri) ?? [];
      const invite = inviteRequest(request, this.#sent, this.#core.product, [
        ...firstTimerHeaders(this.#smallestMs),
        ...this.#authorization,
      ]);
      this.#transaction = this.#core.layer.send(invite, request.to, {
        handedOver: () => this.#events?.handedOver?.(),
        response: (response) => this.#response(response),
        failed: (why) => this.#unanswered(why),
        broken: () => this.#broken(),
      });
    } catch (error) {
      this.#fail({ why: 'transport', reason: error instanceof Error ? error.message : 'The INVITE could not be sent' });
      return;
    }
    if (this.#sent.cSeq === 1) this.#events?.sent(this.callId);
  }

  withdraw(): void {
    this.#withdraws = this.#cancel === 'no';
    this.#giveUp();
  }

  cancel(reason?: string): void {
    this.#withdraws = false;
    this.#giveUp(reason);
  }

  #giveUp(reason?: string): void {
    if (this.#cancel !== 'no' || !this.#events) return;
    this.#cancelReason = reason;
    if (!this.#heardFrom) {
      this.#giveUpSilently({ why: 'cancelled', reason: 'Cancelled before any response' });
      return;
    }
    this.#cancel = 'wanted';
    this.#sendCancel();
  }

  #sendCancel(): void {
    const transaction = this.#transaction;
    if (!transaction || this.#cancel !== 'wanted') return;
    this.#cancel = 'sent';
    this.#core.layer.cancel(transaction, this.#cancelReason);
    this.#patience = this.#core.clock.after(PATIENCE_MS, () => transaction.giveUp());
  }

  #response(response: SipResponse): void {
    this.#events?.heard?.();
    const { hop } = this.#transaction ?? this.#sent;
    if (this.#sent.hop.isOnlyWay) this.#sent = { ...this.#sent, hop };
    if (response.status < 200) this.#provisional(response);
    else if (response.status < 300) this.#accepted(response);
    else this.#refused(response);
  }

  #provisional(response: SipResponse): void {
    this.#heardFrom = true;
    if (this.#cancel !== 'no') {
      this.#sendCancel();
      if (!this.#withdraws) return;
    }
    const dialog = this.#forks.early(this.#sent, response);
    const rSeq = reliableNumber(response);
    const sdp = sdpOf(response);
    if (rSeq !== undefined && !(dialog && this.#receipt(dialog, rSeq, sdp))) return;
    this.#events?.provisional(response.status, response.reason, sdp, dialog);
  }

  /** Acknowledges a reliable provisional response. Answers whether to look at it. */
  #receipt(dialog: Dialog, rSeq: number, sdp: string | undefined): boolean {
    const { cSeq } = this.#sent;
    if (!isNextProvisional(dialog.state, cSeq, rSeq)) return false;
    const { agreed } = dialog.state.provisional ?? { agreed: false };
    const asked = this.#asksForOffer && !agreed && sdp !== undefined;
    const answer = asked ? this.#answerLate(dialog, sdp, true) : undefined;
    dialog.receipt({ cSeq, rSeq }, sdp, asked ? (answer ?? refusingAnswer(sdp)) : undefined);
    if (!asked || answer !== undefined) return true;
    this.#cancel = 'wanted';
    this.#sendCancel();
    this.#fail(cannotTake);
    return false;
  }

  /** The callee said BYE before its 2xx, and no other fork rings: there is nothing left to wait for. */
  #forksGone(): void {
    if (!this.#events) return;
    this.#cancel = 'wanted';
    this.#sendCancel();
    this.#fail({ why: 'response', status: 487, reason: 'The callee hung up before it answered' });
  }

  #accepted(response: SipResponse): void {
    this.#patience?.cancel();
    const dialog = this.#forks.confirmed(this.#sent, response);
    if (!dialog) return;
    dialog.limit(timerOfAnswer(response.headers, this.#smallestMs, this.#core.clock.now()));
    // What a reliable provisional response has agreed on holds, whatever the 2xx says (RFC 6337 section 3.1.1).
    const sdp = dialog.state.provisional?.agreed ? undefined : sdpOf(response);
    const events = this.#events;
    const wanted = events !== undefined && (this.#cancel === 'no' || this.#withdraws);
    const answer = this.#answerLate(dialog, sdp, wanted);
    const inAck = answer ?? (this.#asksForOffer && sdp ? refusingAnswer(sdp) : undefined);
    this.#forks.acknowledged(dialog, dialog.acknowledge(this.#sent.cSeq, this.#authorization, inAck));
    if (wanted) {
      const refused = this.#asksForOffer && sdp !== undefined && answer === undefined;
      this.#release();
      if (!refused) {
        events.answered(dialog, sdp);
        return;
      }
      void dialog.bye('The offer cannot be taken');
      events.failed(cannotTake);
      return;
    }
    // Answered by another fork already, or cancelled too late: nobody here wants this dialog.
    void dialog.bye();
    if (events) this.#fail({ why: 'cancelled', status: response.status, reason: 'Cancelled while the answer was on its way' });
  }

  /** Our answer to the offer in the 2xx to an INVITE without one. */
  #answerLate(dialog: Dialog, offer: string | undefined, wanted: boolean): string | undefined {
    const answer = this.#request?.offer;
    if (!wanted || offer === undefined || typeof answer !== 'function') return undefined;
    const localSdp = answer(offer);
    if (localSdp !== undefined) dialog.confirm({ ...dialog.state, localSdp });
    return localSdp;
  }

  #refused(response: SipResponse): void {
    this.#patience?.cancel();
    const { status } = response;
    this.#forks.dropEarly();
    if ((status === 401 || status === 407) && this.#cancel === 'no' && this.#answers?.accept(response)) {
      this.send();
      return;
    }
    if (status === 422 && this.#cancel === 'no' && this.#smallestMs === undefined) {
      this.#smallestMs = smallestIntervalOf(response.headers);
      this.send();
      return;
    }
    if (status < 400) this.#redirection?.take(response.headers);
    if (this.#redirection && status < 600 && this.#cancel === 'no') {
      void this.#redirect(this.#redirection, response);
      return;
    }
    this.#refusedForGood(response);
  }

  /** Goes on with the next target of a 3xx, if there is one, with the Call-ID and From of before (RFC 3261 section 8.1.3.4). */
  async #redirect(redirection: Redirection, response: SipResponse): Promise<void> {
    // Nothing is under way until the next INVITE leaves: a cancel ends the call at once.
    this.#transaction = undefined;
    this.#heardFrom = false;
    const target = await redirection.next();
    const request = this.#request;
    if (!request) return;
    if (!target) {
      this.#refusedForGood(response);
      return;
    }
    const next = { ...sentTo(request, target.hop), requestUri: target.uri };
    this.#request = next;
    this.#sent = { ...this.#sent, hop: target.hop, requestUri: target.uri, ...(typeof next.offer === 'string' && { offer: next.offer }) };
    this.send();
  }

  /** Who answers from now on gets ACK and BYE: one of several phones that a proxy has called may do so after a refusal, too. */
  #awaitLateAnswer(): void {
    const { branch } = this.#transaction ?? {};
    this.#transaction = undefined;
    this.#patience = undefined;
    this.#redirection = undefined;
    this.#answers = undefined;
    if (branch !== undefined) this.#core.lateAnswers.remember(branch, this);
  }

  answeredLate(response: SipResponse, cSeq: number): void {
    if (cSeq === this.#sent.cSeq) this.#accepted(response);
  }

  #refusedForGood(response: SipResponse): void {
    this.#awaitLateAnswer();
    const { status, reason } = response;
    const waitMs = retryAfterMs(response.headers);
    const why = this.#cancel === 'no' ? 'response' : 'cancelled';
    this.#fail({ why, status, reason, ...(waitMs !== undefined && { retryAfterMs: waitMs }) });
  }

  #unanswered(why: 'timeout' | 'transport'): void {
    this.#patience?.cancel();
    if (why === 'timeout') this.#awaitLateAnswer();
    if (this.#cancel !== 'no') this.#fail({ why: 'cancelled', reason: 'Cancelled; the peer did not confirm it' });
    else if (why === 'timeout') this.#fail({ why, reason: 'No response' });
    else this.#fail({ why, reason: 'The INVITE could not be sent' });
  }

  /** Nothing has come so far, and nobody waits for what may come over another connection: it gets CANCEL, or ACK and BYE. */
  #broken(): void {
    this.#giveUpSilently({ why: 'transport', reason: 'The connection broke before the INVITE was answered' });
  }

  #giveUpSilently(failure: InviteFailure): void {
    this.#cancel = 'wanted';
    this.#transaction?.fallSilent();
    this.#fail(failure);
  }

  #fail(failure: InviteFailure): void {
    const events = this.#events;
    this.#release();
    events?.failed(failure);
  }

  /** The outcome is there: keep only what repeated 2xx need. */
  #release(): void {
    this.#events = undefined;
    this.#request = undefined;
    this.#sent = { ...this.#sent, offer: '' };
    this.#forks.settled();
  }
}
