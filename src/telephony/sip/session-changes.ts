import type { Timer } from '../../kernel/clock.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { ABILITIES } from './core.ts';
import type { DialogContext, RequestSent } from './dialog-context.ts';
import { refreshTarget } from './dialog-state.ts';
import type { HeaderList } from './header-list.ts';
import type { SipResponse } from './message.ts';
import { RequestFailure } from './request-failure.ts';
import { refusingAnswer, sdpOf } from './session-description.ts';
import { lengthened, refreshHeaders, timerOfAnswer } from './session-timer.ts';
import { PATIENCE_MS } from './transaction-step.ts';
import type { WrittenRequest } from './transport.ts';

/** An SDP offer, or what makes one for each attempt, so that it regards what the peer has changed in between. */
export type OfferSource = string | (() => string);

/** What the dialog does for the changes that we ask for. */
export interface SessionChangesOwner {
  /**
   * Whether an INVITE of the peer waits for its ACK, or a reliable response to it for its PRACK: ours must wait for them too (RFC 3261
   * section 14.1, RFC 3311 section 5.1).
   */
  isBusy(): boolean;
  /** Answers an offer of the peer, undefined to refuse it. */
  describe(offer: string): string | undefined;
  /** The peer does not know the dialog any more, or does not answer. */
  lost(status: number, reason: string): void;
  /** There is nothing to talk with any more. */
  hangUp(reason: string): void;
  /** An answer for whoever does not wait for it any more. */
  answered(sdp: string): void;
  changed(): void;
}

interface Change {
  readonly method: 'INVITE' | 'UPDATE';
  readonly offer: OfferSource | undefined;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly resolve: (sdp: string | undefined) => void;
  readonly reject: (error: unknown) => void;
  glares: number;
  /** Whether the peer wanted a longer session timer already. */
  lengthened: boolean;
  transaction?: ClientTransaction;
  heardFrom: boolean;
  /** Whether its CANCEL was sent. */
  isCancelled: boolean;
  settled: boolean;
}

/** Two sides that collide this often do not do so by chance. */
const MAX_GLARES = 8;

/**
 * The re-INVITEs and UPDATEs that we send (RFC 3261 section 14.1, RFC 3311 section 5.1), one after the other. One that collides with
 * the peer's is sent again later.
 */
