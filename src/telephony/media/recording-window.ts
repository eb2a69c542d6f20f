import { mixPairs } from './mix-pairs.ts';
import { PacketRun } from './packet-run.ts';
import type { RecordingFile } from './recording-file.ts';
import { MAX_AHEAD_SAMPLES, RecordingPositions } from './recording-positions.ts';
import { giveBackSamples, takeSamples } from './sample-memory.ts';

/** Audio that belongs in the file is written by itself when there is so much of it: more than comes in a second, unless it comes in lumps. */
const MOST_KEPT_SAMPLES = 10_000;
/** How far beyond what was taken audio may lie: 2 s. */
const MOST_OPEN_SAMPLES = 16_384;
const ROOM_SAMPLES = MOST_KEPT_SAMPLES + MOST_OPEN_SAMPLES;

const closed = new Int16Array(0);

/** Samples, or packets that are decoded where they belong: the way through a second place costs as much as the decoding. */
export type RecordedAudio = Int16Array | PacketRun;

/**
 * The audio of one or two sides on its way into a file. It is put where it belongs in time, by RTP timestamp, and what never came is silence; what is
 * complete is taken in order, to be kept or dropped; and what was kept is written from the place where it stands. Of two sides there is one sample of
 * each in turn; in a file of one channel they are mixed.
 */
export class RecordingWindow {
  readonly #file: RecordingFile;
  readonly #sides: 1 | 2;
  readonly #positions = [new RecordingPositions(), new RecordingPositions()] as const;
  /** Samples of each side that belong in the file; behind them what is not taken yet. */
  #kept = 0;
  /** Everything before this position in time has been taken. */
  #taken = 0;
  /** The position up to which each side stands there; beyond it there is something old. */
  readonly #ends: [number, number] = [0, 0];
  #samples: Int16Array<ArrayBuffer>;

  constructor(file: RecordingFile, sides: 1 | 2) {
    this.#file = file;
    this.#sides = sides;
    this.#samples = takeSamples(sides * ROOM_SAMPLES);
  }

  /** Up to where in time audio was taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Samples of each side that were kept so far, those in the file among them. */
  get kept(): number {
    return this.#file.samples + this.#kept;
  }

  /** Timestamps of a side begin anew (another source). */
  restart(side: 0 | 1): void {
    this.#positions[side].restart();
  }

  /**
   * Puts in the samples of one packet, or of several that follow on each other, that came at `nowPosition`; they may be used again afterwards. `timestamp`
   * counts samples.
   */
  put(side: 0 | 1, audio: RecordedAudio, timestamp: number, nowPosition: number): void {
    const { length } = audio;
    if (length === 0 || length > MAX_AHEAD_SAMPLES || this.#samples === closed) return;
    const positions = this.#positions[side];
    const position = positions.of(timestamp, length, nowPosition, this.#taken);
    const first = Math.max(0, this.#taken - position);
    const end = Math.min(length, this.#taken + MOST_OPEN_SAMPLES - position);
    if (first >= end) return;
    this.#silence(side, position + first);
    const target = this.#samples;
    const sides = this.#sides;
    const at = this.#placeOf(side, position + first);
    if (audio instanceof PacketRun) audio.decodeInto(target, at, sides, first, end);
    else for (let from = first, to = at; from < end; from++, to += sides) target[to] = audio[from] ?? 0;
    const after = at + sides * (end - first);
    const isDoubled = positions.moved > 0 && end === length && position + end < this.#taken + MOST_OPEN_SAMPLES;
    if (isDoubled) target[after] = target[after - sides] ?? 0;
    this.#ends[side] = Math.max(this.#ends[side], position + end + (isDoubled ? 1 : 0));
  }

  /** The next `count` samples to be taken, of one side; valid until the next call of anything. */
  next(count: number): Int16Array {
    this.#fill(count);
    return this.#samples.subarray(this.#kept, this.#kept + count);
  }

  /** Takes the next `count` samples of each side; they belong in the file. */
  keep(count: number): void {
    this.#fill(count);
    this.#taken += count;
    this.#kept += count;
    if (this.#kept >= MOST_KEPT_SAMPLES) this.write();
  }

  /** Takes the next `count` samples of each side, for nobody. */
  drop(count: number): void {
    this.#fill(count);
    const sides = this.#sides;
    this.#samples.copyWithin(sides * this.#kept, sides * (this.#kept + count), sides * this.#end());
    this.#taken += count;
  }

  /** Puts samples of one side that are not of this time behind those that were kept, and keeps them. */
  insert(samples: Int16Array): void {
    this.#samples.copyWithin(this.#kept + samples.length, this.#kept, this.#end());
    this.#samples.set(samples, this.#kept);
    this.#kept += samples.length;
  }

  /** Writes what was kept. To be called about once per second. */
  write(): void {
    if (this.#kept === 0) return;
    const sides = this.#sides;
    const written = this.#samples;
    const kept = this.#kept;
    this.#samples = takeSamples(written.length);
    this.#samples.set(written.subarray(sides * kept, sides * this.#end()));
    this.#kept = 0;
    if (this.#file.channels < sides) mixPairs(written, kept);
    this.#file.write(written, this.#file.channels * kept);
  }

  /** Writes what was kept, and gives the memory back. Nothing may be taken afterwards. Idempotent. */
  close(): void {
    this.write();
    if (this.#samples !== closed) giveBackSamples(this.#samples);
    this.#samples = closed;
  }

  #placeOf(side: 0 | 1, position: number): number {
    return this.#sides * (this.#kept + position - this.#taken) + side;
  }

  /** Up to where something stands there, in samples of each side from the beginning of the memory. */
  #end(): number {
    return this.#kept + Math.max(...this.#ends) - this.#taken;
  }

  /** The next `count` samples of each side stand there, whether anything came or not. */
  #fill(count: number): void {
    this.#silence(0, this.#taken + count);
    if (this.#sides === 2) this.#silence(1, this.#taken + count);
  }

  /** There is silence up to this position where nothing stands yet. */
  #silence(side: 0 | 1, position: number): void {
    if (position <= this.#ends[side]) return;
    const target = this.#samples;
    const end = this.#placeOf(side, position);
    for (let at = this.#placeOf(side, this.#ends[side]); at < end; at += this.#sides) target[at] = 0;
    this.#ends[side] = position;
  }
}
