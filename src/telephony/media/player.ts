import type { G711Codec } from '../audio/g711.ts';
import type { Prompt } from '../audio/prompt.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { PlayRules } from './media-port.ts';
import { newWait, type Wait } from './wait.ts';

const FRAME_WORDS = FRAME_SAMPLES / 4;

/** The same memory as bytes and as words of four: copying by words costs a sixth. */
export interface AudioBytes {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** Looks at `length` bytes from `start` on, which is a multiple of four. */
export function audioBytes(memory: ArrayBuffer | SharedArrayBuffer, start = 0, length = memory.byteLength): AudioBytes {
  return { bytes: new Uint8Array(memory, start, length), words: new Uint32Array(memory, start, length >> 2) };
}

/** What gives frames to be sent, one by one. */
export type FramePlayer = Pick<Player, 'fill' | 'handedOver'>;

interface Playing {
  readonly pcmu: AudioBytes;
  readonly pcma: AudioBytes;
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
        pcmu: audioBytes(prompt.pcmu),
        pcma: audioBytes(prompt.pcma),
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
   * Writes the next frame into `frame`, 160 bytes. Answers false, with nothing written, when there is none. What the last frame of a
   * prompt leaves free is filled with `silence`.
   */
  fill(codec: G711Codec, silence: number, frame: AudioBytes): boolean {
    for (let playing = this.#queue[0]; playing; playing = this.#queue[0]) {
      const audio = codec === 'PCMU' ? playing.pcmu : playing.pcma;
      const from = playing.position;
      const left = audio.bytes.length - from;
      if (left <= 0) {
        playing.wait.resolve('finished');
        continue;
      }
      if (left >= FRAME_SAMPLES) {
        const firstWord = from >> 2;
        for (let index = 0; index < FRAME_WORDS; index++) frame.words[index] = audio.words[firstWord + index] ?? 0;
      } else {
        for (let index = 0; index < FRAME_SAMPLES; index++) frame.bytes[index] = audio.bytes[from + index] ?? silence;
      }
      playing.position = from + FRAME_SAMPLES;
      return true;
    }
    return false;
  }

  /** The frame that `fill` wrote has been handed over: a prompt that ended with it is finished. */
  handedOver(): void {
    const playing = this.#queue[0];
    if (playing && playing.position >= playing.pcmu.bytes.length) playing.wait.resolve('finished');
  }

  /** Rejects everything that waits. */
  close(error: unknown): void {
    for (const playing of [...this.#queue]) playing.wait.reject(error);
  }
}
