import type { Prompt } from '../audio/prompt.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AudioCodec, PlayRules } from './media-port.ts';
import { newWait, type Wait } from './wait.ts';

interface Playing {
  readonly pcmu: Uint8Array;
  readonly pcma: Uint8Array;
  readonly interruptible: boolean;
  readonly wait: Wait<'finished' | 'barged'>;
  position: number;
}

/** The prompts of one stream, played one after the other without a gap, frame by frame. */
export class Player {
  readonly #queue: Playing[] = [];

  /** Whether there is anything to play. */
  get active(): boolean {
    return this.#queue.length > 0;
  }

  /** Puts `prompt` at the end of the queue. 'finished' means that its last frame has been handed over. */
  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    const wait = newWait<'finished' | 'barged'>(signal, () => {
      const index = this.#queue.findIndex((playing) => playing.wait === wait);
      if (index >= 0) this.#queue.splice(index, 1);
    });
    if (!signal.aborted) {
      this.#queue.push({
        pcmu: new Uint8Array(prompt.pcmu),
        pcma: new Uint8Array(prompt.pcma),
        interruptible: rules.interruptible,
        wait,
        position: 0,
      });
    }
    return wait.promise;
  }

  /** A key was pressed: ends every prompt that it may interrupt. */
  barge(): void {
    for (const playing of this.#queue.filter((each) => each.interruptible)) playing.wait.resolve('barged');
  }

  /**
   * Writes the next frame into `target` from `at` on. Answers false, with nothing written, when there is none. The tail of the last frame
   * of a prompt is filled with `silence`.
   */
  fill(codec: AudioCodec, silence: number, target: Uint8Array, at: number): boolean {
    for (let playing = this.#queue[0]; playing; playing = this.#queue[0]) {
      const bytes = codec === 'PCMU' ? playing.pcmu : playing.pcma;
      const from = playing.position;
      const count = Math.min(FRAME_SAMPLES, bytes.length - from);
      if (count <= 0) {
        playing.wait.resolve('finished');
        continue;
      }
      for (let index = 0; index < count; index++) target[at + index] = bytes[from + index] ?? silence;
      if (count < FRAME_SAMPLES) target.fill(silence, at + count, at + FRAME_SAMPLES);
      playing.position = from + FRAME_SAMPLES;
      return true;
    }
    return false;
  }

  /** The frame that `fill` wrote has been handed over: a prompt that ended with it is finished. */
  handedOver(): void {
    const playing = this.#queue[0];
    if (playing && playing.position >= playing.pcmu.length) playing.wait.resolve('finished');
  }

  /** Rejects everything that waits. */
  close(error: unknown): void {
    for (const playing of [...this.#queue]) playing.wait.reject(error);
  }
}
