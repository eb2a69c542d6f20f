import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import { audioLimits } from '../telephony/audio/audio-source.ts';
import { equaliserVersion } from '../telephony/audio/equaliser.ts';
import { makePrompt } from '../telephony/audio/make-prompt.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { AudioThread } from './audio-thread.ts';
import { type FliteVoice, fliteIdentity, fliteVoices } from './flite.ts';
import { PromptDisk } from './prompt-disk.ts';
import { PromptMemory } from './prompt-memory.ts';
import { SharedWork } from './shared-work.ts';
import { spokenText } from './spoken-text.ts';

export interface SpeechOptions {
  /** Where rendered prompts are kept; made when missing. One process at a time. */
  readonly cacheDir: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** How long a worker thread is kept without work. Default 60 s. */
  readonly idleMs?: number;
  /** Limits of the caches in bytes. Default 32 MB in memory, 256 MB on disk. */
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

/** A sound file as it was decoded. */
export interface DecodedUpload {
  readonly prompt: Prompt;
  /** A WAV file of 16 bit mono, 16000 samples per second. */
  readonly wav16k: Uint8Array<ArrayBuffer>;
  readonly durationMs: number;
}

const MEGABYTE = 1024 * 1024;
const STALL_MS = 30_000;
const MAX_TEXTS = 256;
/** Each holds a whole file in memory. */
const MAX_FILES = 8;
/** Goes up when the decoding of files changes, so that cached ones are made again. */
const DECODER_VERSION = 1;
const COPY_BYTES = 1024 * 1024;

/** Text to speech and sound files to prompts. The heavy work runs in threads that exist only while there is some. */
export class Speech {
  /** The voices, the default first. */
  readonly voices: readonly string[] = fliteVoices;
  readonly #engine = `${fliteIdentity()} eq${equaliserVersion}`;
  readonly #memory: PromptMemory;
  readonly #disk: PromptDisk;
  readonly #shared = new SharedWork<Prompt>();
  readonly #silence = makePrompt(new Int16Array(0));
  /** Apart, because a file from outside may be made to keep its decoder busy, and calls are waiting for the texts. */
  readonly #texts: AudioThread;
  readonly #files: AudioThread;

  private constructor(disk: PromptDisk, options: SpeechOptions) {
    const { log, clock = systemClock, idleMs = 60_000, memoryBytes = 32 * MEGABYTE } = options;
    this.#disk = disk;
    this.#memory = new PromptMemory(memoryBytes);
    this.#texts = new AudioThread({ name: 'speech', clock, log, idleMs, stallMs: STALL_MS, maxJobs: MAX_TEXTS });
    this.#files = new AudioThread({ name: 'sound-files', clock, log, idleMs, stallMs: STALL_MS, maxJobs: MAX_FILES });
  }

  /** Opens the cache; starts no thread yet. @throws when the directory cannot be made or read. */
  static async open(options: SpeechOptions): Promise<Speech> {
    const { cacheDir, log, clock = systemClock, diskBytes = 256 * MEGABYTE } = options;
    return new Speech(await PromptDisk.open({ directory: cacheDir, limitBytes: diskBytes, clock, log }), options);
  }

  /** Threads that exist now. */
  get threads(): number {
    return [this.#texts, this.#files].filter((thread) => thread.threadId !== undefined).length;
  }

  /**
   * The prompt that says `text`: from memory without leaving the thread, from disk, or synthesised; several askers for the same share
   * the work. SSML is not understood: tags are read as text. Text in which nothing can be said gives a prompt of zero length.
   * @throws AppError TEXT_NOT_SPEAKABLE (too long, no such voice), SPEECH_BUSY, SPEECH_FAILED; the reason of `signal`; AbortError
   * after `close`.
   */
  async prompt(text: string, options: { readonly voice?: string }, signal: AbortSignal): Promise<Prompt> {
    signal.throwIfAborted();
    const voice = voiceNamed(options.voice ?? fliteVoices[0]);
    const said = spokenText(text);
    if (said === '') return this.#silence;
    const key = hashOf('say', this.#engine, voice, said);
    return this.#cached(key, async (work) => (await this.#texts.run({ kind: 'say', text: said, voice }, work)).prompt, signal);
  }

  /**
   * The prompt of a stored sound file, with the same caches. `name` stands for the content: another content has another name.
   * `load` is called when the file must be decoded.
   * @throws as `decodeUpload` does, and what `load` throws.
   */
  async stored(name: string, load: (signal: AbortSignal) => Promise<Uint8Array>, signal: AbortSignal): Promise<Prompt> {
    signal.throwIfAborted();
    const key = hashOf('file', String(DECODER_VERSION), name);
    return this.#cached(key, async (work) => (await this.decodeUpload(await load(work), work)).prompt, signal);
  }

  /**
   * Decodes a sound file: WAV or MP3, at most 64 MB and 30 minutes. The bytes are copied first and may be used by the caller.
   * @throws AppError FILE_NOT_AUDIO with the reason, SPEECH_BUSY, SPEECH_FAILED; the reason of `signal`; AbortError after `close`.
   */
  async decodeUpload(bytes: Uint8Array, signal: AbortSignal): Promise<DecodedUpload> {
    signal.throwIfAborted();
    if (bytes.length > audioLimits.bytes) {
      throw new AppError('FILE_NOT_AUDIO', { reason: `it is larger than ${audioLimits.bytes / MEGABYTE} MB` });
    }
    const file = await sharedCopy(bytes);
    const { prompt, wav16k } = await this.#files.run({ kind: 'decode', file }, signal);
    if (!wav16k) throw new AppError('SPEECH_FAILED', {});
    return { prompt, wav16k, durationMs: prompt.durationMs };
  }

  /** Ends the threads and finishes writing to the cache. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#texts.close(), this.#files.close()]);
    await this.#disk.flush();
  }

  #cached(key: string, make: (signal: AbortSignal) => Promise<Prompt>, signal: AbortSignal): Prompt | Promise<Prompt> {
    return this.#memory.get(key) ?? this.#shared.join(key, (work) => this.#fetch(key, make, work), signal);
  }

  async #fetch(key: string, make: (signal: AbortSignal) => Promise<Prompt>, signal: AbortSignal): Promise<Prompt> {
    const kept = await this.#disk.get(key);
    const prompt = kept ?? (await make(signal));
    this.#memory.put(key, prompt);
    if (!kept) this.#disk.put(key, prompt);
    return prompt;
  }
}

function voiceNamed(name: string): FliteVoice {
  const voice = fliteVoices.find((known) => known === name);
  if (!voice) throw new AppError('TEXT_NOT_SPEAKABLE', { reason: `there is no voice '${name}'; the voices are ${fliteVoices.join(', ')}` });
  return voice;
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/** Copies piece by piece: 64 MB at once would hold up every call. */
async function sharedCopy(bytes: Uint8Array): Promise<SharedArrayBuffer> {
  const copy = new SharedArrayBuffer(bytes.length);
  const target = new Uint8Array(copy);
  for (let at = 0; at < bytes.length; at += COPY_BYTES) {
    if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    target.set(bytes.subarray(at, at + COPY_BYTES), at);
  }
  return copy;
}
