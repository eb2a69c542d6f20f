/** Longest packet that is decoded, in samples at 8000 per second: 200 ms. What a decoder writes never needs more room. */
export const MAX_PACKET_SAMPLES = 1600;

/** One direction of one stream: makes payloads of frames. The samples are 16 bit, mono, 8000 per second, whatever the codec works with. */
export interface AudioEncoder {
  /** Encodes `frame`, 20 ms, into `target` from `at` on. Answers how many bytes it wrote. Allocates nothing. */
  encode(frame: Int16Array, target: Uint8Array, at: number): number;
  /** Gives its memory back. Idempotent; it encodes nothing any more. */
  close(): void;
}

/** The other direction: makes samples, as above, of payloads. A decoder may remember what came before, so it has one stream to itself. */
export interface AudioDecoder {
  /**
   * Decodes `payload` into `target`, which holds MAX_PACKET_SAMPLES. Answers how many samples it wrote: 0 when the payload is empty, too
   * long or not valid. Allocates nothing.
   */
  decode(payload: Uint8Array, target: Int16Array): number;
  /**
   * Makes up `missing` samples of lost packets in `target`, as the codec itself can, with the help of `next`, the payload after them, when that
   * has come. Answers how many it wrote. Absent when the codec knows no way.
   */
  conceal?(missing: number, next: Uint8Array | undefined, target: Int16Array): number;
  /** Gives its memory back. Idempotent; it decodes nothing any more. */
  close(): void;
}