export class SessionChanges {
  readonly #dialog: DialogContext;
  readonly #owner: SessionChangesOwner;
  readonly #queue: Change[] = [];
  #current: Change | undefined;
  #inFlight: Change['method'] | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(dialog: DialogContext, owner: SessionChangesOwner) {
    this.#dialog = dialog;
    this.#owner = owner;
  }

  /** Whether an INVITE of ours has no final response yet. */
  get inviting(): boolean {
    return this.#inFlight === 'INVITE';
  }

  /** Asks the peer. Resolves with its description, if any. @throws RequestFailure, or the signal's reason. */
  ask(method: Change['method'], offer: OfferSource | undefined, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#closed) reject(over());
      else if (signal.aborted) reject(signal.reason);
      else {
        const onAbort = (): void => this.#aborted(change);
        const change: Change = {
          method,
          offer,
          signal,
          onAbort,
          resolve,
          reject,
          glares: 0,
          lengthened: false,
          heardFrom: false,
          isCancelled: false,
          settled: false,
        };
        signal.addEventListener('abort', onAbort, { once: true });
        this.#queue.push(change);
        this.next();
      }
    });
  }

  /** Sends the next one when nothing stands in its way. Called whenever something has gone out of it. */
  next(): void {
    const [change] = this.#queue;
    if (!change || this.#current || this.#closed || this.#owner.isBusy()) return;
    const { phase, openOffer } = this.#dialog.state;
    if (change.method === 'INVITE' && phase === 'early') return;
    if (openOffer !== 'none' && (change.method === 'INVITE' || change.offer !== undefined)) return;
    this.#queue.shift();
    this.#current = change;
    this.#send(change);
  }

  /** The dialog is over: nothing more is sent, and nobody waits any longer. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    const waiting = this.#current ? [this.#current, ...this.#queue] : this.#queue;
    for (const change of [...waiting]) this.#settle(change, () => change.reject(over()));
    this.#queue.length = 0;
    const inFlight = this.inviting ? this.#current?.transaction : undefined;
    if (inFlight) this.#dialog.core.clock.after(PATIENCE_MS, () => inFlight.giveUp());
    this.#current = undefined;
  }

  #send(change: Change): void {
    const { offer: source, method } = change;
    const offer = typeof source === 'function' ? source() : source;
    const { state } = this.#dialog;
    if (offer !== undefined) this.#dialog.state = { ...state, openOffer: 'local' };
    this.#inFlight = method;
    let ack: WrittenRequest | undefined;
    this.#dialog.send(
      method,
      {
        headers: [['Contact', `<${state.contact}>`], ...ABILITIES, ...refreshHeaders(state.sessionTimer)],
        sdp: offer,
      },
      {
        sent: (transaction) => {
          change.transaction = transaction;
          if (change.settled) this.#cancel(change);
        },
        provisional: () => this.#provisional(change),
        final: (response, sent) => {
          if (ack) this.#dialog.core.layer.sendAck(ack, sent.answerer);
          else if (response.status >= 300) this.#refused(change, response);
          else ack = this.#accepted(change, response, sent, offer);
        },
        failed: (why) => this.#unanswered(change, why),
      },
    );
  }

  #provisional(change: Change): void {
    if (change.heardFrom) return;
    change.heardFrom = true;
    // Nothing else ends an INVITE that got a provisional response (RFC 3261 section 17.1.1.2).
    if (change.settled) this.#cancel(change);
    else if (change.method === 'INVITE') this.#timer = this.#dialog.core.clock.after(PATIENCE_MS, () => this.#cancel(change));
  }

  #cancel(change: Change): void {
    const { transaction } = change;
    if (!transaction || change.method !== 'INVITE' || !change.heardFrom || change.isCancelled || this.#closed) return;
    change.isCancelled = true;
    this.#timer?.cancel();
    const { clock, layer } = this.#dialog.core;
    layer.cancel(transaction);
    this.#timer = clock.after(PATIENCE_MS, () => transaction.giveUp());
  }

  #aborted(change: Change): void {
    this.#settle(change, () => change.reject(change.signal.reason));
    const index = this.#queue.indexOf(change);
    if (index !== -1) this.#queue.splice(index, 1);
    else if (this.#inFlight === undefined) this.#release();
    else this.#cancel(change);
  }

  /** A 2xx. Answers the ACK, to be repeated with it; undefined for UPDATE. */
  #accepted(change: Change, response: SipResponse, sent: RequestSent, offer: string | undefined): WrittenRequest | undefined {
    const dialog = this.#dialog;
    const isInvite = change.method === 'INVITE';
    const remoteSdp = sdpOf(response);
    const { phase, sessionTimer } = dialog.state;
    dialog.state = {
      ...refreshTarget(dialog.state, response),
      openOffer: 'none',
      ...(phase === 'confirmed' && { sessionTimer: timerOfAnswer(response.headers, sessionTimer?.smallestMs, dialog.core.clock.now()) }),
    };
    const asked = isInvite && offer === undefined;
    const answer = asked && remoteSdp !== undefined && !this.#closed ? this.#owner.describe(remoteSdp) : undefined;
    const localSdp = asked ? answer : offer;
    const ack = isInvite ? dialog.acknowledge(sent, asked && remoteSdp ? (answer ?? refusingAnswer(remoteSdp)) : undefined) : undefined;
    if (remoteSdp !== undefined && localSdp !== undefined) dialog.state = { ...dialog.state, localSdp, remoteSdp };
    if (this.#closed) return ack;
    const wanted = isInvite || offer !== undefined;
    const abandoned = change.settled;
    if (wanted && (remoteSdp === undefined || localSdp === undefined)) {
      this.#settle(change, () => change.reject(new RequestFailure('refused', 'The session could not be agreed on', response.status)));
    } else this.#settle(change, () => change.resolve(remoteSdp));
    this.#release();
    this.#owner.changed();
    if (abandoned && offer !== undefined && remoteSdp !== undefined) this.#owner.answered(remoteSdp);
    if (asked && answer === undefined) this.#owner.hangUp('The offer cannot be taken');
    return ack;
  }

  #refused(change: Change, { status, reason, headers }: SipResponse): void {
    this.#stopWaiting();
    if (this.#closed) return;
    const { state } = this.#dialog;
    if (status === 422 && state.sessionTimer && !change.lengthened && !change.settled) {
      change.lengthened = true;
      this.#dialog.state = { ...state, sessionTimer: lengthened(state.sessionTimer, headers) };
      this.#send(change);
      return;
    }
    // RFC 3261 section 14.1 and RFC 3311 section 5.3: try again, unless nobody wants it any more.
    const againMs = this.#againMs(status, headers);
    if (againMs !== undefined && !change.settled && change.glares < MAX_GLARES) {
      change.glares++;
      this.#timer = this.#dialog.core.clock.after(againMs, () => {
        this.#current = undefined;
        this.#queue.unshift(change);
        this.next();
      });
      return;
    }
    this.#settle(change, () => change.reject(new RequestFailure('refused', reason, status)));
    this.#release();
    if (status === 408 || status === 481) this.#owner.lost(status, reason);
  }

  #unanswered(change: Change, why: 'timeout' | 'transport'): void {
    this.#stopWaiting();
    if (this.#closed) return;
    this.#settle(change, () => change.reject(new RequestFailure(why, 'The request was not answered')));
    this.#release();
    if (why === 'timeout') this.#owner.lost(408, 'The peer does not answer');
  }

  /**
   * When to try again: whoever made the Call-ID waits longer, so that the two do not collide again (RFC 3261 section 14.1). A 500 with
   * Retry-After comes from a peer that has an offer to answer first (RFC 3311 section 5.2).
   */
  #againMs(status: number, headers: HeaderList): number | undefined {
    const { random } = this.#dialog.core;
    if (status === 500) {
      const [, seconds] = /^(10|[0-9])(?![0-9])/.exec(headers.first('Retry-After') ?? '') ?? [];
      return seconds === undefined ? undefined : 1000 * Number(seconds);
    }
    if (status !== 491) return undefined;
    return this.#dialog.state.role === 'uac' ? 2_100 + 10 * random.below(191) : 10 * random.below(201);
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    this.#inFlight = undefined;
    this.#dialog.state = { ...this.#dialog.state, openOffer: 'none' };
  }

  #release(): void {
    this.#timer?.cancel();
    this.#inFlight = undefined;
    this.#current = undefined;
    this.next();
  }

  #settle(change: Change, settle: () => void): void {
    if (change.settled) return;
    change.settled = true;
    change.signal.removeEventListener('abort', change.onAbort);
    settle();
  }
}

function over(): RequestFailure {
  return new RequestFailure('ended', 'The dialog is over');
}
