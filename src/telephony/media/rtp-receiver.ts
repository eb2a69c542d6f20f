import type { Endpoint } from '../../wire/wire.ts';
import { type DigitChange, DigitReceiver } from '../rtp/digit-receiver.ts';
import { InterarrivalJitter } from '../rtp/interarrival-jitter.ts';
import { newRtpHeader, readRtpHeader } from '../rtp/packet.ts';
import { ReceivedSequence } from '../rtp/received-sequence.ts';
import type { HeardSoFar } from '../rtp/rtcp-session.ts';
import { readTelephoneEvent } from '../rtp/telephone-event.ts';
import { codecOf } from './agreed-codec.ts';
import type { Latch } from './latch.ts';
import { type AgreedMedia, type AudioCodec, clockRates } from './media-port.ts';
import type { DropReason, MediaReport } from './media-report.ts';

type Reception = Pick<
  MediaReport,
  | 'received'
  | 'lost'
  | 'repeated'
  | 'reordered'
  | 'refused'
  | 'refusedFrom'
  | 'unagreed'
  | 'unagreedType'
  | 'receivedFrom'
  | 'sourceMoves'
  | 'jitterMs'
  | 'maxJitterMs'
>;

/** What a receiver hears. */
export interface Heard {
  digit(change: DigitChange, nowMs: number): void;
  /** A payload of audio; nobody changes its bytes afterwards. `newest` is whether it is the latest of its sequence. */
  audio(codec: AudioCodec, payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void;
  /** A payload that says what noise to make while the source sends nothing (RFC 3389); else as `audio`. */
  noise(payload: Uint8Array, timestamp: number, newest: boolean, nowMs: number, sequence: number): void;
  /** A packet of a digit came, in place of audio. */
  event(newest: boolean, sequence: number): void;
  /** Timestamps begin anew: another source speaks for the peer. */
  restarted(): void;
}

/** More than any codec of ours sends, 250 a second: two packets of 10 ms, and as many digits told beside them. */
const PACKETS_PER_FRAME = 5;
/**
 * What may come at once after a standstill of the network: ten seconds of packets of 20 ms. Joined streams pass on what they take, so when their peers
 * name our own ports in SDP, by mistake or on purpose, packets go round as fast as the machine sends them. RFC 3550 section 8.2 finds a loop
 * by its SSRC, which each joined stream replaces; this holds it to a pace.
 */
const MOST_PACKETS_AT_ONCE = 500;

/** Takes the packets of one stream: checks that they are the peer's and of an agreed type, and drops what is repeated. */
export class RtpReceiver {
  readonly #latch: Latch;
  readonly #heard: Heard;
  readonly #onDropped: (why: DropReason) => void;
  readonly #header = newRtpHeader();
  readonly #sequence = new ReceivedSequence();
  readonly #digits = new DigitReceiver();
  readonly #jitter = new InterarrivalJitter();
  #clockRate: number = clockRates.PCMU;
  #ssrc: number | undefined;
  #repeated = 0;
  #reordered = 0;
  #refused = 0;
  #packetsLeft = MOST_PACKETS_AT_ONCE;
  #refusedFrom: Endpoint | undefined;
  #unagreed = 0;
  #unagreedType: number | undefined;

  /** `onDropped` is told each packet that is not taken. */
  constructor(latch: Latch, heard: Heard, onDropped: (why: DropReason) => void = () => {}) {
    this.#onDropped = onDropped;
    this.#latch = latch;
    this.#heard = heard;
  }

