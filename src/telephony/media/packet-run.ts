import { MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { decodeG711, decodeG711Interleaved, type G711Codec } from '../audio/g711.ts';
import type { AudioCodec } from './media-port.ts';
import { giveBackRunPlace, LATE_AT, MOST_RUN_PACKETS, MOST_RUN_SAMPLES, RUN_NUMBERS, runMemory, takeRunPlace } from './run-memory.ts';

const SAMPLES_PER_MS = 8;
/** What comes earlier or later than this beside the first, by the timestamps, does not follow on it. */
const MOST_STRAY_SAMPLES = 250 * SAMPLES_PER_MS;

/** Numbers of a run: the timestamp of the first packet, the sequence number of the last, samples of each, packets and samples in all. */
const TIMESTAMP = 0;
const SEQUENCE = 1;
const LENGTH = 2;
const PACKETS = 3;
const FILLED = 4;
/** When the first came, in samples, of which the lower 32 bits are enough to compare. */
const FIRST = 5;

const NOWHERE = -1;

/** What `samples` answers: the same memory for all, since it stays near. */
const decoded = new Int16Array(MOST_RUN_SAMPLES);

/**
 * Packets of G.711 that follow on each other, to be handed on together: that costs much less than one by one, when a thousand other things happen in
 * between. What is copied when one comes is as little as it can be, and decoded when all are handed on.
 */
export class PacketRun {
  /** Where it is in the memory of runs; nowhere while nothing is there. */
  #place = NOWHERE;
  #codec: G711Codec = 'PCMU';
  #firstMs = 0;

  get codec(): G711Codec {
    return this.#codec;
  }

  get isEmpty(): boolean {
    return this.#place === NOWHERE;
  }

  get packets(): number {
    return this.#number(PACKETS);
  }

  /** Samples of each packet. */
  get packetSamples(): number {
    return this.#number(LENGTH);
  }

  /** How many samples there are in all. */
  get length(): number {
    return this.#number(FILLED);
  }

  /** The RTP timestamp of the first packet, and when it came. */
  get timestamp(): number {
    return this.#number(TIMESTAMP) >>> 0;
  }

  get firstMs(): number {
    return this.#firstMs;
  }

  /** The sequence number of the last packet. */
  get sequence(): number {
    return this.#number(SEQUENCE);
  }

  /** By how much the packet of this index came later than the first, beyond what its timestamp says, in ms. */
  lateMs(index: number): number {
    return (runMemory.late[2 * RUN_NUMBERS * this.#place + LATE_AT + index] ?? 0) / SAMPLES_PER_MS;
  }

  /** All samples, or the last ones, as many as there are; the next call, for any run, overwrites them. */
  samples(most = MOST_RUN_SAMPLES): Int16Array {
    const { length } = this;
    const count = Math.min(most, length);
    this.decodeInto(decoded, 0, 1, length - count, length);
    return decoded.subarray(0, count);
  }

  /** Puts the samples from `first` to before `end` into `target`, from `at` on, or, as one channel of two, in every second place. */
  decodeInto(target: Int16Array, at: number, channels: 1 | 2, first: number, end: number): void {
    if (this.isEmpty) return;
    const bytesAt = MOST_RUN_SAMPLES * this.#place;
    const bytes = runMemory.bytes.subarray(bytesAt + first, bytesAt + end);
    if (channels === 1) decodeG711(this.#codec, bytes, target, at);
    else decodeG711Interleaved(this.#codec, bytes, target, at);
  }

  /** Begins anew with this packet, if it is one of G.711, neither empty nor too long. Answers whether it is. */
  begin(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, nowMs: number): boolean {
    if ((codec !== 'PCMU' && codec !== 'PCMA') || payload.length === 0 || payload.length > MAX_PACKET_SAMPLES) return false;
    if (this.isEmpty) this.#place = takeRunPlace();
    const { numbers } = runMemory;
    const at = RUN_NUMBERS * this.#place;
    this.#codec = codec;
    this.#firstMs = nowMs;
    numbers[at + TIMESTAMP] = timestamp;
    numbers[at + LENGTH] = payload.length;
    numbers[at + PACKETS] = 0;
    numbers[at + FIRST] = Math.round(nowMs * SAMPLES_PER_MS) | 0;
    this.#keep(payload, sequence, 0, 0);
    return true;
  }

  /** Adds the packet, if it follows on those that are there. Answers whether it does. */
  add(codec: AudioCodec, payload: Uint8Array, sequence: number, timestamp: number, nowMs: number): boolean {
    if (this.#place === NOWHERE || codec !== this.#codec) return false;
    const { numbers } = runMemory;
    const at = RUN_NUMBERS * this.#place;
    const filled = numbers[at + FILLED] ?? 0;
    const { length } = payload;
    if (length !== numbers[at + LENGTH] || filled + length > MOST_RUN_SAMPLES) return false;
    if (((timestamp - (numbers[at + TIMESTAMP] ?? 0)) | 0) !== filled || numbers[at + PACKETS] === MOST_RUN_PACKETS) return false;
    const late = (Math.round(nowMs * SAMPLES_PER_MS) - (numbers[at + FIRST] ?? 0) - filled) | 0;
    if (late > MOST_STRAY_SAMPLES || late < -MOST_STRAY_SAMPLES) return false;
    this.#keep(payload, sequence, filled, late);
    return true;
  }

  /** Nothing is there any more. To be called before the run is given up, too: others may use its place. */
  clear(): void {
    if (this.isEmpty) return;
    giveBackRunPlace(this.#place);
    this.#place = NOWHERE;
  }

  #keep(payload: Uint8Array, sequence: number, filled: number, lateSamples: number): void {
    const { bytes, numbers, late } = runMemory;
    const at = RUN_NUMBERS * this.#place;
    const packets = numbers[at + PACKETS] ?? 0;
    bytes.set(payload, MOST_RUN_SAMPLES * this.#place + filled);
    late[2 * at + LATE_AT + packets] = lateSamples;
    numbers[at + PACKETS] = packets + 1;
    numbers[at + FILLED] = filled + payload.length;
    numbers[at + SEQUENCE] = sequence;
  }

  #number(of: number): number {
    return this.isEmpty ? 0 : (runMemory.numbers[RUN_NUMBERS * this.#place + of] ?? 0);
  }
}
