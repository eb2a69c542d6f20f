import type { Timer } from '../../kernel/clock.ts';
import { type Random, randomHex } from '../../kernel/random.ts';
import { addressOfUri } from './address-of-uri.ts';
import { ChallengeAnswers } from './challenge-answers.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { ABILITIES, type SipCore, type SipCredentials } from './core.ts';
import { Dialog } from './dialog.ts';
import { confirmedBy, type InviteSent, stateOfResponse, tagOf } from './dialog-state.ts';
import { HeaderList } from './header-list.ts';
import { emptyBody, type SipRequest, type SipResponse } from './message.ts';
import { isNextProvisional, reliableNumber } from './provisional-receipt.ts';
import { Redirection, type RedirectPolicy } from './redirection.ts';
import { retryAfterMs } from './retry-after.ts';
import { refusingAnswer, sdpOf } from './session-description.ts';
import { smallestIntervalOf } from './session-expires.ts';
import { firstTimerHeaders, timerOfAnswer } from './session-timer.ts';
import { PATIENCE_MS } from './transaction-step.ts';
import type { Hop, WrittenRequest } from './transport.ts';

export interface OutgoingInviteRequest {
  /** The next hop. */
  readonly to: Hop;
  /** Where the INVITE is sent when that one fails before the callee is alerted, in order (RFC 3263 section 4.3). */
  readonly otherwise?: readonly Hop[];
  readonly requestUri: string;
  /** URIs of From and To. */
  readonly from: string;
  readonly toUri: string;
  /** The SDP offer; or, to ask the callee for its offer, what answers that one: undefined to refuse it, which ends the call. */
  readonly offer: string | ((offer: string) => string | undefined);
  /** For 401 and 407 to the INVITE and the BYE. */
  readonly credentials?: SipCredentials;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Which redirections are followed; absent: none, and a 3xx ends the call. */
  readonly redirects?: RedirectPolicy;
}

/** How an INVITE failed. `status` is that of the final response, when there was one. */
export interface InviteFailure {
  readonly why: 'response' | 'timeout' | 'transport' | 'cancelled';
  readonly status?: number;
  readonly reason: string;
  /** How long the peer asks not to be called again. */
  readonly retryAfterMs?: number;
}

/** What happens to an INVITE. `answered` or `failed` comes exactly once and last. */
export interface InviteEvents {
  /** The INVITE has left. */
  sent(callId: string): void;
  /** The hop has failed before anything came of it, and the INVITE goes to the next. */
  triesNext?(): void;
  /** A provisional response. A repeated reliable one is not told. `dialog` is the early dialog that it belongs to, when it made one. */
  provisional(status: number, reason: string, sdp: string | undefined, dialog?: Dialog): void;
  /** A 2xx came and its ACK has left. `sdp` is the callee's answer, or its offer when the INVITE had none. Without SDP in it there is nothing to talk with: hang up. */
  answered(dialog: Dialog, sdp: string | undefined): void;
  failed(failure: InviteFailure): void;
}

/** An INVITE that is on its way. */
export interface OutgoingInvite {
  readonly callId: string;
  /**
   * Gives the call up. CANCEL leaves once the peer has shown itself by a provisional response (RFC 3261 section 9.1); when nothing
   * came so far, `failed` is called at once. A 2xx that crosses the CANCEL is acknowledged and followed by BYE. Idempotent.
   */
  cancel(): void;
}

const cannotTake: InviteFailure = { why: 'response', status: 488, reason: 'The offer of the callee cannot be taken' };

/** Most forks of one INVITE that are kept apart; a peer that sends more gets no answer to them. */
const MAX_FORKS = 16;

/** What the INVITEs of one call have in common, whichever hop they go to. */
export interface CallIdentity {
  readonly callId: string;
  readonly localTag: string;
}

export function newCallIdentity(random: Random): CallIdentity {
  return { callId: randomHex(random, 16), localTag: randomHex(random, 8) };
}

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

