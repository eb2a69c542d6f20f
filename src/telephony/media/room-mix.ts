import { encodeG711, type G711Codec } from '../audio/g711.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import { type AudioBytes, audioBytes } from './player.ts';

const FRAME_WORDS = FRAME_SAMPLES / 4;

/** One frame of a room: the sum of all who speak, and what each hears of it. Those who do not speak all hear the same, encoded once for each codec. */
export class RoomMix {
  readonly sum = new Int32Array(FRAME_SAMPLES);
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  readonly #shared = { PCMU: audioBytes(new ArrayBuffer(FRAME_SAMPLES)), PCMA: audioBytes(new ArrayBuffer(FRAME_SAMPLES)) };
  readonly #isEncoded = { PCMU: false, PCMA: false };
  #voices = 0;
  #othersSpeak = false;

  /** The next frame begins, in silence. */
  begin(): void {
    this.sum.fill(0);
    this.#voices = 0;
    this.#isEncoded.PCMU = false;
    this.#isEncoded.PCMA = false;
  }

  /** A member of this thread says this. */
  add(voice: Int16Array): void {
    const { sum } = this;
    for (let index = 0; index < FRAME_SAMPLES; index++) sum[index] = (sum[index] ?? 0) + (voice[index] ?? 0);
    this.#voices++;
  }

  /** Whether a member of this thread speaks. */
  get speaks(): boolean {
    return this.#voices > 0;
  }

  /** The sum is complete: it holds other threads too, where somebody speaks or not. */
  complete(othersSpeak: boolean): void {
    this.#othersSpeak = othersSpeak;
  }

  /** Writes what a member hears, who says `own` itself. Answers false, with nothing written, when all others are silent. */
  fill(own: Int16Array | undefined, codec: G711Codec, frame: AudioBytes): boolean {
    if (!this.#othersSpeak && this.#voices === (own ? 1 : 0)) return false;
    if (own) {
      this.#clip(own);
      encodeG711(codec, this.#samples, frame.bytes);
      return true;
    }
    const shared = this.#shared[codec];
    if (!this.#isEncoded[codec]) {
      this.#isEncoded[codec] = true;
      this.#clip(undefined);
      encodeG711(codec, this.#samples, shared.bytes);
    }
    for (let index = 0; index < FRAME_WORDS; index++) frame.words[index] = shared.words[index] ?? 0;
    return true;
  }

  /** The sum without `own`, as far as 16 bits can hold it. */
  #clip(own: Int16Array | undefined): void {
    const { sum } = this;
    const samples = this.#samples;
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const sample = (sum[index] ?? 0) - (own ? (own[index] ?? 0) : 0);
      samples[index] = sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
    }
  }
}
