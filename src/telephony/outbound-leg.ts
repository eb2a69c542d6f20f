import type { Timer } from '../kernel/clock.ts';
import { causeOfStatus } from './failure-cause.ts';
import { Leg, type LegParts } from './leg.ts';
import type { Negotiation } from './negotiation.ts';
import type { LegEnd } from './port.ts';
import type { Dialog } from './sip/dialog.ts';
import { WITHDRAWAL_MS } from './sip/invite-failover.ts';
import {
  COMPLETED_ELSEWHERE,
  type InviteEvents,
  type InviteFailure,
  type OutgoingInvite,
  REQUEST_TERMINATED,
} from './sip/outgoing-invite.ts';

const noWord: LegEnd = { why: 'unreachable', sip: 408, reason: 'No response' };
const nothingRang: LegEnd = { why: 'unreachable', sip: 408, reason: 'Nothing rang in time' };
const noAnswer: LegEnd = { why: 'no-answer', sip: 487, reason: 'Nobody answered in time' };

/** Why a call was not even sent that is placed for one which has come through too many systems (RFC 3261 section 21.4.21). */
export const noHopLeft: LegEnd = { why: 'failed', sip: 483, reason: 'The call has come through too many systems, or goes in a circle' };

/** How long the peer may take to confirm that it does not ring any more. SIP would wait 32 seconds for one that is gone. */
const FAREWELL_MS = 2000;

/** What a peer says that cannot have the session as it was offered (RFC 3261 section 21.4.26). */
const NOT_ACCEPTABLE_HERE = 488;

export interface OutboundParts extends LegParts {
  /** Max-Forwards of its INVITE; undefined: none may be sent. */
  readonly forwardsLeft: number | undefined;
  readonly ringTimeoutMs: number;
  /** How long the peer may take to answer anything at all; absent: as long as SIP waits. */
  readonly responseTimeoutMs?: number;
  /** How long the peer may take after a 100 to say more; absent: as long as it may ring. */
  readonly progressTimeoutMs?: number;
  /** Sends another INVITE for the leg, with what is offered now, and attaches it; absent: there is only one. */
  readonly inviteAgain?: () => void;
}

/** A leg that we place: moved by the INVITE that was sent for it. */
export class OutboundLeg extends Leg implements InviteEvents {
  readonly direction = 'outbound';
  /** Max-Forwards of its INVITE, and of one that is sent for this call. */
  readonly forwardsLeft: number | undefined;
  protected readonly peerHungUp = 'callee-hung-up';
  protected readonly givenUp: LegEnd = { why: 'cancelled', sip: 487 };
  readonly #ringTimeoutMs: number;
  readonly #responseTimeoutMs: number | undefined;
  readonly #progressTimeoutMs: number | undefined;
  readonly #inviteAgain: (() => void) | undefined;
  #hasRung = false;
  #hasEarlyMedia = false;
  /** What each early dialog has agreed on. */
  readonly #early = new Map<Dialog, Negotiation>();
  #invite: OutgoingInvite | undefined;
  #ringTimer: Timer | undefined;
  #responseTimer: Timer | undefined;
  #progressTimer: Timer | undefined;
  #farewellTimer: Timer | undefined;
  readonly #searching = new AbortController();
  /** Whether the peer has answered anything at all to the INVITE. */
  #heardFrom = false;
  /** Whether the INVITE is withdrawn for somebody else to be called, unless somebody notices it after all. */
  #withdrawing = false;

  constructor({ forwardsLeft, ringTimeoutMs, responseTimeoutMs, progressTimeoutMs, inviteAgain, ...parts }: OutboundParts) {
    super(parts);
    this.forwardsLeft = forwardsLeft;
    this.#ringTimeoutMs = ringTimeoutMs;
    this.#responseTimeoutMs = responseTimeoutMs;
    this.#progressTimeoutMs = progressTimeoutMs;
    this.#inviteAgain = inviteAgain;
  }

