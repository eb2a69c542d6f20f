import type { Endpoint } from '../../wire/wire.ts';
import type { RtpHeader } from '../rtp/packet.ts';

/** A sender that has to prove itself: counts its packets in sequence, of one source from one endpoint. Its objects are not kept. */
export class Candidate {
  #address = '';
  #port = 0;
  #ssrc = 0;
  #nextSequence = 0;
  #packets = 0;

  /** Packets in a row so far. */
  get packets(): number {
    return this.#packets;
  }

  /** One more packet came. Answers how many it makes in a row; one from elsewhere, of another source or out of sequence begins anew. */
  add({ address, port }: Endpoint, { ssrc, sequence }: RtpHeader): number {
    const goesOn = this.#nextSequence === sequence && this.#ssrc === ssrc && this.#port === port && this.#address === address;
    this.#packets = goesOn ? this.#packets + 1 : 1;
    this.#address = address;
    this.#port = port;
    this.#ssrc = ssrc;
    this.#nextSequence = (sequence + 1) & 0xffff;
    return this.#packets;
  }

  forget(): void {
    this.#packets = 0;
    // No port has this number.
    this.#port = -1;
  }
}
