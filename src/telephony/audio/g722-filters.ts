import { halfBandTaps } from './half-band.ts';

// Between audio of 8000 samples per second and the sub-bands of G.722 there are two filters: one that doubles or halves the rate, and the pair
// that splits 16000 samples per second into the sub-bands or joins them. In a row, each way, they are two plain filters at 8000 per second.

/** One half of the symmetric filter that splits and joins the sub-bands (ITU-T G.722, table 11), in units of 1/8192. */
const quadrature = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const UNIT = 8192;
const PAIRS = quadrature.length;
const rate = halfBandTaps();

/** Taps of a filter into or out of both sub-bands, the newest sample first. */
export interface BandFilters {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** How many samples each filter looks at. */
export const BAND_TAPS = (rate.length - 1) / 2 + PAIRS;

/** From samples of 16 bits to sub-bands of 15: doubles the rate and splits (clause 5.2.1). */
export function splittingFilters(): BandFilters {
  const lower = new Float64Array(BAND_TAPS);
  const upper = new Float64Array(BAND_TAPS);
  for (let tap = 0; tap < BAND_TAPS; tap++) {
    for (let pair = 0; pair < PAIRS; pair++) {
      // Doubling the rate puts a zero between samples, which halves them: hence twice the filter.
      const even = (2 * tapOf(quadrature, pair) * tapOf(rate, 2 * (pair - PAIRS + 1 + tap))) / (2 * UNIT);
      const odd = (2 * tapOf(quadrature, PAIRS - 1 - pair) * tapOf(rate, 2 * (pair - PAIRS + 1 + tap) + 1)) / (2 * UNIT);
      lower[tap] = tapOf(lower, tap) + odd + even;
      upper[tap] = tapOf(upper, tap) + odd - even;
    }
  }
  return { lower, upper };
}

/** From sub-bands of 15 bits to samples of 16: joins and halves the rate (clause 5.2.2). */
export function joiningFilters(): BandFilters {
  const lower = new Float64Array(BAND_TAPS);
  const upper = new Float64Array(BAND_TAPS);
  for (let index = 0; index < rate.length; index++) {
    const isEven = index % 2 === 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      const tap = Math.floor(index / 2) + PAIRS - 1 - pair;
      const weight = (tapOf(rate, index) * tapOf(quadrature, isEven ? pair : PAIRS - 1 - pair) * 4) / UNIT;
      lower[tap] = tapOf(lower, tap) + weight;
      upper[tap] = tapOf(upper, tap) + (isEven ? weight : -weight);
    }
  }
  return { lower, upper };
}

function tapOf(taps: ArrayLike<number>, index: number): number {
  return taps[index] ?? 0;
}
