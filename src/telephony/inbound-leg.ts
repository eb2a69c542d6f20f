import { Leg, type LegParts } from './leg.ts';
import type { LegEnd } from './port.ts';
import type { Dialog } from './sip/dialog.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import { forwardsAfter, readMaxForwards } from './sip/max-forwards.ts';

const noOffer: LegEnd = { why: 'failed', sip: 488, reason: 'The offer has no audio that we support' };

/** A leg that somebody places to us: answered with the INVITE that came for it. */
export class InboundLeg extends Leg {
  readonly direction = 'inbound';
  protected readonly peerHungUp = 'caller-hung-up';
  protected readonly givenUp: LegEnd = { why: 'rejected', sip: 480 };
  readonly #invite: IncomingInvite;

  constructor(parts: LegParts, invite: IncomingInvite) {
    super(parts);
    this.#invite = invite;
  }

  /** Max-Forwards of an INVITE that is sent for this call; undefined: none may be. */
  get forwardsLeft(): number | undefined {
    return forwardsAfter(readMaxForwards(this.#invite.headers));
  }

  /** Answers the call. `over`: why it is over already, in which case that is told and nothing else happens. */
  answer(over: LegEnd | undefined): void {
    this.parts.events.sent(this.#invite.callId);
    if (over) this.finish(over);
    else void this.#answer();
  }

  /** The caller has given up before the answer, or could not be answered. */
  gone(end: LegEnd): void {
    this.finish(this.ending ?? end);
  }

  protected giveUp(): void {
    const { sip = 480 } = this.givenUp;
    this.#invite.reject(sip);
    this.finish(this.ending ?? this.givenUp);
  }

  async #answer(): Promise<void> {
    const { sdp: offer } = this.#invite;
    const { media } = this.parts;
    const description = offer === undefined ? media.offerTo(this.#invite.source.address) : media.offered(offer);
    if (description === undefined) {
      this.#invite.reject(488);
      this.finish(noOffer);
      return;
    }
    let dialog: Dialog;
    try {
      dialog = await this.#invite.answer(description);
    } catch {
      // The INVITE has ended while it waited for the PRACK to our ringing, and that has been told.
      return;
    }
    if (!this.adopt(dialog)) return;
    if (offer === undefined) this.#awaitAnswer(dialog);
    else this.up(dialog);
  }

  /** Our offer went out in the 2xx: its ACK has to bring the answer (RFC 3261 section 13.2.1). */
  #awaitAnswer(dialog: Dialog): void {
    dialog.onAnswer = (answer) => {
      if (this.parts.media.answered(answer)) this.up(dialog);
    };
    // The ACK has come, and nothing in it has brought the call up.
    dialog.onChanged = () => this.noAudio();
  }
}