class InviteAttempt implements OutgoingInvite {
  readonly callId: string;
  readonly #core: SipCore;
  readonly #credentials: SipCredentials | undefined;
  readonly #answers: ChallengeAnswers | undefined;
  readonly #redirection: Redirection | undefined;
  /** What forked and repeated 2xx still need after the outcome, small enough to be kept for timer M. */
  #sent: InviteSent;
  readonly #asksForOffer: boolean;
  readonly #early = new Map<string, Dialog>();
  readonly #acks = new Map<string, WrittenRequest>();
  #authorization: readonly (readonly [string, string])[] = [];
  /** Both are dropped with the outcome. */
  #request: OutgoingInviteRequest | undefined;
  #events: InviteEvents | undefined;
  #transaction: ClientTransaction | undefined;
  /** The session interval that a 422 asked for, which is obeyed once. */
  #smallestMs: number | undefined;
  #heardFrom = false;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';
  #patience: Timer | undefined;

  constructor(core: SipCore, request: OutgoingInviteRequest, events: InviteEvents, { callId, localTag }: CallIdentity) {
    this.#core = core;
    this.#request = request;
    this.#events = events;
    this.#credentials = request.credentials;
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
      const contact = this.#core.transport.contact(userOf(request.from), request.to.transport);
      this.#sent = { ...this.#sent, cSeq: this.#sent.cSeq + 1, contact };
      this.#authorization = this.#answers?.headersFor('INVITE', request.requestUri) ?? [];
      const invite = inviteRequest(request, this.#sent, this.#core.product, [
        ...firstTimerHeaders(this.#smallestMs),
        ...this.#authorization,
      ]);
      this.#transaction = this.#core.layer.send(invite, request.to, {
        response: (response) => this.#response(response),
        failed: (why) => this.#unanswered(why),
      });
    } catch (error) {
      this.#fail({ why: 'transport', reason: error instanceof Error ? error.message : 'The INVITE could not be sent' });
      return;
    }
    if (this.#sent.cSeq === 1) this.#events?.sent(this.callId);
  }

  cancel(): void {
    if (this.#cancel !== 'no' || !this.#events) return;
    this.#cancel = 'wanted';
    if (this.#heardFrom) this.#sendCancel();
    else {
      this.#transaction?.fallSilent();
      this.#fail({ why: 'cancelled', reason: 'Cancelled before any response' });
    }
  }

  #sendCancel(): void {
    const transaction = this.#transaction;
    if (!transaction || this.#cancel !== 'wanted') return;
    this.#cancel = 'sent';
    this.#core.layer.cancel(transaction);
    this.#patience = this.#core.clock.after(PATIENCE_MS, () => transaction.giveUp());
  }

  #response(response: SipResponse): void {
    if (response.status < 200) this.#provisional(response);
    else if (response.status < 300) this.#accepted(response);
    else this.#refused(response);
  }

  #provisional(response: SipResponse): void {
    this.#heardFrom = true;
    if (this.#cancel !== 'no') {
      this.#sendCancel();
      return;
    }
    const tag = tagOf(response.headers.first('To'));
    const dialog = response.status > 100 && tag !== undefined ? this.#earlyDialog(tag, response) : undefined;
    const rSeq = reliableNumber(response);
    const sdp = sdpOf(response);
    if (rSeq !== undefined && !(dialog && this.#receipt(dialog, rSeq, sdp))) return;
    this.#events?.provisional(response.status, response.reason, sdp, dialog);
  }

  #earlyDialog(tag: string, response: SipResponse): Dialog | undefined {
    const known = this.#early.get(tag);
    if (known || this.#early.size >= MAX_FORKS) return known;
    const dialog = this.#newDialog(response, sdpOf(response));
    this.#early.set(tag, dialog);
    dialog.onEnded(() => this.#forkGone(tag));
    return dialog;
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

  /** The callee said BYE before its 2xx. When no other fork rings, there is nothing left to wait for. */
  #forkGone(tag: string): void {
    if (!this.#early.delete(tag) || this.#early.size > 0 || !this.#events) return;
    this.#cancel = 'wanted';
    this.#sendCancel();
    this.#fail({ why: 'response', status: 487, reason: 'The callee hung up before it answered' });
  }

  #accepted(response: SipResponse): void {
    this.#patience?.cancel();
    const tag = tagOf(response.headers.first('To')) ?? '';
    const acknowledged = this.#acks.get(tag);
    if (acknowledged) {
      this.#core.layer.sendAck(acknowledged);
      return;
    }
    if (this.#acks.size >= MAX_FORKS) return;
    const dialog = this.#confirmed(tag, response);
    dialog.limit(timerOfAnswer(response.headers, this.#smallestMs, this.#core.clock.now()));
    // What a reliable provisional response has agreed on holds, whatever the 2xx says (RFC 6337 section 3.1.1).
    const sdp = dialog.state.provisional?.agreed ? undefined : sdpOf(response);
    const events = this.#events;
    const wanted = events !== undefined && this.#cancel === 'no';
    const answer = this.#answerLate(dialog, sdp, wanted);
    this.#acks.set(
      tag,
      dialog.acknowledge(this.#sent.cSeq, this.#authorization, answer ?? (this.#asksForOffer && sdp ? refusingAnswer(sdp) : undefined)),
    );
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
    this.#dropEarly();
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
    this.#request = { ...request, to: target.hop, requestUri: target.uri };
    this.#sent = { ...this.#sent, hop: target.hop, requestUri: target.uri };
    this.send();
  }

  #refusedForGood(response: SipResponse): void {
    const { status, reason } = response;
    const waitMs = retryAfterMs(response.headers);
    const why = this.#cancel === 'no' ? 'response' : 'cancelled';
    this.#fail({ why, status, reason, ...(waitMs !== undefined && { retryAfterMs: waitMs }) });
  }

  #unanswered(why: 'timeout' | 'transport'): void {
    this.#patience?.cancel();
    if (this.#cancel !== 'no') this.#fail({ why: 'cancelled', reason: 'Cancelled; the peer did not confirm it' });
    else if (why === 'timeout') this.#fail({ why, reason: 'No response' });
    else this.#fail({ why, reason: 'The INVITE could not be sent' });
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
    this.#dropEarly();
  }

  #dropEarly(): void {
    for (const dialog of this.#early.values()) dialog.drop();
    this.#early.clear();
  }

  #confirmed(tag: string, response: SipResponse): Dialog {
    const sdp = sdpOf(response);
    const early = this.#early.get(tag);
    if (!early) return this.#newDialog(response, sdp);
    this.#early.delete(tag);
    early.confirm(confirmedBy(early.state, stateOfResponse(this.#sent, response, sdp)));
    return early;
  }

  #newDialog(response: SipResponse, sdp: string | undefined): Dialog {
    return new Dialog(this.#core, stateOfResponse(this.#sent, response, sdp), this.#credentials);
  }
}

/** The user part of a URI as written; '' when it has none. */
function userOf(uri: string): string {
  const at = uri.indexOf('@');
  return at === -1 ? '' : uri.slice(uri.indexOf(':') + 1, at);
}

function inviteRequest(
  request: OutgoingInviteRequest,
  sent: InviteSent,
  product: string,
  more: readonly (readonly [string, string])[],
): SipRequest {
  const headers = new HeaderList();
  headers.add('Max-Forwards', '70');
  headers.add('From', `${addressOfUri(request.from)};tag=${sent.localTag}`);
  headers.add('To', addressOfUri(request.toUri));
  headers.add('Call-ID', sent.callId);
  headers.add('CSeq', `${sent.cSeq} INVITE`);
  headers.add('Contact', addressOfUri(sent.contact));
  for (const [name, value] of ABILITIES) headers.add(name, value);
  headers.add('User-Agent', product);
  for (const [name, value] of request.headers ?? []) headers.add(name, value);
  for (const [name, value] of more) headers.add(name, value);
  if (sent.offer !== undefined) headers.add('Content-Type', 'application/sdp');
  const body = sent.offer === undefined ? emptyBody : Buffer.from(sent.offer);
  return { kind: 'request', method: 'INVITE', uri: request.requestUri, headers, body };
}
