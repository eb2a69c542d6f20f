import type { AgreedMedia } from './media/media-port.ts';
import { answerOffer, localFor, type Offer, readAnswer, writeOffer } from './sdp/negotiate.ts';
import { SdpError } from './sdp/sdp-error.ts';
import type { LocalSrtp } from './sdp/srtp-offer.ts';
import { sameSession } from './sip/session-description.ts';

export interface NegotiationParts {
  /** The first offer; offers and answers follow the family of the peer's address. */
  readonly local: Offer;
  /** New keys of ours, for a description that goes to another party; absent: there are no keys. */
  readonly newSrtp: () => LocalSrtp | undefined;
  /** Called each time that something was agreed on. */
  readonly onAgreed: (by: Negotiation) => void;
}

/**
 * The offers and answers of one dialog (RFC 3264), and what they have agreed on last. An INVITE that makes several early dialogs has one for each,
 * of the same offer.
 */
export class Negotiation {
  readonly #parts: NegotiationParts;
  #local: Offer;
  /** Our description as it was sent last. */
  #sent: string | undefined;
  #agreed: AgreedMedia | undefined;
  /** Whether we hold the call, as agreed on. */
  #holds = false;

  constructor(parts: NegotiationParts) {
    this.#parts = parts;
    this.#local = parts.local;
  }

  /** That of another dialog, which begins where this one is. */
  another(): Negotiation {
    const other = new Negotiation({ ...this.#parts, local: this.#local });
    other.#sent = this.#sent;
    other.#agreed = this.#agreed;
    other.#holds = this.#holds;
    return other;
  }

  get agreed(): AgreedMedia | undefined {
    return this.#agreed;
  }

  /** Our address, as it was written last. */
  get address(): string {
    return this.#local.address;
  }

  /**
   * The text of an offer of all that we can, the codec of now first, whatever was agreed before: a hold by the peer does not outlive it (RFC 6337
   * section 5.3).
   * `holds` says whether we hold the call from now on, if the peer takes the offer; absent: as before.
   */
  offer(holds: boolean = this.#holds): string {
    return this.#describe({ ...this.#local, holds }, writeOffer);
  }

  /**
   * The text of an offer that may go to another party than the one we talk with. It has new keys: the rollover counter of ours has gone on, and
   * who comes new to SRTP begins with 0 (RFC 3711 section 3.3.1).
   */
  offerToAnother(): string {
    const { profile: _ofTheOther, ...local } = this.#local;
    this.#local = this.#withNewKeys(local);
    return this.offer();
  }

  /** The text of an offer to a peer whose signalling is at `address`. */
  offerTo(address: string): string {
    this.#local = localFor(address, this.#local);
    return this.offer();
  }

  /**
   * The text of another offer, as RTP/SAVP, for a peer that refuses RTP/AVP with keys since it has nothing but SRTP; undefined when that was not
   * what we offered. There is no call in clear then.
   */
  secureOffer(): string | undefined {
    const { srtp } = this.#local;
    if (srtp?.policy !== 'optional' || this.#agreed) return undefined;
    this.#local = { ...this.#local, srtp: { ...srtp, policy: 'required' } };
    return this.offer();
  }

  /** The same to one of several peers that are called at once: what the others are offered stays as it is. */
  secureOfferTo(address: string): string | undefined {
    const { srtp } = this.#local;
    if (srtp?.policy !== 'optional') return undefined;
    this.#local = localFor(address, { ...this.#local, srtp: { ...srtp, policy: 'required' } });
    const text = this.offer();
    this.#local = { ...this.#local, srtp };
    return text;
  }

  /** From now on there is no call without keys: what was agreed on without does not hold. */
  insistOnKeys(): void {
    const { srtp } = this.#local;
    if (!srtp) return;
    this.#local = { ...this.#local, srtp: { ...srtp, policy: 'required' } };
    if (!this.#agreed?.srtp) this.#agreed = undefined;
  }

  /** Takes the peer's answer to our offer. Answers false, and changes nothing, when there is no audio in it that we can take. */
  answered(sdp: string): boolean {
    try {
      this.#agree(readAnswer(this.#local, sdp));
      this.#holds = this.#local.holds === true;
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Takes an offer of the peer that changes the session: a hold, its end, another address (RFC 3264 section 8). Answers our answer, or
   * undefined when there is no audio in it that we can take; then everything goes on as before. `fromAnother` is whether the offer is of another
   * party than the one we talk with; a key that comes from elsewhere than the one before is. The answer then has new keys too.
   */
  offered(sdp: string, fromAnother = false): string | undefined {
    const before = this.#local;
    try {
      const local = { ...before, holds: this.#holds };
      const hasNewKeys = fromAnother || this.#isOfAnother(sdp, local);
      return this.#describe(hasNewKeys ? this.#withNewKeys(local) : local, (local) => {
        const { answer, agreed, profile } = answerOffer(sdp, local);
        this.#agree(agreed);
        // A peer that has nothing but SRTP, or feedback, would refuse a later offer of ours without.
        this.#local = { ...this.#local, profile };
        return answer;
      });
    } catch {
      this.#local = before;
      return undefined;
    }
  }

  /** Whether `offered` would answer the first offer of the peer. Changes nothing. */
  takes(sdp: string): boolean {
    try {
      answerOffer(sdp, this.#local);
      return true;
    } catch {
      return false;
    }
  }

  #isOfAnother(sdp: string, local: Offer): boolean {
    const old = this.#agreed;
    if (!old?.srtp) return false;
    const { srtp, remote } = answerOffer(sdp, local).agreed;
    if (!srtp || Buffer.compare(srtp.receive, old.srtp.receive) === 0) return false;
    return remote.address !== old.remote.address || remote.port !== old.remote.port;
  }

  #withNewKeys(local: Offer): Offer {
    const lines = local.srtp && this.#parts.newSrtp()?.lines;
    return local.srtp && lines ? { ...local, srtp: { ...local.srtp, lines } } : local;
  }

  /** A dialog that is encrypted stays so: nobody on the way can have it fall back. */
  #agree(media: AgreedMedia): void {
    if (this.#agreed?.srtp && !media.srtp) throw new SdpError('no-key', 'The call was encrypted and may not go on in clear');
    this.#agreed = { ...media, ...(this.#local.holds && { weHold: true }) };
    // Whom the call is joined with may talk in the same codec: a hold is to leave it as it is.
    this.#local = { ...localFor(media.remote.address, this.#local), firstCodec: media.codec };
    this.#parts.onAgreed(this);
  }

  /** The version goes up by one with each description that says something else than the one before (RFC 3264 section 8). */
  #describe(local: Offer, write: (local: Offer) => string): string {
    this.#local = local;
    if (this.#sent === undefined) {
      this.#sent = write(local);
      return this.#sent;
    }
    const next = { ...local, version: local.version + 1 };
    const text = write(next);
    if (sameSession(text, this.#sent)) return this.#sent;
    // Writing an answer may have turned to the other family of addresses.
    this.#local = { ...this.#local, version: next.version };
    this.#sent = text;
    return text;
  }
}
