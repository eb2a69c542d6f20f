import { type AnswerRepetition, repeatAnswer } from './answer-repetition.ts';
import type { SipCore, SipCredentials } from './core.ts';
import { DialogContext } from './dialog-context.ts';
import { type DialogEnd, DialogEnding } from './dialog-ending.ts';
import { DialogInfos, type DigitOutcome } from './dialog-infos.ts';
import { DialogRefers, type ReferDecision } from './dialog-refers.ts';
import { type DialogState, dialogKey } from './dialog-state.ts';
import type { SipRequest } from './message.ts';
import { methodReply, refuseExtensions } from './method-reply.ts';
import { nextHopAfter } from './next-hop.ts';
import { type OfferDecision, PeerChanges } from './peer-changes.ts';
import { PeerWatch, type SilenceBeside } from './peer-watch.ts';
import type { TransferOutcome } from './refer-progress.ts';
import type { ReferTarget } from './refer-to.ts';
import type { ReliableProvisionals } from './reliable-provisionals.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { type OfferSource, SessionChanges } from './session-changes.ts';
import { sameSession, sdpOf } from './session-description.ts';
import { SessionRefresher } from './session-refresher.ts';
import type { SessionTimer } from './session-timer.ts';
import type { ReceivedRequest } from './transaction-layer.ts';
import type { Hop, WrittenRequest } from './transport.ts';

/**
 * One call's signalling relation with the peer (RFC 3261 section 12). It is in the user agent's table from its making until its BYE
 * is answered, by either side.
 */
export class Dialog {
  /** Takes the peer's answer to an offer that it asked us for, or that nobody here waits for any more. */
  onAnswer: ((sdp: string) => void) | undefined;
  /** Called when a re-INVITE, its ACK or an UPDATE has changed the state. */
  onChanged: (() => void) | undefined;
  /** The reliable provisional responses to the INVITE that made the dialog, while it has no final one. */
  provisionals: ReliableProvisionals | undefined;
  readonly #core: SipCore;
  readonly #context: DialogContext;
  readonly #changes: SessionChanges;
  readonly #peerChanges: PeerChanges;
  readonly #refers: DialogRefers;
  readonly #infos: DialogInfos;
  readonly #refresher: SessionRefresher;
  readonly #watch: PeerWatch;
  readonly #key: string;
  readonly #ending: DialogEnding;
  #repetition: AnswerRepetition | undefined;

