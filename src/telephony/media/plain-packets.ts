import { newRtpHeader, readRtpHeader } from '../rtp/packet.ts';
import { readRtcp } from '../rtp/rtcp-packet.ts';
import { isRtcp } from '../rtp/srtcp-packet.ts';
import { codecOf } from './agreed-codec.ts';
import type { AgreedMedia } from './media-port.ts';

/** A telephone-event (RFC 4733 section 2.3), and comfort noise as phones send it: how loud, and nothing of how it sounds (RFC 3389). */
const EVENT_BYTES = 4;
const NOISE_BYTES = 1;
/** Codecs of 8 bytes a millisecond are cut into frames of 5 ms at least; the tags of SRTP have 4 or 10 bytes. */
const FRAME_BYTES = 40;

/**
 * Which of the packets that SRTP has refused were in clear: nothing in a packet says so, but what was encrypted is longer by its tag, and
 * looks like chance.
 */
export class PlainPackets {
  readonly #header = newRtpHeader();
  #count = 0;
  /** How the last packet of Opus began, and of which source it was. */
  #opening = -1;
  #ssrc = 0;

  get count(): number {
    return this.#count;
  }

  /** SRTP has refused a packet. Answers whether it was in clear. */
  refused(bytes: Uint8Array, agreed: AgreedMedia | undefined): boolean {
    const isPlain = agreed !== undefined && (isRtcp(bytes) ? readRtcp(bytes) !== undefined : this.#isPlainRtp(bytes, agreed));
    if (isPlain) this.#count++;
    return isPlain;
  }

  #isPlainRtp(bytes: Uint8Array, agreed: AgreedMedia): boolean {
    const header = this.#header;
    if (!readRtpHeader(bytes, header)) return false;
    const length = header.payloadEnd - header.payloadStart;
    const codec = codecOf(header.payloadType, agreed);
    switch (codec) {
      case undefined:
        return false;
      case 'telephone-event':
        return length === EVENT_BYTES;
      case 'CN':
        return length === NOISE_BYTES;
      case 'PCMU':
      case 'PCMA':
      case 'G722':
        return length > 0 && length % FRAME_BYTES === 0;
      case 'opus':
        return this.#opensAsBefore(bytes[header.payloadStart] ?? -1, header.ssrc);
    }
  }

  /** Opus has no lengths, but its packets mostly begin with the same byte as the one before (RFC 6716 section 3.1). */
  #opensAsBefore(opening: number, ssrc: number): boolean {
    const isSame = opening === this.#opening && ssrc === this.#ssrc;
    this.#opening = opening;
    this.#ssrc = ssrc;
    return isSame;
  }
}
