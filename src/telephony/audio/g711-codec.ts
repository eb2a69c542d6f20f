import { type AudioDecoder, type AudioEncoder, MAX_PACKET_SAMPLES } from './codec-interface.ts';
import { decodeG711, encodeG711, type G711Codec } from './g711.ts';

export class G711Encoder implements AudioEncoder {
  readonly #codec: G711Codec;

  constructor(codec: G711Codec) {
    this.#codec = codec;
  }

  encode(frame: Int16Array, target: Uint8Array, at: number): number {
    encodeG711(this.#codec, frame, target, at);
    return frame.length;
  }

  close(): void {}
}

export class G711Decoder implements AudioDecoder {
  readonly #codec: G711Codec;

  constructor(codec: G711Codec) {
    this.#codec = codec;
  }

  decode(payload: Uint8Array, target: Int16Array): number {
    if (payload.length > MAX_PACKET_SAMPLES) return 0;
    decodeG711(this.#codec, payload, target);
    return payload.length;
  }

  close(): void {}
}