  get #cancelReason(): string | undefined {
    return this.answeredElsewhere ? COMPLETED_ELSEWHERE : undefined;
  }

  /** Hands over the INVITE that was sent for this leg. It is not sent at all for one that hangs up, see `hangingUp`. */
  attach(invite: OutgoingInvite): void {
    this.#invite = invite;
    if (this.ended) return;
    const { clock } = this.parts;
    this.#ringTimer = clock.after(this.#ringTimeoutMs, () => {
      if (this.#hasRung) this.stop(noAnswer);
      else if (!this.#heardFrom) this.stop(noWord);
      else if (this.#progressTimeoutMs === undefined) this.stop(nothingRang);
      else this.#withdraw();
    });
  }

  /** The call could not even be sent. */
  fail(end: LegEnd): void {
    this.finish(this.ending ?? end);
  }

  /** Aborted when somebody hangs up before the INVITE has left: what it waits for is not wanted any more. */
  get searching(): AbortSignal {
    return this.#searching.signal;
  }

  /** Whether somebody hung up before the INVITE left. */
  get hangingUp(): boolean {
    return this.ending !== undefined;
  }

  sent(callId: string): void {
    this.parts.events.sent(callId);
  }

  /** Each server gets the same time to say something, and gets it again for an INVITE with credentials. */
  handedOver(): void {
    this.#responseTimer?.cancel();
    this.#stopProgressTimer();
    if (this.#responseTimeoutMs === undefined || this.ended || this.ending) return;
    this.#responseTimer = this.parts.clock.after(this.#responseTimeoutMs, () => this.stop(noWord));
  }

  heard(): void {
    this.#responseTimer?.cancel();
  }

  triesNext(): void {
    this.#responseTimer?.cancel();
    this.#stopProgressTimer();
  }

  provisional(status: number, _reason: string, sdp: string | undefined, dialog?: Dialog, isBeside = false): void {
    if (this.ended || this.ending) return;
    this.#heardFrom = true;
    const isDescribed = this.#described(sdp, dialog, isBeside);
    if (status > 100) {
      this.#hasRung = true;
      this.#stopProgressTimer();
      this.parts.events.ringing(status);
    } else this.#awaitProgress();
    if (isDescribed && !isBeside && !this.#hasEarlyMedia) {
      this.#hasEarlyMedia = true;
      this.parts.events.earlyMedia?.(this);
    }
  }

  answered(dialog: Dialog, sdp: string | undefined): void {
    this.#cancelTimers();
    this.#withdrawing = false;
    if (!this.adopt(dialog)) return;
    const { media } = this.parts;
    const settled = this.#early.get(dialog) ?? media.early();
    this.#early.clear();
    media.settle(settled);
    // A 2xx without SDP means that what a reliable provisional response of this very dialog has agreed on holds (RFC 6337 section 3.1).
    const agreed = sdp === undefined ? settled.agreed !== undefined : media.answered(sdp);
    if (agreed) this.up(dialog);
    else this.noAudio();
  }

  failed(failure: InviteFailure): void {
    if (this.#withdrawing && !this.ending) {
      this.finish(this.#endOfWithdrawn(failure));
      return;
    }
    // Nobody has noticed the call yet, so it may be placed once more.
    const offer =
      this.#inviteAgain && failure.status === NOT_ACCEPTABLE_HERE && !this.#hasRung && !this.ending
        ? this.parts.media.secureOffer()
        : undefined;
    if (offer !== undefined) {
      this.#cancelTimers();
      this.#invite = undefined;
      this.#inviteAgain?.();
      return;
    }
    this.finish(this.ending ?? endOfFailure(failure, this.#hasRung));
  }

  protected giveUp(): void {
    this.#cancelTimers();
    this.#searching.abort(new Error('The call is given up'));
    this.#invite?.cancel(this.#cancelReason);
    if (this.ended) return;
    this.#farewellTimer = this.parts.clock.after(FAREWELL_MS, () => this.finish(this.ending ?? this.givenUp));
  }

  protected override finish(end: LegEnd): void {
    this.#cancelTimers();
    super.finish(end);
  }

  /** Takes what a provisional response describes, in its own dialog. Answers whether it is audio that we can take. */
  #described(sdp: string | undefined, dialog: Dialog | undefined, isBeside: boolean): boolean {
    const { media } = this.parts;
    if (!dialog) {
      if (sdp === undefined || isBeside || !media.answered(sdp)) return false;
      media.hear();
      return true;
    }
    const early = this.#early.get(dialog) ?? this.#watchEarly(dialog);
    if (sdp === undefined || !early.answered(sdp)) return false;
    if (!isBeside) media.hear(early);
    return true;
  }

  /** Whoever of several is going to answer may change its session until then. */
  #watchEarly(dialog: Dialog): Negotiation {
    const { media } = this.parts;
    const early = media.early();
    this.#early.set(dialog, early);
    dialog.onReinvite = (offer) => (offer === undefined ? undefined : early.offered(offer));
    dialog.onDigit = (digit) => {
      if (media.isHeard(early)) media.stream.pressed(digit);
    };
    return early;
  }

  #awaitProgress(): void {
    if (this.#progressTimeoutMs === undefined || this.#hasRung || this.#withdrawing) return;
    this.#progressTimer ??= this.parts.clock.after(this.#progressTimeoutMs, () => this.#withdraw());
  }

  #stopProgressTimer(): void {
    this.#progressTimer?.cancel();
    this.#progressTimer = undefined;
  }

  /** Nothing has rung so far. */
  #withdraw(): void {
    if (this.ended || this.ending || this.#withdrawing) return;
    this.#cancelTimers();
    this.#withdrawing = true;
    this.#farewellTimer = this.parts.clock.after(WITHDRAWAL_MS, () => {
      this.#invite?.cancel();
      this.finish(this.#hasRung ? noAnswer : nothingRang);
    });
    this.#invite?.withdraw();
  }

  /** A refusal that has crossed the CANCEL is worth more than our reason for it. */
  #endOfWithdrawn(failure: InviteFailure): LegEnd {
    const { status } = failure;
    const refused = status !== undefined && status !== REQUEST_TERMINATED;
    if (refused) return endOfFailure({ ...failure, why: 'response' }, this.#hasRung);
    return this.#hasRung ? noAnswer : nothingRang;
  }

  #cancelTimers(): void {
    this.#stopProgressTimer();
    this.#ringTimer?.cancel();
    this.#responseTimer?.cancel();
    this.#farewellTimer?.cancel();
  }
}

function endOfFailure(failure: InviteFailure, hasRung: boolean): LegEnd {
  switch (failure.why) {
    case 'response': {
      const sip = failure.status ?? 500;
      const { reason, retryAfterMs } = failure;
      return { why: causeOfStatus(sip, hasRung), sip, reason, isPeersWord: true, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    case 'timeout':
      return { why: 'unreachable', sip: 408, reason: failure.reason };
    case 'transport':
      return { why: 'unreachable', sip: 503, reason: failure.reason };
    case 'cancelled':
      return { why: 'cancelled', sip: 487, reason: failure.reason };
  }
}
