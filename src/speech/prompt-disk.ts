import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { promptFileBytes, readPromptFile, writePromptFile } from './prompt-file.ts';

const NAME = /^[0-9a-f]{64}\.prompt$/;
const UNFINISHED = /^[0-9a-f]{64}\.prompt\.tmp$/;
const STATS_AT_ONCE = 64;

export interface PromptDiskOptions {
  readonly directory: string;
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Prompts on disk under a byte limit; the least recently used go first (a file's time of modification says when it was used).
 * The directory belongs to one process. Everything here is only a cache: trouble with the disk is logged, never thrown.
 */
export class PromptDisk {
  readonly #options: PromptDiskOptions;
  /** File sizes by key, least recently used first. */
  readonly #sizes: Map<string, number>;
  readonly #writing = new Map<string, Promise<void>>();
  #bytes = 0;

  private constructor(options: PromptDiskOptions, sizes: Map<string, number>) {
    this.#options = options;
    this.#sizes = sizes;
    for (const size of sizes.values()) this.#bytes += size;
  }

  /** Makes the directory, takes stock of it, and removes files whose writing was interrupted. @throws when it cannot be made or read. */
  static async open(options: PromptDiskOptions): Promise<PromptDisk> {
    const { directory } = options;
    await mkdir(directory, { recursive: true });
    const names = await readdir(directory);
    await Promise.all(names.filter((name) => UNFINISHED.test(name)).map((name) => rm(join(directory, name), { force: true })));
    const kept = names.filter((name) => NAME.test(name));
    const files: { key: string; size: number; usedMs: number }[] = [];
    for (let at = 0; at < kept.length; at += STATS_AT_ONCE) {
      const stats = kept.slice(at, at + STATS_AT_ONCE).map(async (name) => {
        const { size, mtimeMs } = await stat(join(directory, name));
        return { key: name.slice(0, 64), size, usedMs: mtimeMs };
      });
      files.push(...(await Promise.all(stats)));
    }
    files.sort((one, other) => one.usedMs - other.usedMs);
    const disk = new PromptDisk(options, new Map(files.map(({ key, size }) => [key, size])));
    await disk.#evict();
    return disk;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The prompt of `key`; undefined when there is none, or when it is damaged (then it is removed). */
  async get(key: string): Promise<Prompt | undefined> {
    const size = this.#sizes.get(key);
    if (size === undefined) return undefined;
    try {
      const prompt = await readPromptFile(this.#path(key));
      if (!prompt) {
        this.#options.log.warn({ key }, 'a cached prompt is damaged and will be made again');
        await this.#remove(key);
        return undefined;
      }
      const now = this.#options.clock.now() / 1000;
      await utimes(this.#path(key), now, now);
      this.#touch(key, size);
      return prompt;
    } catch (error) {
      this.#complain(error, 'a cached prompt could not be read');
      await this.#remove(key);
      return undefined;
    }
  }

  /** Begins to write `prompt`; `flush` waits for the end. */
  put(key: string, prompt: Prompt): void {
    const size = promptFileBytes(prompt);
    if (size > this.#options.limitBytes || this.#writing.has(key)) return;
    this.#writing.set(
      key,
      this.#write(key, prompt, size).finally(() => this.#writing.delete(key)),
    );
  }

  /** Waits until everything that was put is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  async #write(key: string, prompt: Prompt, size: number): Promise<void> {
    try {
      await writePromptFile(this.#path(key), prompt);
      const now = this.#options.clock.now() / 1000;
      await utimes(this.#path(key), now, now);
      this.#touch(key, size);
      await this.#evict();
    } catch (error) {
      this.#complain(error, 'a prompt could not be cached on disk');
    }
  }

  #touch(key: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0);
    this.#sizes.delete(key);
    this.#sizes.set(key, size);
  }

  async #evict(): Promise<void> {
    for (const key of this.#sizes.keys()) {
      if (this.#bytes <= this.#options.limitBytes) break;
      await this.#remove(key);
    }
  }

  async #remove(key: string): Promise<void> {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    try {
      await rm(this.#path(key), { force: true });
    } catch (error) {
      this.#complain(error, 'a cached prompt could not be removed');
    }
  }

  #path(key: string): string {
    return join(this.#options.directory, `${key}.prompt`);
  }

  #complain(error: unknown, message: string): void {
    this.#options.log.warn({ error: error instanceof Error ? error.message : String(error) }, message);
  }
}
