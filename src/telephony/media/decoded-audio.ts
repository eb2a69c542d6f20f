import { newDecoder } from '../audio/codec.ts';
import { type AudioDecoder, MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import type { AudioCodec } from './media-port.ts';

const nothing = new Uint8Array(0);

/** The samples of what one stream receives, whatever codec it comes in: decoded once, and only if somebody wants them. */
export class DecodedAudio {
  readonly #samples = new Int16Array(MAX_PACKET_SAMPLES);
  /** One for each codec that came, since a peer may change from packet to packet. */
  readonly #decoders = new Map<AudioCodec, AudioDecoder>();
  #codec: AudioCodec = 'PCMU';
  #payload: Uint8Array = nothing;
  #isDecoded = true;
  /** The samples that are valid; packets mostly have the same length. */
  #valid = new Int16Array(0);

  /** The next payload, to be decoded before its bytes are used again. */
  take(codec: AudioCodec, payload: Uint8Array): void {
    this.#codec = codec;
    this.#payload = payload;
    this.#isDecoded = false;
  }

  /** Its samples, 8000 per second, none when it is not valid. The next payload overwrites them. */
  samples(): Int16Array {
    if (this.#isDecoded) return this.#valid;
    this.#isDecoded = true;
    const length = this.#decoder().decode(this.#payload, this.#samples);
    this.#payload = nothing;
    if (this.#valid.length !== length) this.#valid = this.#samples.subarray(0, length);
    return this.#valid;
  }

  /**
   * What the codec makes up for `missing` samples that were lost, with the help of `next`, the payload after them; undefined when it cannot. The
   * next payload overwrites them.
   */
  conceal(missing: number, next: Uint8Array | undefined): Int16Array | undefined {
    const made = this.#decoders.get(this.#codec)?.conceal?.(missing, next, this.#samples);
    return made === missing ? this.#samples.subarray(0, made) : undefined;
  }

  /** Gives memory of the codecs back. Idempotent. */
  close(): void {
    for (const decoder of this.#decoders.values()) decoder.close();
  }

  #decoder(): AudioDecoder {
    let decoder = this.#decoders.get(this.#codec);
    if (!decoder) {
      decoder = newDecoder(this.#codec);
      this.#decoders.set(this.#codec, decoder);
    }
    return decoder;
  }
}
