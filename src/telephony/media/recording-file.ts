import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { wavHeader, wavHeaderBytes } from '../audio/wav.ts';
import { giveBackSamples } from './sample-memory.ts';

const SAMPLE_RATE = 8000;
const SAMPLE_BYTES = 2;
/** Chunks that may wait for a slow disk; beyond them the audio is lost and the file has silence in its place. */
const MAX_WAITING = 30;

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

/** A WAV file (16 bit, 8000 Hz) that grows, by about a second of audio at a time. Nobody waits for the disk. */
export class RecordingFile {
  readonly channels: 1 | 2;
  readonly #path: string;
  /** What was handed in, or lost, so far, in bytes. */
  #bytes = 0;
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
    this.channels = channels;
    this.#writing = this.#guard(async () => {
      this.#file = await open(this.#path, 'w');
      await this.#writeHeader(0);
    });
  }

  /** Samples of each channel so far. */
  get samples(): number {
    return this.#bytes / SAMPLE_BYTES / this.channels;
  }

  /** Samples of each channel that the disk was too slow for: silence is in their place. */
  get lost(): number {
    return this.#lostSamples / this.channels;
  }

  /**
   * Cuts each channel to its first `samples` samples, when all is written, and closes the file. Answers the size of the file in bytes.
   * @throws the error of the disk, also one of an earlier write.
   */
  async finish(samples: number): Promise<number> {
    await this.#writing;
    const audioBytes = samples * SAMPLE_BYTES * this.channels;
    await this.#guard(async () => {
      if (this.#writtenBytes !== audioBytes) await this.#file?.truncate(wavHeaderBytes + audioBytes);
      await this.#writeHeader(audioBytes);
    });
    if (this.#error !== undefined) throw this.#error;
    await this.#file?.close();
    return wavHeaderBytes + audioBytes;
  }

  /**
   * Adds the first `filled` samples at the end; of two channels, one of each in turn. The memory is the file's from now on. To be called about once per
   * second: what is not handed in yet is what a crash costs.
   */
  write(samples: Int16Array<ArrayBuffer>, filled: number): void {
    if (this.#error === undefined && this.#waiting.length < MAX_WAITING) {
      this.#waiting.push({ at: this.#bytes, samples, filled });
      if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#writeAll());
    } else {
      this.#lostSamples += filled;
      giveBackSamples(samples);
    }
    this.#bytes += filled * SAMPLE_BYTES;
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
    await this.#file?.write(wavHeader(SAMPLE_RATE, audioBytes, this.channels), 0, wavHeaderBytes, 0);
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
