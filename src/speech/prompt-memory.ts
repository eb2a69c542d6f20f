import type { Prompt } from '../telephony/audio/prompt.ts';

/** Prompts in memory under a byte limit; the least recently used go first. */
export class PromptMemory {
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #prompts = new Map<string, Prompt>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Prompt | undefined {
    const prompt = this.#prompts.get(key);
    if (prompt) {
      this.#prompts.delete(key);
      this.#prompts.set(key, prompt);
    }
    return prompt;
  }

  /** Keeps `prompt`, unless it alone is larger than the limit. */
  put(key: string, prompt: Prompt): void {
    this.#drop(key);
    const size = sizeOf(prompt);
    if (size > this.#limitBytes) return;
    this.#prompts.set(key, prompt);
    this.#bytes += size;
    for (const oldest of this.#prompts.keys()) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const prompt = this.#prompts.get(key);
    if (!prompt) return;
    this.#prompts.delete(key);
    this.#bytes -= sizeOf(prompt);
  }
}

/** What an entry costs beside its samples, roughly. */
const ENTRY_BYTES = 512;

function sizeOf(prompt: Prompt): number {
  return ENTRY_BYTES + prompt.pcmu.byteLength + prompt.pcma.byteLength;
}
