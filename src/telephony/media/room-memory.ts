import { FRAME_SAMPLES } from './frame-clock.ts';

/** Frames that a thread keeps for the others: far more than they may be behind. */
const CELLS = 8;
/** Whether anybody spoke in the frame, and the sum of those who did. */
const CELL_WORDS = 1 + FRAME_SAMPLES;
/** How many frames were written, and the last of them. */
const PART_WORDS = 1 + CELLS * CELL_WORDS;
/** So many frames a reader may be behind before it goes on nearer to the end. */
const MOST_BEHIND = 4;
const BEHIND_AGAIN = 2;

/** Makes the memory that the threads of one room share, for so many of them. */
export function newRoomMemory(parts: number): SharedArrayBuffer {
  return new SharedArrayBuffer(parts * PART_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * What the threads of one room tell each other: each writes the sum of its own members, frame by frame, into its own part of the shared memory,
 * and reads those of the others. Their beats are equally fast but not at the same moment, so a reader is a frame or two behind each writer.
 */
export class RoomMemory {
  readonly #words: Int32Array;
  readonly #parts: number;
  readonly #own: number;
  /** The next frame to read of each part. */
  readonly #next: Int32Array;

  /** @throws RangeError when the memory has no part of this number */
  constructor(memory: SharedArrayBuffer, part: number) {
    this.#words = new Int32Array(memory);
    this.#parts = Math.floor(this.#words.length / PART_WORDS);
    if (!(part >= 0 && part < this.#parts)) throw new RangeError(`A room of ${this.#parts} threads has no part ${part}`);
    this.#own = part;
    this.#next = Int32Array.from({ length: this.#parts }, (_, index) => Atomics.load(this.#words, index * PART_WORDS));
  }

  /** Writes the next frame of this thread: the sum of its members, or undefined when none of them speaks. */
  publish(sum: Int32Array | undefined): void {
    if (this.#parts === 1) return;
    const start = this.#own * PART_WORDS;
    const frame = Atomics.load(this.#words, start);
    const cell = cellOf(start, frame);
    this.#words[cell] = sum ? 1 : 0;
    if (sum) this.#words.set(sum, cell + 1);
    Atomics.store(this.#words, start, (frame + 1) | 0);
  }

  /** Adds the next frame of each other thread to `total`. Answers whether anybody speaks there. */
  addOthers(total: Int32Array): boolean {
    let speaks = false;
    for (let part = 0; part < this.#parts; part++) if (part !== this.#own && this.#add(part, total)) speaks = true;
    return speaks;
  }

  #add(part: number, total: Int32Array): boolean {
    const words = this.#words;
    const start = part * PART_WORDS;
    const written = Atomics.load(words, start);
    let next = this.#next[part] ?? written;
    let behind = (written - next) | 0;
    if (behind <= 0) return false;
    if (behind > MOST_BEHIND) {
      next = (written - BEHIND_AGAIN) | 0;
      behind = BEHIND_AGAIN;
    }
    // Silence is the moment to catch up.
    if (behind > BEHIND_AGAIN && words[cellOf(start, next)] === 0) next = (next + 1) | 0;
    const cell = cellOf(start, next);
    this.#next[part] = (next + 1) | 0;
    if (words[cell] === 0) return false;
    for (let index = 0; index < FRAME_SAMPLES; index++) total[index] = (total[index] ?? 0) + (words[cell + 1 + index] ?? 0);
    return true;
  }
}

function cellOf(start: number, frame: number): number {
  return start + 1 + (frame & (CELLS - 1)) * CELL_WORDS;
}
