import { newEncoder } from '../audio/codec.ts';
import { type AudioEncoder, MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AudioCodec } from './media-port.ts';

/** What an encoder may write of one frame. */
const MAX_PAYLOAD_BYTES = 1500;

/** Makes payloads of another codec out of what one side of a bridge hears, however long its packets are. */
export class Transcoder {
  readonly codec: AudioCodec;
  readonly #encoder: AudioEncoder;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #target = new Uint8Array(MAX_PAYLOAD_BYTES);
  /** Samples in the frame that is not full yet. */
  #filled = 0;

  constructor(codec: AudioCodec) {
    this.codec = codec;
    this.#encoder = newEncoder(codec);
  }

  /** Gives memory of the codec back. Idempotent. */
  close(): void {
    this.#encoder.close();
  }

  /** Hands over each frame that `samples` complete, encoded, in bytes that the next frame overwrites. */
  encode(samples: Int16Array, take: (payload: Uint8Array, frame: Int16Array) => void): void {
    if (samples.length > MAX_PACKET_SAMPLES) return;
    for (let from = 0; from < samples.length; ) {
      const count = Math.min(FRAME_SAMPLES - this.#filled, samples.length - from);
      for (let index = 0; index < count; index++) this.#frame[this.#filled + index] = samples[from + index] ?? 0;
      from += count;
      this.#filled += count;
      if (this.#filled < FRAME_SAMPLES) return;
      this.#filled = 0;
      take(this.#target.subarray(0, this.#encoder.encode(this.#frame, this.#target, 0)), this.#frame);
    }
  }
}
