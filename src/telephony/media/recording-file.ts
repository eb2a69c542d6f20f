import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { wavHeader, wavHeaderBytes } from '../audio/wav.ts';
import { giveBackSamples, takeSamples } from './sample-memory.ts';

const SAMPLE_RATE = 8000;
const SAMPLE_BYTES = 2;
/** What is kept until it is written, in seconds: more than comes from one write to the next, when audio comes in lumps. */
const CHUNK_SECONDS = 1.25;
/** Chunks that may wait for a slow disk; beyond them the audio is lost and the file has silence in its place. */
const MAX_WAITING = 30;

/** In place of a chunk when nothing may be appended any more. */
const nothing = new Int16Array(0);

interface Chunk {
  readonly at: number;
  readonly samples: Int16Array<ArrayBuffer>;
  /** How many of them are valid. */
  readonly filled: number;
}

/**
 * How often the header is written, in seconds of audio. In between it says less than is there, so the file is valid at every moment; when the process
 * dies, `mendRecording` makes it say all.
 */
const HEADER_SECONDS = 10;

/** A WAV file (16 bit, 8000 Hz) that grows, by about a second of audio at a time. Appending never waits for the disk. */
export class RecordingFile {
  readonly #path: string;
  readonly #channels: 1 | 2;
  /** Samples that are kept until they are written: what a crash can cost. */
  readonly #chunkSamples: number;
  #chunk: Int16Array<ArrayBuffer>;
  /** Samples in the chunk. */
  #filled = 0;
  /** Where in the audio the chunk begins, in bytes. */
  #chunkAt = 0;
  #chunksToHeader = 1;
  /** Audio in the file, in bytes. */
  #writtenBytes = 0;
  readonly #waiting: Chunk[] = [];
  #writing: Promise<void>;
  #file: FileHandle | undefined;
  #error: unknown;
  readonly #onFailed: (error: unknown) => void;
  #lostSamples = 0;

  /** Creates the file, or empties it. An error of the disk is told to `onFailed` at once, and comes out of `finish`; nothing more is written then. */
  constructor(path: string, channels: 1 | 2 = 1, onFailed: (error: unknown) => void = () => {}) {
    this.#path = path;
    this.#onFailed = onFailed;
    this.#channels = channels;
    this.#chunkSamples = CHUNK_SECONDS * SAMPLE_RATE * channels;
    this.#chunk = takeSamples(this.#chunkSamples);
    this.#writing = this.#guard(async () => {
      this.#file = await open(this.#path, 'w');
      await this.#writeHeader(0);
    });
  }

  /** Samples of each channel appended so far. */
  get samples(): number {
    return (this.#chunkAt / SAMPLE_BYTES + this.#filled) / this.#channels;
  }

  /** Samples of each channel that the disk was too slow for: silence is in their place. */
  get lost(): number {
    return this.#lostSamples / this.#channels;
  }

  /** Adds samples at the end; of two channels, one of each in turn. */
  append(samples: Int16Array): void {
    let from = 0;
    this.appendBy(samples.length, (target, at, count) => {
      target.set(count === samples.length ? samples : samples.subarray(from, from + count), at);
      from += count;
    });
  }

  /** The same for `length` samples, which `put` puts into `target` from `at` on, the next `count` of them at a time: it is called at once. */
  appendBy(length: number, put: (target: Int16Array, at: number, count: number) => void): void {
    for (let left = length; left > 0; ) {
      const count = Math.min(left, this.#chunkSamples - this.#filled);
      put(this.#chunk, this.#filled, count);
      this.#filled += count;
      left -= count;
      if (this.#filled === this.#chunkSamples) this.write();
    }
  }

  /**
   * Writes what is left, cuts each channel to its first `samples` samples and closes the file. Answers the size of the file in bytes.
   * @throws the error of the disk, also one of an earlier write.
   */
  async finish(samples: number): Promise<number> {
    this.write();
    giveBackSamples(this.#chunk);
    this.#chunk = nothing;
    await this.#writing;
    const audioBytes = samples * SAMPLE_BYTES * this.#channels;
    await this.#guard(async () => {
      if (this.#writtenBytes !== audioBytes) await this.#file?.truncate(wavHeaderBytes + audioBytes);
      await this.#writeHeader(audioBytes);
    });
    if (this.#error !== undefined) throw this.#error;
    await this.#file?.close();
    return wavHeaderBytes + audioBytes;
  }

  /** Writes what there is. To be called about once per second. */
  write(): void {
    if (this.#filled === 0) return;
    if (this.#error === undefined && this.#waiting.length < MAX_WAITING) {
      this.#waiting.push({ at: this.#chunkAt, samples: this.#chunk, filled: this.#filled });
      this.#chunk = takeSamples(this.#chunkSamples);
      if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#writeAll());
    } else this.#lostSamples += this.#filled;
    this.#chunkAt += this.#filled * SAMPLE_BYTES;
    this.#filled = 0;
  }

  async #writeAll(): Promise<void> {
    for (let chunk = this.#waiting[0]; chunk; chunk = this.#waiting[0]) {
      const { at, samples, filled } = chunk;
      const bytes = littleEndian(samples, filled);
      await this.#guard(async () => {
        await this.#file?.write(bytes, 0, bytes.length, wavHeaderBytes + at);
        this.#writtenBytes = at + bytes.length;
        if (--this.#chunksToHeader > 0) return;
        this.#chunksToHeader = HEADER_SECONDS;
        await this.#writeHeader(at + bytes.length);
      });
      this.#waiting.shift();
      giveBackSamples(samples);
    }
  }

  async #writeHeader(audioBytes: number): Promise<void> {
    await this.#file?.write(wavHeader(SAMPLE_RATE, audioBytes, this.#channels), 0, wavHeaderBytes, 0);
  }

  async #guard(write: () => Promise<void>): Promise<void> {
    if (this.#error !== undefined) return;
    try {
      await write();
    } catch (error) {
      this.#error = error;
      this.#onFailed(error);
      await this.#file?.close().catch(() => undefined);
    }
  }
}

/** The bytes of the first samples as WAV wants them. */
function littleEndian(samples: Int16Array<ArrayBuffer>, count: number): Uint8Array {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, count * SAMPLE_BYTES);
  return endianness() === 'LE' ? bytes : bytes.swap16();
}
