import type { AudioCodec } from '../media/media-port.ts';
import { decodeG711, encodeG711, type G711Codec } from './g711.ts';

/** Longest packet that is decoded, in samples at 8000 per second: 200 ms. What a decoder writes never needs more room. */
export const MAX_PACKET_SAMPLES = 1600;

/** One direction of one stream: makes payloads of frames. The samples are 16 bit, mono, 8000 per second, whatever the codec works with. */
export interface AudioEncoder {
  /** Encodes `frame`, 20 ms, into `target` from `at` on. Answers how many bytes it wrote. Allocates nothing. */
  encode(frame: Int16Array, target: Uint8Array, at: number): number;
}

/** The other direction: makes samples, as above, of payloads. A decoder may remember what came before, so it has one stream to itself. */
export interface AudioDecoder {
  /**
   * Decodes `payload` into `target`, which holds MAX_PACKET_SAMPLES. Answers how many samples it wrote: 0 when the payload is empty, too
   * long or not valid. Allocates nothing.
   */
  decode(payload: Uint8Array, target: Int16Array): number;
}

/** A new encoder. */
export function newEncoder(codec: AudioCodec): AudioEncoder {
  switch (codec) {
    case 'PCMU':
    case 'PCMA':
      return new G711Encoder(codec);
  }
}

/** A new decoder. */
export function newDecoder(codec: AudioCodec): AudioDecoder {
  switch (codec) {
    case 'PCMU':
    case 'PCMA':
      return new G711Decoder(codec);
  }
}

class G711Encoder implements AudioEncoder {
  readonly #codec: G711Codec;

  constructor(codec: G711Codec) {
    this.#codec = codec;
  }

  encode(frame: Int16Array, target: Uint8Array, at: number): number {
    encodeG711(this.#codec, frame, target, at);
    return frame.length;
  }
}

class G711Decoder implements AudioDecoder {
  readonly #codec: G711Codec;

  constructor(codec: G711Codec) {
    this.#codec = codec;
  }

  decode(payload: Uint8Array, target: Int16Array): number {
    if (payload.length > MAX_PACKET_SAMPLES) return 0;
    decodeG711(this.#codec, payload, target);
    return payload.length;
  }
}
