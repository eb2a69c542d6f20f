import type { DecodedAudio } from './decoded-audio.ts';
import type { AudioCodec } from './media-port.ts';

/** Who hears one side of a bridge: the other side of it, or the way to one in another thread. */
export interface BridgePartner {
  /**
   * A packet of audio has come; nobody changes its payload afterwards. `newest` is whether it is the latest of its sequence; `decoded` holds its
   * samples during this call.
   */
  pass(
    codec: AudioCodec,
    payload: Uint8Array,
    timestamp: number,
    sequence: number,
    newest: boolean,
    decoded: DecodedAudio,
    nowMs: number,
  ): void;
  /** A packet that is no audio has come, the latest of its sequence. */
  omit(sequence: number): void;
  /** A packet has come that says what noise to make in the pause that it begins, likewise. */
  noise(payload: Uint8Array, sequence: number): void;
  /** A key was pressed. */
  press(digit: string): void;
  /** The timestamps of what comes begin anew. */
  passAnew(): void;
  /** The bridge is over. Idempotent. */
  left(): void;
}