  /** Puts the dialog into the user agent's table. */
  constructor(core: SipCore, state: DialogState, credentials?: SipCredentials) {
    this.#core = core;
    this.#context = new DialogContext(core, state, credentials);
    this.#changes = new SessionChanges(this.#context, {
      isBusy: () => this.#repetition !== undefined || this.provisionals?.isWaiting === true,
      describe: (offer) => this.#peerChanges.describe(offer),
      lost: (status, reason) => this.#ending.fail(status, reason),
      hangUp: (reason) => this.#ending.fail(488, reason),
      answered: (sdp) => this.onAnswer?.(sdp),
      changed: () => this.#changed(),
    });
    this.#peerChanges = new PeerChanges(this.#context, {
      isInviting: () => this.#changes.inviting,
      awaitAck: (transaction, cSeq) => this.awaitAck(transaction, cSeq),
      answered: (sdp) => this.onAnswer?.(sdp),
      changed: () => this.#changed(),
    });
    this.#ending = new DialogEnding(this.#context, {
      isAckDue: () => this.#repetition !== undefined,
      finished: () => this.#finished(),
      drop: () => this.drop(),
    });
    this.#refresher = new SessionRefresher(this.#context, {
      refresh: (method, signal) => this.#refresh(method, signal),
      expired: () => this.#ending.fail(408, 'The session was not refreshed in time'),
    });
    this.#watch = new PeerWatch(this.#context, (status, reason) => this.#ending.fail(status, reason));
    this.#refers = new DialogRefers(this.#context);
    this.#infos = new DialogInfos(this.#context, (status, reason) => this.#ending.fail(status, reason));
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
    return this.#ending.over;
  }

  /** Calls `handler` once, when the call is over; at once when it is already. Several handlers may wait. */
  onEnded(handler: (end: DialogEnd) => void): void {
    this.#ending.onEnded(handler);
  }

  /**
   * Hangs up. The call is over at once; the promise resolves when the peer has answered the BYE or is known not to
   * (481, 408, timeout). At the callee the BYE waits for the ACK (RFC 3261 section 15). Idempotent, never rejects.
   */
  bye(reason?: string): Promise<void> {
    return this.#ending.bye(reason);
  }

  /**
   * Decides on an offer of the peer, in a re-INVITE or UPDATE or in the 2xx to a re-INVITE of ours without one: answers the SDP to accept
   * it, undefined to refuse it with 488. Without an offer the peer asks for one of ours. When nobody decides, only an offer that changes
   * nothing is accepted.
   */
  set onReinvite(decide: OfferDecision | undefined) {
    this.#peerChanges.decide = decide;
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
   * `onAccepted` is called when the peer is willing, before it tells how that went. The call goes on meanwhile, and afterwards until somebody hangs up. @throws RequestFailure while another transfer is under way or when
   * the call is over; the signal's reason.
   */
  refer(target: ReferTarget, signal: AbortSignal, onAccepted: () => void = () => {}): Promise<TransferOutcome> {
    return this.#refers.refer(target, signal, onAccepted);
  }

  /** Decides on transfers that the peer asks for. When nobody decides they are declined with 603. */
  set onRefer(decide: ReferDecision | undefined) {
    this.#refers.decide = decide;
  }

  /** Takes each digit that the peer tells in an INFO. */
  set onDigit(take: ((digit: string) => void) | undefined) {
    this.#infos.onDigit = take;
  }

  /** Tells the peer a digit in an INFO, held for so long. 408, 481 and silence end the dialog. Never rejects. */
  async tellDigit(digit: string, durationMs: number): Promise<DigitOutcome> {
    const { allow } = this.state;
    if (this.ended) return 'lost';
    return allow.length > 0 && !allow.includes('INFO') ? 'refused' : this.#infos.send(digit, durationMs);
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

  /** Takes what a response to the INVITE says, of either side. Changes of ours wait for its PRACK or ACK. */
  confirm(state: DialogState): void {
    this.#state = state;
  }

  /** The session ends when it is not refreshed by what the 2xx to the INVITE has agreed on; undefined: it lasts. */
  limit(sessionTimer: SessionTimer | undefined): void {
    this.#state = { ...this.#state, sessionTimer };
    this.#refresher.follow();
  }

  /** Ends the dialog when the peer proves to be gone: it is asked when neither a message nor anything beside the dialog comes for a minute. */
  watchPeer(silenceBeside: SilenceBeside): void {
    if (!this.ended) this.#watch.begin(silenceBeside);
  }

  /** Takes the dialog out of the table without a word to the peer. */
  drop(): void {
    this.#repetition?.stop();
    this.#changes.close();
    this.#refresher.close();
    this.#watch.close();
    this.#refers.close('The dialog is given up');
    this.#core.dialogs.delete(this.#key);
    this.#ending.dropped();
  }

  /**
   * Writes and sends the ACK to a 2xx of the INVITE with this CSeq number; `authorization` are the credentials that the INVITE had, `sdp`
   * answers an offer in the 2xx.
   */
  acknowledge(cSeq: number, authorization: readonly (readonly [string, string])[] = [], sdp?: string): WrittenRequest {
    const ack = this.#context.acknowledge({ cSeq, authorization }, sdp);
    this.#changes.next();
    return ack;
  }

  /** Repeats the 2xx that was just sent until its ACK comes, and hangs up when it never does. */
  awaitAck(transaction: ServerTransaction, cSeq: number): void {
    this.#repetition?.stop();
    this.#state = { ...this.#state, invite: { cSeq, acked: false } };
    this.#repetition = repeatAnswer(this.#core.clock, transaction, () => this.#ackMissing());
  }

  /** A message of the peer came from there. */
  heardFrom(source: Hop): void {
    const nextHop = nextHopAfter(this.#state, source);
    if (nextHop !== this.#state.nextHop) this.#state = { ...this.#state, nextHop };
  }

  /** Takes an ACK to a 2xx of ours. */
  receiveAck(request: SipRequest, cSeq: number, source: Hop): void {
    this.heardFrom(source);
    if (!this.#repetition || cSeq !== this.#state.invite.cSeq) return;
    this.#repetition.stop();
    this.#repetition = undefined;
    const remoteSdp = sdpOf(request);
    const asked = this.#state.openOffer === 'local';
    const answer = asked ? remoteSdp : undefined;
    this.#state = { ...this.#state, invite: { cSeq, acked: true }, openOffer: 'none', ...(answer !== undefined && { remoteSdp: answer }) };
    if (answer !== undefined) this.onAnswer?.(answer);
    this.onChanged?.();
    this.#ending.ackSettled();
    this.#changes.next();
  }

  /** Takes a new request of the peer (RFC 3261 section 12.2.2). */
  receive({ request, cSeq, transaction }: ReceivedRequest): void {
    this.#context.heardAtMs = this.#core.clock.now();
    const { remoteCSeq } = this.#state;
    if (remoteCSeq !== undefined && cSeq < remoteCSeq) {
      transaction.reply(500, { reason: 'CSeq is out of order' });
      return;
    }
    this.#state = { ...this.#state, remoteCSeq: cSeq };
    this.heardFrom(transaction.source);
    if (request.method === 'BYE') {
      transaction.reply(200);
      this.#repetition?.stop();
      this.#repetition = undefined;
      this.#ending.byPeer(request.headers.first('Reason'));
      return;
    }
    if (this.ended) {
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
        this.#peerChanges.changed(request, cSeq, transaction);
        return;
      case 'PRACK':
        this.#peerChanges.acknowledged(request, transaction, this.provisionals);
        this.#changes.next();
        return;
      case 'REFER':
        this.#refers.referred(request, cSeq, transaction);
        return;
      case 'NOTIFY':
        this.#refers.notified(request, transaction);
        return;
      case 'INFO':
        this.#infos.received(request, cSeq, transaction);
        return;
      default: {
        const { status, options } = methodReply(request.method);
        transaction.reply(status, options);
      }
    }
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

  #ackMissing(): void {
    this.#repetition = undefined;
    this.#ending.fail(408, 'The answer was never acknowledged');
  }

  #finished(): void {
    this.#changes.close();
    this.#refers.close('The call was hung up');
    this.#refresher.close();
    this.#watch.close();
  }
}
