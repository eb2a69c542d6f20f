import type { Prompt } from '../telephony/port.ts';
import type { PromptSource } from './flow-host.ts';

/** Prompts that one call keeps ready. */
const MAX_PROMPTS = 200;

/** Where prompts are made or read. */
export interface PromptMaker {
  speech(text: string, voice: string | undefined, signal: AbortSignal): Promise<Prompt>;
  file(fileId: string, signal: AbortSignal): Promise<Prompt>;
  beep(): Prompt | Promise<Prompt>;
  ringing(): Prompt | Promise<Prompt>;
  /** What who is on hold hears, again and again. */
  holdMusic(): Prompt | Promise<Prompt>;
}

/**
 * The prompts of one call: each is made once, and once it is ready it is answered at once, without a promise. What fails is
 * forgotten, so that the next who asks tries again. Making goes on until `signal` is aborted: whoever asks later shares it.
 */
export class CallPrompts implements PromptSource {
  readonly #maker: PromptMaker;
  readonly #signal: AbortSignal;
  readonly #prompts = new Map<string, Prompt | Promise<Prompt>>();

  constructor(maker: PromptMaker, signal: AbortSignal) {
    this.#maker = maker;
    this.#signal = signal;
  }

  speech(text: string, voice: string | undefined): Prompt | Promise<Prompt> {
    return this.#remember(`speech ${JSON.stringify([voice, text])}`, () => this.#maker.speech(text, voice, this.#signal));
  }

  file(fileId: string): Prompt | Promise<Prompt> {
    return this.#remember(`file ${fileId}`, () => this.#maker.file(fileId, this.#signal));
  }

  beep(): Prompt | Promise<Prompt> {
    return this.#remember('beep', () => this.#maker.beep());
  }

  ringing(): Prompt | Promise<Prompt> {
    return this.#remember('ringing', () => this.#maker.ringing());
  }

  holdMusic(): Prompt | Promise<Prompt> {
    return this.#remember('hold music', () => this.#maker.holdMusic());
  }

  #remember(key: string, make: () => Prompt | Promise<Prompt>): Prompt | Promise<Prompt> {
    const known = this.#prompts.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#prompts.set(key, made);
    if (made instanceof Promise) {
      made.then(
        (prompt) => this.#prompts.set(key, prompt),
        () => this.#prompts.delete(key),
      );
    }
    this.#forgetOldest();
    return made;
  }

  #forgetOldest(): void {
    const [oldest] = this.#prompts.keys();
    if (oldest !== undefined && this.#prompts.size > MAX_PROMPTS) this.#prompts.delete(oldest);
  }
}
