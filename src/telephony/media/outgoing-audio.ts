import { newEncoder } from '../audio/codec.ts';
import type { AudioEncoder } from '../audio/codec-interface.ts';
import { decodeG711, type G711Codec, silenceByte } from '../audio/g711.ts';
import { RTP_HEADER_BYTES } from '../rtp/packet.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AudioCodec } from './media-port.ts';
import { audioBytes, type FramePlayer } from './player.ts';

/** Room for the payload of one frame in any codec. */
const PAYLOAD_BYTES = 400;

/**
 * The audio of one stream as packets, in a buffer that is made once. Prompts are stored in G.711, so to a peer of that they go as they are; for
 * another codec each frame is made anew.
 */
export class OutgoingAudio {
  readonly #buffer = new Uint8Array(RTP_HEADER_BYTES + PAYLOAD_BYTES);
  /** The frame in G.711: the payload itself, or what is to be encoded. */
  #frame = audioBytes(this.#buffer.buffer, RTP_HEADER_BYTES, FRAME_SAMPLES);
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  #stored: G711Codec = 'PCMU';
  #codec: AudioCodec = 'PCMU';
  #encoder: AudioEncoder | undefined;
  /** Whether the frame holds nothing but silence. */
  #silent = false;
  /** Looks at the beginning of the buffer by length, made once for each. */
  readonly #packets: Uint8Array[] = [];

  /** Another codec than before begins without a past. */
  use(codec: AudioCodec): void {
    if (codec === this.#codec) return;
    const isStored = codec === 'PCMU' || codec === 'PCMA';
    this.#codec = codec;
    this.#stored = isStored ? codec : 'PCMU';
    this.#encoder?.close();
    this.#encoder = isStored ? undefined : newEncoder(codec);
    this.#frame = isStored ? audioBytes(this.#buffer.buffer, RTP_HEADER_BYTES, FRAME_SAMPLES) : audioBytes(new ArrayBuffer(FRAME_SAMPLES));
    this.#silent = false;
  }

  /** Takes the next frame of `player`, or silence when it has none. Answers which: whether it had one. */
  fill(player: FramePlayer | undefined): boolean {
    const silence = silenceByte[this.#stored];
    const played = player?.fill(this.#stored, silence, this.#frame) ?? false;
    if (!played && !this.#silent) this.#frame.bytes.fill(silence);
    this.#silent = !played;
    return played;
  }

  /** The packet of the frame: the header is for the caller to write. To be called once for each frame that is sent. */
  packet(): Uint8Array {
    const length = RTP_HEADER_BYTES + (this.#encoder?.encode(this.samples(), this.#buffer, RTP_HEADER_BYTES) ?? FRAME_SAMPLES);
    let packet = this.#packets[length];
    if (!packet) {
      packet = this.#buffer.subarray(0, length);
      this.#packets[length] = packet;
    }
    return packet;
  }

  /** Gives memory of the codec back. Idempotent. */
  close(): void {
    this.#encoder?.close();
  }

  /** The samples of the frame; the next call overwrites them. */
  samples(): Int16Array {
    decodeG711(this.#stored, this.#frame.bytes, this.#samples);
    return this.#samples;
  }
}
