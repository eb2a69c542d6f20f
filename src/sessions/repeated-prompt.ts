import type { CallLeg, Prompt } from '../telephony/port.ts';

/** A prompt that is played to a call again and again, except while something else is played. */
export class RepeatedPrompt {
  readonly #call: Pick<CallLeg, 'play'>;
  readonly #prompt: Prompt;
  #playing: AbortController | undefined;
  /** How much else is played. */
  #others = 0;
  #stopped = false;

  /** Begins to play. */
  constructor(call: Pick<CallLeg, 'play'>, prompt: Prompt) {
    this.#call = call;
    this.#prompt = prompt;
    this.#begin();
  }

  /** Something else is played, until as many calls of `goOn`. */
  pause(): void {
    this.#others++;
    this.#playing?.abort();
    this.#playing = undefined;
  }

  goOn(): void {
    this.#others--;
    this.#begin();
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#playing?.abort();
    this.#playing = undefined;
  }

  #begin(): void {
    if (this.#stopped || this.#others > 0 || this.#prompt.durationMs <= 0) return;
    const playing = new AbortController();
    this.#playing = playing;
    const again = (): Promise<unknown> => this.#call.play(this.#prompt, { interruptible: false }, playing.signal).then(again);
    // It ends with the pause, or with the call.
    again().catch(() => undefined);
  }
}
