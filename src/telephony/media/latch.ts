import type { Endpoint } from '../../wire/wire.ts';
import type { RtpHeader } from '../rtp/packet.ts';

/** Packets in a row, of one source, that a sender we were not told of must show. */
const PROOF_PACKETS = 4;

interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  nextSequence: number;
  packets: number;
}

/**
 * Symmetric RTP (RFC 4961): finds out where the peer's packets come from, sends there, and stays with it.
 *
 * The rule, once per remote endpoint of the SDP: the first valid packet from that very endpoint settles it. A peer behind NAT sends from
 * elsewhere; another sender is taken when it shows four valid packets of one source in sequence before anything has come from the
 * SDP's endpoint. Until then its packets are dropped, so a stray packet, or the tail of an old call on this port, can neither be heard
 * nor draw our audio away. Once settled, packets from anywhere else are dropped for good.
 */
export class Latch {
  #told: Endpoint | undefined;
  #target: Endpoint | undefined;
  #settled = false;
  #candidate: Candidate | undefined;

  /** Where to send. */
  get target(): Endpoint | undefined {
    return this.#target;
  }

  /** Whether the peer's packets have been found, so that nobody else need be listened to. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Whether somebody we were not told of has begun to prove itself. */
  get undecided(): boolean {
    return (this.#candidate?.packets ?? 0) > 1;
  }

  /** The SDP names the peer's endpoint. Another one than before begins the search anew; the same changes nothing. Answers which it was. */
  aim(told: Endpoint): boolean {
    if (this.#told && same(this.#told, told)) return false;
    this.#told = { address: told.address, port: told.port };
    this.#target = this.#told;
    this.#settled = false;
    this.#candidate = undefined;
    return true;
  }

  /** A valid packet came. Answers whether it is the peer's; `target` may have moved. */
  accept(from: Endpoint, header: RtpHeader): boolean {
    const target = this.#target;
    if (!target) return false;
    if (same(target, from)) {
      this.#settled = true;
      this.#candidate = undefined;
      return true;
    }
    return !this.#settled && this.#prove(from, header);
  }

  #prove(from: Endpoint, header: RtpHeader): boolean {
    const candidate = this.#candidate;
    const goesOn = candidate && same(candidate, from) && candidate.ssrc === header.ssrc && candidate.nextSequence === header.sequence;
    const nextSequence = (header.sequence + 1) & 0xffff;
    if (!goesOn) {
      this.#candidate = { address: from.address, port: from.port, ssrc: header.ssrc, nextSequence, packets: 1 };
      return false;
    }
    candidate.nextSequence = nextSequence;
    candidate.packets++;
    if (candidate.packets < PROOF_PACKETS) return false;
    this.#target = { address: candidate.address, port: candidate.port };
    this.#settled = true;
    this.#candidate = undefined;
    return true;
  }
}

function same(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && left.address === right.address;
}
