import { columnsHz, keyAt, rowsHz } from './dtmf-tones.ts';

const SAMPLE_RATE = 8000;
/** 12.75 ms: the eight frequencies are far enough apart in blocks of this length. */
const BLOCK_SAMPLES = 102;
/** Blocks in a row that have to agree before a key counts as pressed, and, no more of them, that have to be without it before it counts as released. */
const PRESS_BLOCKS = 2;
const RELEASE_BLOCKS = 2;
/** How much of all the energy the two tones must have. Voices spread theirs. */
const LEAST_SHARE = 0.72;
/** How much stronger the column may be than the row, and the row than the column: 6 and 9 dB. */
const MOST_TWIST = 10 ** 0.6;
const MOST_REVERSE_TWIST = 10 ** 0.9;
/** How much stronger each tone is than the others of its group: 8 dB. */
const SELECTIVITY = 10 ** 0.8;
/** RMS of 16 bit samples below which nothing is a key: about -41 dBm0. */
const LEAST_RMS = 200;
/** Blocks that may be missing within a key before it counts as released. */
const MOST_UNKNOWN = 5;

const coefficients = Float64Array.from([...rowsHz, ...columnsHz], (hz) => 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE));
const ROWS = rowsHz.length;

/** A key went down, or up again. */
interface KeyChange {
  readonly kind: 'pressed' | 'released';
  readonly digit: string;
}

/**
 * Hears the keys of a telephone in audio at 8000 samples per second, by the energy at the eight frequencies of DTMF (ITU-T Q.23, Q.24): a pair
 * counts when it has nearly all energy, its tones are of like strength and stand out of their groups. Each key that is pressed for
 * 40 ms or more is told once.
 */
export class DtmfDetector {
  readonly #onChange: (change: KeyChange) => void;
  readonly #block = new Float64Array(BLOCK_SAMPLES);
  readonly #powers = new Float64Array(coefficients.length);
  #filled = 0;
  /** The key that blocks show lately, and in how many in a row. */
  #candidate = '';
  #agreeing = 0;
  #held = '';
  #without = 0;
  #unknown = 0;

  constructor(onChange: (change: KeyChange) => void) {
    this.#onChange = onChange;
  }

  /** The next samples. */
  hear(samples: Int16Array): void {
    for (let index = 0; index < samples.length; index++) {
      this.#block[this.#filled++] = samples[index] ?? 0;
      if (this.#filled < BLOCK_SAMPLES) continue;
      this.#filled = 0;
      this.#unknown = 0;
      this.#take(this.#keyInBlock());
    }
  }

  /** The next samples are not known, because they were lost: for a while a key that is down stays down. */
  miss(samples: number): void {
    this.#filled = 0;
    this.#unknown += samples / BLOCK_SAMPLES;
    if (this.#unknown <= MOST_UNKNOWN) return;
    this.reset();
  }

  /** Something else is heard from now on: a key that is down is released. */
  reset(): void {
    this.#filled = 0;
    this.#candidate = '';
    this.#agreeing = 0;
    this.#release();
  }

  #take(key: string): void {
    this.#agreeing = key !== '' && key === this.#candidate ? this.#agreeing + 1 : 1;
    this.#candidate = key;
    if (key === this.#held) {
      this.#without = 0;
      return;
    }
    if (++this.#without >= RELEASE_BLOCKS) this.#release();
    if (key === '' || this.#agreeing < PRESS_BLOCKS) return;
    this.#held = key;
    this.#onChange({ kind: 'pressed', digit: key });
  }

  #release(): void {
    this.#without = 0;
    if (this.#held === '') return;
    const digit = this.#held;
    this.#held = '';
    this.#onChange({ kind: 'released', digit });
  }

  /** The key whose tones are in the block, or ''. */
  #keyInBlock(): string {
    let energy = 0;
    for (let index = 0; index < BLOCK_SAMPLES; index++) energy += (this.#block[index] ?? 0) ** 2;
    if (energy < LEAST_RMS * LEAST_RMS * BLOCK_SAMPLES) return '';
    this.#measure();
    const row = this.#strongest(0, ROWS);
    const column = this.#strongest(ROWS, coefficients.length);
    if (row < 0 || column < 0) return '';
    const low = this.#powers[row] ?? 0;
    const high = this.#powers[column] ?? 0;
    if (high > low * MOST_TWIST || low > high * MOST_REVERSE_TWIST) return '';
    // A sine of amplitude A has a power of (A N / 2)^2 here, and an energy of A^2 N / 2.
    if ((low + high) * 2 < LEAST_SHARE * energy * BLOCK_SAMPLES) return '';
    return keyAt(row, column - ROWS);
  }

  /** The Goertzel algorithm at each frequency. */
  #measure(): void {
    for (let tone = 0; tone < coefficients.length; tone++) {
      const coefficient = coefficients[tone] ?? 0;
      let last = 0;
      let before = 0;
      for (let index = 0; index < BLOCK_SAMPLES; index++) {
        const now = (this.#block[index] ?? 0) + coefficient * last - before;
        before = last;
        last = now;
      }
      this.#powers[tone] = last * last + before * before - coefficient * last * before;
    }
  }

  /** The frequency of a group that stands out of it, or -1. */
  #strongest(from: number, to: number): number {
    let best = from;
    for (let tone = from + 1; tone < to; tone++) if ((this.#powers[tone] ?? 0) > (this.#powers[best] ?? 0)) best = tone;
    for (let tone = from; tone < to; tone++) {
      if (tone !== best && (this.#powers[tone] ?? 0) * SELECTIVITY > (this.#powers[best] ?? 0)) return -1;
    }
    return best;
  }
}