  /** What has come so far. */
  get reception(): Reception {
    const { meanMs, maxMs } = this.#jitter;
    const { settled, target, moves } = this.#latch;
    return {
      received: this.#sequence.received,
      lost: this.#sequence.lost,
      repeated: this.#repeated,
      reordered: this.#reordered,
      refused: this.#refused,
      unagreed: this.#unagreed,
      sourceMoves: moves,
      ...(settled && target && { receivedFrom: target }),
      ...(this.#refusedFrom && { refusedFrom: this.#refusedFrom }),
      ...(this.#unagreedType !== undefined && { unagreedType: this.#unagreedType }),
      ...(meanMs !== undefined && { jitterMs: meanMs }),
      ...(maxMs !== undefined && { maxJitterMs: maxMs }),
    };
  }

  /** What has come of the source that speaks now; undefined before the first packet. */
  get source(): HeardSoFar | undefined {
    const ssrc = this.#ssrc;
    if (ssrc === undefined) return undefined;
    return { ssrc, highestSequence: this.#sequence.extendedHighest, jitter: this.#jitter.inUnits, ...this.#sequence.current };
  }

  /** One datagram came. Answers whether it was a valid packet of the peer that had not come before. */
  receive(bytes: Uint8Array, from: Endpoint, agreed: AgreedMedia, nowMs: number): boolean {
    const header = this.#header;
    if (!readRtpHeader(bytes, header)) return false;
    const codec = codecOf(header.payloadType, agreed);
    if (codec === undefined) {
      this.#unagreed++;
      this.#unagreedType = header.payloadType;
      this.#onDropped('unagreed');
      return false;
    }
    if (!this.#latch.accept(from, header, nowMs, agreed.srtp !== undefined)) {
      this.#refused++;
      this.#refusedFrom = from;
      this.#onDropped('refused');
      return false;
    }
    if (this.#packetsLeft === 0) {
      this.#refused++;
      this.#onDropped('refused');
      return false;
    }
    this.#packetsLeft--;
    const arrival =
      this.#ssrc === header.ssrc ? this.#sequence.accept(header.sequence) : this.#newSource(header.ssrc, header.sequence, nowMs);
    if (arrival === 'duplicate') this.#repeated++;
    if (arrival === 'duplicate' || arrival === 'stray') return false;
    if (arrival === 'late') this.#reordered++;
    if (codec === 'telephone-event') {
      const event = readTelephoneEvent(bytes, header.payloadStart, header.payloadEnd);
      this.#heard.event(arrival === 'newest', header.sequence);
      if (event) this.#report(this.#digits.receive(header.timestamp, event, nowMs), nowMs);
    } else if (codec === 'CN') {
      const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
      this.#heard.noise(payload, header.timestamp, arrival === 'newest', nowMs, header.sequence);
    } else {
      this.#followClock(clockRates[codec]);
      this.#jitter.arrived(header.timestamp, nowMs);
      const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
      this.#heard.audio(codec, payload, header.timestamp, arrival === 'newest', nowMs, header.sequence);
    }
    return true;
  }

  /** 20 ms have passed: more packets of the peer are taken. To be called again and again. */
  allowMore(): void {
    if (this.#packetsLeft < MOST_PACKETS_AT_ONCE) this.#packetsLeft += PACKETS_PER_FRAME;
  }

  /** A datagram came that nobody listens to: it tells where the peer is, and nothing else. */
  overhear(bytes: Uint8Array, from: Endpoint, agreed: AgreedMedia, nowMs: number): void {
    // Nothing need come from where the SDP says that it is now, and the last packets from where it was still may.
    if (this.#latch.wasAt(from)) return;
    const header = this.#header;
    if (!readRtpHeader(bytes, header) || codecOf(header.payloadType, agreed) === undefined) return;
    this.#latch.accept(from, header, nowMs, agreed.srtp !== undefined);
  }

  /** Time has passed: a key whose release was lost is released. */
  tick(nowMs: number): void {
    this.#report(this.#digits.tick(nowMs), nowMs);
  }

  #newSource(ssrc: number, sequence: number, nowMs: number): 'newest' | 'late' | 'duplicate' | 'stray' {
    const first = this.#ssrc === undefined;
    this.#ssrc = ssrc;
    if (first) return this.#sequence.accept(sequence);
    this.#jitter.restart();
    this.#report(this.#digits.restart(), nowMs);
    this.#heard.restarted();
    return this.#sequence.restart(sequence);
  }

  #followClock(clockRate: number): void {
    if (clockRate === this.#clockRate) return;
    this.#clockRate = clockRate;
    this.#jitter.useClock(clockRate);
  }

  #report(changes: readonly DigitChange[], nowMs: number): void {
    for (const change of changes) this.#heard.digit(change, nowMs);
  }
}
