import { type AudioDecoder, MAX_PACKET_SAMPLES, newDecoder } from '../audio/codec.ts';
import type { AudioCodec } from './media-port.ts';

/** The samples of what one stream receives, whatever codec it comes in. */
export class DecodedAudio {
  readonly #samples = new Int16Array(MAX_PACKET_SAMPLES);
  #codec: AudioCodec | undefined;
  #decoder: AudioDecoder | undefined;
  /** The samples that are valid; packets mostly have the same length. */
  #valid = new Int16Array(0);

  /** The samples of the next payload, 8000 per second, none when it is not valid. The next call overwrites them. */
  of(codec: AudioCodec, payload: Uint8Array): Int16Array {
    if (codec !== this.#codec || !this.#decoder) {
      this.#codec = codec;
      this.#decoder = newDecoder(codec);
    }
    const length = this.#decoder.decode(payload, this.#samples);
    if (this.#valid.length !== length) this.#valid = this.#samples.subarray(0, length);
    return this.#valid;
  }
}
