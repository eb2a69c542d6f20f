import { VoiceLevel } from './voice-level.ts';

/** After the last voice the gate stays open for so many frames: the ends of words are low, and so are pauses between them. */
const HANGOVER_FRAMES = 20;

/** Lets a member of a room through while it speaks, so that the noise of those who only listen is neither heard nor paid for. */
export class SpeechGate {
  readonly #level = new VoiceLevel();
  #open = 0;

  /** Whether `frame`, 20 ms of 16 bit samples, is to be heard. */
  passes(frame: Int16Array): boolean {
    if (this.#level.hear(frame)) this.#open = HANGOVER_FRAMES;
    else if (this.#open > 0) this.#open--;
    return this.#open > 0;
  }
}
