import type { Endpoint } from '../../wire/wire.ts';
import type { RtpHeader } from '../rtp/packet.ts';
import { Candidate } from './candidate.ts';

/** Packets in a row, of one source, that a sender we were not told of must show. */
const PROOF_PACKETS = 4;
/** How long nothing may come from the peer before the search for it goes on. */
const QUIET_MS = 200;
/** How long nothing has come from the peer when its own source may go on from another port of its address. */
const SAME_ADDRESS_MS = 500;
/** The same for another address, and for another source at its own address. */
const STRANGE_MS = 2_000;
/** How far a source may have come in the meantime: packets of 10 ms, and a few more. */
const SHORTEST_PACKET_MS = 10;
const SPARE_PACKETS = 50;

/**
 * Symmetric RTP (RFC 4961): finds out where the peer's packets come from, sends there, and follows it when its NAT rebinds.
 *
 * Once per remote endpoint of the SDP, the first valid packet from that very endpoint settles it. A peer behind NAT sends from
 * elsewhere; another sender is taken when it shows four valid packets of one source in sequence before anything has come from the
 * SDP's endpoint. Until then its packets are dropped, so a stray packet, or the tail of an old call on this port, can neither be heard
 * nor draw our audio away.
 *
 * Once settled, packets from elsewhere are dropped as long as the peer is heard. When it has been silent for half a second, its own
 * source (SSRC) may go on from another port of its address, and after two seconds from another address, each time with four packets in
 * sequence that follow the last one, as far as the time allows; after two seconds its address may also begin another source. Who wants to take
 * a stream over has to know its source and its sequence, and to silence the peer.
 *
 * The endpoint of the SDP needs less, when somebody else was taken for the peer: four packets in sequence, at any time. So neither the early
 * media of another server nor a stranger who came first can keep it out (RFC 7362 section 5), and a peer behind NAT loses nothing, since
 * nothing comes from the endpoint in its SDP. As long as the other is heard they must be no older than those of the other, as packets are
 * that were long under way when a NAT has rebound.
 *
 * What SRTP has authenticated needs no such proof: the newest packet says where the peer is.
 *
 * When the call goes over to another party, as from the early media of one phone to the answer of another, the one that is left cannot be taken for
 * it: it sends on until it is told to stop.
 *
 * A latch that is fixed does nothing of it: only the endpoint of the SDP is the peer.
 */
export class Latch {
  #told: Endpoint | undefined;
  #isFixed = false;
  #target: Endpoint | undefined;
  #settled = false;
  /** Where the peer was before the SDP named the endpoint that it has now. */
  #before: Endpoint | undefined;
  /** Where the party was that we have left for another. */
  #left: Endpoint | undefined;
  /** Of those that the SDP does not name, and the endpoint that it names while another was taken. */
  readonly #stranger = new Candidate();
  readonly #returning = new Candidate();
  /** Whether SRTP tells the packets of the peer from those of others. */
  #isAuthentic = false;
  /** Of the peer that is settled: its source, its newest packet, and when its last one came. */
  #ssrc = 0;
  #sequence = 0;
  #heardMs = 0;
  #moves = 0;

  /** Where to send. */
  get target(): Endpoint | undefined {
    return this.#target;
  }

  /** Whether the peer's packets have been found. */
  get settled(): boolean {
    return this.#settled;
  }

  /** How often the peer, once found, went on from another port or address than in its SDP, without a word. */
  get moves(): number {
    return this.#moves;
  }

  /** Whether somebody has begun to prove itself. */
  get undecided(): boolean {
    return this.#stranger.packets > 1 || this.#returning.packets > 1;
  }

  /** Whether somebody we were not told of was taken for the peer, without proof: the endpoint of the SDP may still take the stream. */
  get isDisputed(): boolean {
    return this.#settled && !this.#isAuthentic && this.#target !== undefined && !this.#isTold(this.#target);
  }

  /** Whether the peer has been found and is heard, so that nobody else need be listened to. */
  isHeard(nowMs: number): boolean {
    return this.#settled && nowMs - this.#heardMs < QUIET_MS;
  }

