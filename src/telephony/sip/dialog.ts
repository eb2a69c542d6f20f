import { type AnswerRepetition, repeatAnswer } from './answer-repetition.ts';
import { ChallengeAnswers } from './challenge-answers.ts';
import type { SipCore, SipCredentials } from './core.ts';
import { dialogRequest } from './dialog-request.ts';
import { type DialogState, dialogKey, refreshTarget } from './dialog-state.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { methodReply, refuseExtensions } from './method-reply.ts';
import { hopOf } from './next-hop.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { sameSession, sdpOf } from './session-description.ts';
import { quote } from './token.ts';
import type { ReceivedRequest } from './transaction-layer.ts';
import type { Hop, WrittenRequest } from './transport.ts';

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
   * Decides on an offer in a re-INVITE or UPDATE: answers the SDP to accept it, undefined to refuse it with 488. Without an offer the
   * peer asks for one of ours. When nobody decides, only an offer that changes nothing is accepted.
   */
  onReinvite: ((offer: string | undefined) => string | undefined) | undefined;
  /** Takes the peer's answer to the offer that it asked us for. */
  onAnswer: ((sdp: string) => void) | undefined;
  /** Called when a re-INVITE, its ACK or an UPDATE has changed the state. */
  onChanged: (() => void) | undefined;
  readonly #core: SipCore;
  readonly #credentials: SipCredentials | undefined;
  readonly #key: string;
  #state: DialogState;
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
    this.#state = state;
    this.#credentials = credentials;
    this.#key = dialogKey(state.callId, state.localTag, state.remoteTag);
    core.dialogs.set(this.#key, this);
  }

  get state(): DialogState {
    return this.#state;
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

  /** Makes an early dialog a confirmed one, or takes what its 2xx says anew. */
  confirm(state: DialogState): void {
    this.#state = state;
  }

  /** Takes the dialog out of the table without a word to the peer. */
  drop(): void {
    this.#repetition?.stop();
    this.#core.dialogs.delete(this.#key);
    this.#dropped();
  }

  /** Writes and sends the ACK to a 2xx of the INVITE with this CSeq number; `extra` are the credentials that the INVITE had. */
  acknowledge(cSeq: number, extra: readonly (readonly [string, string])[] = []): WrittenRequest {
    const { layer, product } = this.#core;
    const ack = layer.writeAck(dialogRequest(this.#state, 'ACK', cSeq, product, extra), this.#hop());
    layer.sendAck(ack);
    if (!this.#state.invite.acked && this.#state.invite.cSeq === cSeq) this.#state = { ...this.#state, invite: { cSeq, acked: true } };
    return ack;
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
    this.#state = { ...this.#state, invite: { cSeq, acked: true }, ...(remoteSdp !== undefined && { remoteSdp }) };
    if (remoteSdp !== undefined) this.onAnswer?.(remoteSdp);
    this.onChanged?.();
    this.#sendWaitingBye?.();
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

  /** A re-INVITE or UPDATE (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  #reinvited(request: SipRequest, cSeq: number, transaction: ServerTransaction): void {
    const isInvite = request.method === 'INVITE';
    const offer = sdpOf(request);
    if (this.#state.phase === 'early' && (isInvite || offer !== undefined)) {
      transaction.reply(491);
      return;
    }
    // An UPDATE without an offer refreshes the target only.
    const isDescribed = isInvite || offer !== undefined;
    const localSdp = isDescribed ? this.#describe(offer) : undefined;
    if (isDescribed && localSdp === undefined) {
      transaction.reply(488);
      return;
    }
    this.#state = {
      ...refreshTarget(this.#state, request),
      ...(localSdp !== undefined && { localSdp }),
      ...(offer !== undefined && { remoteSdp: offer }),
    };
    transaction.reply(200, {
      headers: [['Contact', `<${this.#state.contact}>`]],
      ...(localSdp !== undefined && { sdp: localSdp }),
    });
    if (isInvite) this.awaitAck(transaction, cSeq);
    this.onChanged?.();
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
    this.#finish({ by: 'error', status: 408, reason: 'The answer was never acknowledged' });
    if (this.#sendWaitingBye) this.#sendWaitingBye();
    else this.#sendBye('The answer was never acknowledged');
  }

  #sendBye(reason: string | undefined, answers?: ChallengeAnswers): void {
    this.#sendWaitingBye = undefined;
    const { layer, product, random } = this.#core;
    const cSeq = this.#state.localCSeq + 1;
    this.#state = { ...this.#state, localCSeq: cSeq };
    const request = dialogRequest(this.#state, 'BYE', cSeq, product);
    if (reason !== undefined) request.headers.add('Reason', `SIP;text=${quote(reason)}`);
    for (const [name, value] of answers?.headersFor('BYE', request.uri) ?? []) request.headers.add(name, value);
    const response = (answer: SipResponse): void => {
      if (answer.status < 200) return;
      const next = answers ?? (this.#credentials && new ChallengeAnswers(this.#credentials, random));
      if ((answer.status === 401 || answer.status === 407) && next?.accept(answer)) this.#sendBye(reason, next);
      else this.drop();
    };
    try {
      layer.send(request, this.#hop(), { response, failed: () => this.drop() });
    } catch (error) {
      this.#core.log.warn({ err: error }, 'A BYE could not be sent');
      this.drop();
    }
  }

  #finish(end: DialogEnd): void {
    if (this.#end) return;
    this.#end = end;
    const handlers = this.#handlers;
    this.#handlers = [];
    for (const handler of handlers) handler(end);
  }

  #hop(): Hop {
    return hopOf(this.#state, (kind) => this.#core.transport.has(kind));
  }
}
