import { DtmfTone } from '../audio/dtmf-tones.ts';
import { encodeG711, type G711Codec } from '../audio/g711.ts';
import type { DigitFrame } from '../rtp/digit-sender.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AudioBytes, FramePlayer } from './player.ts';

/** Digits as tones in the audio, for a peer that takes them in no other way. They last as long as telephone-events would. */
export class DigitTones implements FramePlayer {
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  #tone: DtmfTone | undefined;
  #sounds = false;

  /** What the next frame carries. */
  next(digit: DigitFrame): void {
    if (digit.kind === 'pause') {
      this.#tone = undefined;
      this.#sounds = false;
      return;
    }
    if (digit.first) this.#tone = new DtmfTone(digit.event.event);
    this.#sounds = this.#tone !== undefined;
    this.#tone?.fill(this.#samples, digit.event.end);
    // The end of an event is told three times; the tone ends once.
    if (digit.event.end) this.#tone = undefined;
  }

  fill(codec: G711Codec, _silence: number, frame: AudioBytes): boolean {
    if (this.#sounds) encodeG711(codec, this.#samples, frame.bytes);
    return this.#sounds;
  }

  handedOver(): void {}
}