  /** The SDP names the peer's endpoint; with `isFixed` nobody else is ever taken for it. Another one than before begins the search anew; the same changes nothing. Answers which it was. */
  aim(told: Endpoint, isFixed = false): boolean {
    this.#isFixed = isFixed;
    if (this.#told && same(this.#told, told)) return false;
    this.#before = this.#target;
    this.#told = { address: told.address, port: told.port };
    this.#target = this.#told;
    this.#settled = false;
    this.#stranger.forget();
    this.#returning.forget();
    return true;
  }

  /** The peer is another from now on, whom `aim` names: who was heard so far is not it, if it should send on. */
  leave(): void {
    this.#left = this.#target;
    this.#told = undefined;
  }

  /** Whether the peer was there before the SDP named another endpoint, and has not been found since. */
  wasAt(from: Endpoint): boolean {
    return !this.#settled && this.#before !== undefined && same(this.#before, from);
  }

  /** A valid packet came; `isAuthentic` is whether SRTP has proved that it is the peer's. Answers whether it is; `target` may have moved. */
  accept(from: Endpoint, header: RtpHeader, nowMs: number, isAuthentic: boolean): boolean {
    const target = this.#target;
    if (!target) return false;
    this.#isAuthentic = isAuthentic;
    if (same(target, from)) {
      this.#hear(header, nowMs);
      return true;
    }
    if (this.#isFixed) return false;
    if (isAuthentic) {
      if (!this.#settled || this.#ssrc !== header.ssrc || isAhead(header.sequence, this.#sequence)) this.#moveTo(from, header, nowMs);
      return true;
    }
    if (this.#left && same(this.#left, from)) return false;
    const isTold = this.#isTold(from);
    if ((isTold ? this.#returning : this.#stranger).add(from, header) < PROOF_PACKETS) return false;
    if (!(isTold ? this.#mayReturn(header, nowMs) : this.#mayTake(from, header, nowMs))) return false;
    this.#moveTo(from, header, nowMs);
    return true;
  }

  #hear({ ssrc, sequence }: RtpHeader, nowMs: number): void {
    if (!this.#settled || ssrc !== this.#ssrc || isAhead(sequence, this.#sequence)) this.#sequence = sequence;
    this.#ssrc = ssrc;
    this.#heardMs = nowMs;
    this.#settled = true;
    this.#stranger.forget();
  }

  #moveTo({ address, port }: Endpoint, header: RtpHeader, nowMs: number): void {
    const target = { address, port };
    if (this.#settled && !this.#isTold(target)) this.#moves++;
    this.#target = target;
    this.#returning.forget();
    this.#hear(header, nowMs);
  }

  #isTold(from: Endpoint): boolean {
    return this.#told !== undefined && same(this.#told, from);
  }

  /** Whether the endpoint of the SDP, that has shown enough packets, takes the stream from another. */
  #mayReturn({ ssrc, sequence }: RtpHeader, nowMs: number): boolean {
    return !this.isHeard(nowMs) || ssrc !== this.#ssrc || isAhead(sequence, this.#sequence);
  }

  /** Whether a sender that has shown enough packets may be the peer, by what was heard of it before. */
  #mayTake(from: Endpoint, { ssrc, sequence }: RtpHeader, nowMs: number): boolean {
    if (!this.#settled) return true;
    const silentMs = nowMs - this.#heardMs;
    const isSameAddress = from.address === this.#target?.address;
    if (isSameAddress && silentMs >= STRANGE_MS) return true;
    const ahead = (sequence - this.#sequence) & 0xffff;
    const goesOn = ssrc === this.#ssrc && ahead > 0 && ahead <= silentMs / SHORTEST_PACKET_MS + SPARE_PACKETS;
    return goesOn && silentMs >= (isSameAddress ? SAME_ADDRESS_MS : STRANGE_MS);
  }
}

/** Whether a sequence number comes after another (RFC 3550 appendix A.1). */
function isAhead(sequence: number, other: number): boolean {
  const ahead = (sequence - other) & 0xffff;
  return ahead > 0 && ahead < 0x8000;
}

function same(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && left.address === right.address;
}
