import { MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { decodeG711, decodeG711Interleaved, type G711Codec } from '../audio/g711.ts';
import type { AudioCodec } from './media-port.ts';

const SAMPLES_PER_MS = 8;
/** More than comes between two times that it is handed on, every 400 ms. */
const MOST_SAMPLES = 560 * SAMPLES_PER_MS;
const MOST_PACKETS = 56;
/** What comes earlier or later than this beside the first, by the timestamps, does not follow on it. */
const MOST_STRAY_SAMPLES = 250 * SAMPLES_PER_MS;

/** What `samples` answers: the same memory for all, since it stays near. */
const decoded = new Int16Array(MOST_SAMPLES);

/**
 * Packets of G.711 that follow on each other, to be handed on together: that costs much less than one by one, when a thousand other things happen in
 * between. What is copied when one comes is as little as it can be, and decoded when all are handed on.
 */
export class PacketRun {
  /** The payloads, one behind the other. */
  readonly #bytes = new Uint8Array(MOST_SAMPLES);
  /** By how many samples each packet came later than the first by its timestamp. */
  readonly #late = new Int16Array(MOST_PACKETS);
  #codec: G711Codec = 'PCMU';
  #timestamp = 0;
  #sequence = 0;
  /** Samples of each packet. */
  #length = 0;
  #packets = 0;
  #filled = 0;
  /** When the first came, and that in samples, of which the lower 32 bits are enough to compare. */
  #firstMs = 0;
  #first = 0;

  get codec(): G711Codec {
    return this.#codec;
  }

  get isEmpty(): boolean {
    return this.#packets === 0;
  }

  get packets(): number {
    return this.#packets;
  }

  /** Samples of each packet. */
  get packetSamples(): number {
    return this.#length;
  }

  /** The RTP timestamp of the first packet, and when it came. */
  get timestamp(): number {
    return this.#timestamp;
  }

  get firstMs(): number {
    return this.#firstMs;
  }

  /** The sequence number of the last packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** By how much the packet of this index came later than the first, beyond what its timestamp says, in ms. */
  lateMs(index: number): number {
    return (this.#late[index] ?? 0) / SAMPLES_PER_MS;
  }

  /** How many samples there are in all. */
  get length(): number {
    return this.#filled;
  }

  /** All samples, or the last ones, as many as there are; the next call, for any run, overwrites them. */
  samples(most = MOST_SAMPLES): Int16Array {
    const count = Math.min(most, this.#filled);
    decodeG711(this.#codec, this.#bytes.subarray(this.#filled - count, this.#filled), decoded);
    return decoded.subarray(0, count);
  }

  /** Puts the samples from `first` to before `end` into `target`, from `at` on, or, as one channel of two, in every second place. */
  decodeInto(target: Int16Array, at: number, channels: 1 | 2, first: number, end: number): void {
    const bytes = this.#bytes.subarray(first, end);
    if (channels === 1) decodeG711(this.#codec, bytes, target, at);
    else decodeG711Interleaved(this.#codec, bytes, target, at);
  }

  /** Begins anew with this packet, if it is one of G.711, neither empty nor too long. Answers whether it is. */
  begin(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, nowMs: number): boolean {
    if ((codec !== 'PCMU' && codec !== 'PCMA') || payload.length === 0 || payload.length > MAX_PACKET_SAMPLES) return false;
    this.#codec = codec;
    this.#timestamp = timestamp;
    this.#length = payload.length;
    this.#firstMs = nowMs;
    this.#first = Math.round(nowMs * SAMPLES_PER_MS) | 0;
    this.#packets = 0;
    this.#filled = 0;
    this.#keep(payload, sequence, 0);
    return true;
  }

  /** Adds the packet, if it follows on those that are there. Answers whether it does. */
  add(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, nowMs: number): boolean {
    const filled = this.#filled;
    if (filled === 0 || codec !== this.#codec || payload.length !== this.#length) return false;
    if (((timestamp - this.#timestamp) | 0) !== filled || filled + this.#length > MOST_SAMPLES || this.#packets === MOST_PACKETS)
      return false;
    const late = (Math.round(nowMs * SAMPLES_PER_MS) - this.#first - filled) | 0;
    if (late > MOST_STRAY_SAMPLES || late < -MOST_STRAY_SAMPLES) return false;
    this.#keep(payload, sequence, late);
    return true;
  }

  /** Nothing is there any more. */
  clear(): void {
    this.#packets = 0;
    this.#filled = 0;
  }

  #keep(payload: Uint8Array, sequence: number, late: number): void {
    this.#bytes.set(payload, this.#filled);
    this.#late[this.#packets++] = late;
    this.#filled += this.#length;
    this.#sequence = sequence;
  }
}
