import type { Prompt } from '../audio/prompt.ts';
import type { MediaCommand } from './protocol.ts';

/** Which prompts a worker has been given, so that each travels once. Those not played for longest are forgotten first. */
export class PromptMemory {
  readonly #maxBytes: number;
  readonly #bytes = new Map<string, number>();
  #total = 0;

  /** `maxBytes` is how much audio the worker may hold for prompts that are not being played. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What the worker has to be told before it is asked to play `prompt`. */
  use(prompt: Prompt): readonly MediaCommand[] {
    const known = this.#bytes.get(prompt.id);
    const bytes = known ?? prompt.pcmu.byteLength + prompt.pcma.byteLength;
    this.#bytes.delete(prompt.id);
    this.#bytes.set(prompt.id, bytes);
    if (known !== undefined) return [];
    this.#total += bytes;
    return [
      { kind: 'remember', prompt: { id: prompt.id, durationMs: prompt.durationMs, pcmu: prompt.pcmu, pcma: prompt.pcma } },
      ...this.#trim(prompt.id),
    ];
  }

  #trim(keep: string): readonly MediaCommand[] {
    const commands: MediaCommand[] = [];
    for (const [promptId, bytes] of this.#bytes) {
      if (this.#total <= this.#maxBytes || promptId === keep) break;
      this.#bytes.delete(promptId);
      this.#total -= bytes;
      commands.push({ kind: 'forget', promptId });
    }
    return commands;
  }
}
