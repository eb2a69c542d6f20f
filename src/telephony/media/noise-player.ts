import { ComfortNoise } from '../audio/comfort-noise.ts';
import { encodeG711, type G711Codec } from '../audio/g711.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AudioBytes, FramePlayer } from './player.ts';

/** The noise of a pause of one side of a bridge, for the other side. */
export class NoisePlayer implements FramePlayer {
  readonly #noise = new ComfortNoise();
  readonly #samples = new Int16Array(FRAME_SAMPLES);

  /** Whether there is noise to be heard. */
  get isOn(): boolean {
    return this.#noise.isOn;
  }

  /** A packet came that says what noise to make; its bytes are not used afterwards. */
  use(payload: Uint8Array): void {
    this.#noise.use(payload);
  }

  /** The pause is over. */
  stop(): void {
    this.#noise.stop();
  }

  fill(codec: G711Codec, _silence: number, frame: AudioBytes): boolean {
    if (!this.#noise.isOn) return false;
    this.#noise.fill(this.#samples);
    encodeG711(codec, this.#samples, frame.bytes);
    return true;
  }

  handedOver(): void {}
}
