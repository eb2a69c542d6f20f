import { newEncoder } from '../audio/codec.ts';
import { type AudioEncoder, MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import { FrameNumbers } from './frame-numbers.ts';
import { type AudioCodec, clockRates } from './media-port.ts';

/** What an encoder may write of one frame. */
const MAX_PAYLOAD_BYTES = 1500;
const SAMPLE_RATE = 8000;
const nothing = new Int16Array(0);

/** Whether a packet of the codec stands for itself, whatever came before it. */
function isStateless(codec: AudioCodec): boolean {
  return codec === 'PCMU' || codec === 'PCMA';
}

/**
 * Makes packets of another codec out of what one side of a bridge hears, 20 ms each, however long its packets are. Their numbers and timestamps have
 * the gaps of the source, so that who hears them knows of its losses, and conceals them.
 */
export class Transcoder {
  readonly codec: AudioCodec;
  readonly #encoder: AudioEncoder;
  readonly #numbers = new FrameNumbers();
  /** Units of the timestamps for each sample. */
  readonly #units: number;
  readonly #target = new Uint8Array(MAX_PAYLOAD_BYTES);
  /** Looks at the beginning of the target by length, made once for each. */
  readonly #payloads: Uint8Array[] = [];
  /** Samples in the frame that is not full yet. */
  #filled = 0;
  #source: Int16Array = nothing;
  #taken = 0;
  /** The samples of the packet. */
  readonly frame = new Int16Array(FRAME_SAMPLES);
  /** The packet that `next` or `late` has made: its payload, which the next one overwrites, its number and its timestamp. Both begin anywhere. */
  payload: Uint8Array = this.#target;
  sequence = 0;
  timestamp = 0;

  constructor(codec: AudioCodec) {
    this.codec = codec;
    this.#encoder = newEncoder(codec);
    this.#units = clockRates[codec] / SAMPLE_RATE;
  }

  /** Gives memory of the codec back. Idempotent. */
  close(): void {
    this.#encoder.close();
  }

  /** Takes the newest packet of the source: its samples, which `next` makes packets of before they are used again. */
  take(codec: AudioCodec, samples: Int16Array, timestamp: number, sequence: number): void {
    if (samples.length === 0 || samples.length > MAX_PACKET_SAMPLES) return;
    if (this.#numbers.arrived(sequence, timestamp, clockRates[codec], samples.length, this.#filled)) this.#filled = 0;
    this.#source = samples;
    this.#taken = 0;
  }

  /** Makes the next packet. Answers false when there is too little left for one. */
  next(): boolean {
    const { frame } = this;
    const source = this.#source;
    const count = Math.min(FRAME_SAMPLES - this.#filled, source.length - this.#taken);
    for (let index = 0; index < count; index++) frame[this.#filled + index] = source[this.#taken + index] ?? 0;
    this.#taken += count;
    this.#filled += count;
    if (this.#filled < FRAME_SAMPLES) {
      this.#source = nothing;
      this.#taken = 0;
      return false;
    }
    this.#filled = 0;
    this.#encode(this.#numbers.sequence, this.#numbers.position);
    this.#numbers.made();
    return true;
  }

  /** Whether a packet that came after a later one can be put in its place: not where a codec goes by what was before. */
  takesLate(codec: AudioCodec): boolean {
    return isStateless(codec) && isStateless(this.codec);
  }

  /** Makes the packet of such a one. Answers false when it has no place. */
  late(codec: AudioCodec, samples: Int16Array, timestamp: number, sequence: number): boolean {
    const number = this.#numbers.lateSequence(sequence, samples.length);
    if (number === undefined) return false;
    this.frame.set(samples);
    this.#encode(number, this.#numbers.latePosition(timestamp, clockRates[codec]));
    return true;
  }

  /** The newest packet of the source is no audio. */
  omit(sequence: number): void {
    this.#numbers.omit(sequence);
  }

  /** The source begins anew. */
  restart(): void {
    this.#filled = 0;
    this.#numbers.restart();
  }

  #encode(sequence: number, position: number): void {
    const length = this.#encoder.encode(this.frame, this.#target, 0);
    let payload = this.#payloads[length];
    if (!payload) {
      payload = this.#target.subarray(0, length);
      this.#payloads[length] = payload;
    }
    this.payload = payload;
    this.sequence = sequence;
    this.timestamp = Math.imul(position, this.#units) >>> 0;
  }
}
