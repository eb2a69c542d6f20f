import type { AgreedMedia, InbandDigitsPolicy, MediaStream, RtpSourcePolicy } from './media/media-port.ts';
import { Negotiation } from './negotiation.ts';
import type { Offer } from './sdp/negotiate.ts';
import type { LocalSrtp } from './sdp/srtp-offer.ts';
import type { DigitTransport } from './told-digits.ts';

/** How a leg hears and sends, besides what it offers. */
export interface LegMediaRules {
  /** Whether digits are looked for in the audio; absent: when telephone-event was not agreed on. */
  readonly inbandDigits?: InbandDigitsPolicy;
  /** Whose packets are the peer's; absent: latch. */
  readonly rtpSource?: RtpSourcePolicy;
  /** How digits are sent; absent: in the stream. */
  readonly digits?: DigitTransport;
  /** New keys of ours, for a description that goes to another party; absent: there are no keys. */
  readonly newSrtp?: () => LocalSrtp | undefined;
}

/**
 * The one stream of a leg, and the offers and answers that it follows: those of its dialog, or, before the answer, of the early dialog that is
 * heard. What is described here is what the method of the same name of a negotiation says.
 */
export class LegMedia {
  readonly stream: MediaStream;
  readonly #inbandDigits: InbandDigitsPolicy;
  readonly #rtpSource: RtpSourcePolicy;
  #tellsDigits: boolean;
  /** Of the dialog; until there is one, of the INVITE and whatever answers it without making a dialog. */
  #own: Negotiation;
  /** The one that the stream follows. */
  #heard: Negotiation;
  #agreed: AgreedMedia | undefined;
  #insistsOnKeys = false;
  /** Whether the stream goes over to another party with what is agreed on next. */
  #isAnother = false;
  /** Called when `peerHolds` has changed. */
  onPeerHolds: (() => void) | undefined;

  /** `local` is the first offer; offers and answers follow the family of the peer's address. */
  constructor(
    stream: MediaStream,
    local: Offer,
    { inbandDigits = 'fallback', rtpSource = 'latch', digits = 'rtp', newSrtp = () => undefined }: LegMediaRules = {},
  ) {
    this.stream = stream;
    this.#inbandDigits = inbandDigits;
    this.#rtpSource = rtpSource;
    this.#tellsDigits = digits === 'info';
    this.#own = new Negotiation({
      local,
      newSrtp,
      onAgreed: (by) => {
        if (by === this.#heard) this.#follow();
      },
    });
    this.#heard = this.#own;
  }

  /** Whether digits are told to the peer beside the stream. */
  get tellsDigits(): boolean {
    return this.#tellsDigits;
  }

  /** The peer takes no digits beside the stream: those of a bridge are sent in it from now on. */
  sendDigitsInStream(): void {
    this.#tellsDigits = false;
    this.#follow();
  }

  /** Whether the peer wants to hear nothing from us, as agreed on. */
  get peerHolds(): boolean {
    const direction = this.#agreed?.direction;
    return direction === 'recvonly' || direction === 'inactive';
  }

  /** What the stream follows. */
  get agreed(): AgreedMedia | undefined {
    return this.#agreed;
  }

  /** Our address, as it was written last. */
  get address(): string {
    return this.#own.address;
  }

  offer(holds?: boolean): string {
    return this.#own.offer(holds);
  }

  offerToAnother(): string {
    return this.#own.offerToAnother();
  }

  offerTo(address: string): string {
    return this.#own.offerTo(address);
  }

  secureOffer(): string | undefined {
    return this.#own.secureOffer();
  }

  secureOfferTo(address: string): string | undefined {
    return this.#own.secureOfferTo(address);
  }

  /** There is no call without keys, whoever answers. */
  insistOnKeys(): void {
    this.#insistsOnKeys = true;
  }

  answered(sdp: string): boolean {
    return this.#own.answered(sdp);
  }

  offered(sdp: string, fromAnother = false): string | undefined {
    return this.#own.offered(sdp, fromAnother);
  }

  takes(sdp: string): boolean {
    return this.#own.takes(sdp);
  }

  /** What another early dialog of the INVITE agrees on. The stream follows it when it is to be heard, or to be the one that counts. */
  early(): Negotiation {
    return this.#own.another();
  }

  isHeard(early: Negotiation): boolean {
    return this.#heard === early;
  }

  /** The stream follows this early dialog for now; undefined: what has come without a dialog. */
  hear(early: Negotiation = this.#own): void {
    if (this.#heard === early) return;
    this.#heard = early;
    this.#isAnother = this.#agreed !== undefined;
    this.#follow();
  }

  /** This early dialog is answered: only what it has agreed on counts, and goes on. */
  settle(early: Negotiation): void {
    if (this.#insistsOnKeys) early.insistOnKeys();
    this.#own = early;
    this.hear(early);
  }

  #follow(): void {
    const { agreed: media } = this.#heard;
    if (!media) return;
    const listens = this.#inbandDigits === 'always' || (this.#inbandDigits === 'fallback' && media.telephoneEvent === undefined);
    const agreed = {
      ...media,
      rtpSource: this.#rtpSource,
      ...(listens && { inbandDigits: true }),
      ...(this.#tellsDigits && { digitsBeside: true }),
    };
    const heldBefore = this.peerHolds;
    this.#agreed = agreed;
    this.stream.start(this.#isAnother ? { ...agreed, isAnother: true } : agreed);
    this.#isAnother = false;
    if (this.peerHolds !== heldBefore) this.onPeerHolds?.();
  }
}
