import { AdaptivePredictor, saturate } from './adaptive-predictor.ts';

// The two sub-bands of G.722 at 64 kbit/s (ITU-T G.722, 2012, clauses 3 and 4): each takes samples of 15 bits, 8000 per second, and codes what
// is left of them after prediction. Names in capitals are those of the blocks in the recommendation.

/** Decision levels of the 6 bit quantiser. */
const decisionLevels = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714],
  ...[786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
const LEVELS = decisionLevels.length;
/** The code of each interval between decision levels, for negative and other differences. */
const negativeCodes = Uint8Array.from({ length: LEVELS + 1 }, (_, level) => (level < 3 ? 64 - level : 34 - level));
const positiveCodes = Uint8Array.from({ length: LEVELS + 1 }, (_, level) => 62 - level);

/** Output levels of the 6 bit quantiser, the loudest first. */
const fineLevels = [
  ...[24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9360, 8576, 7856, 7192, 6576],
  ...[6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728],
];
const fineOutput = Int32Array.of(-136, -136, -136, -136, ...negated(fineLevels), ...fineLevels, 432, 136, -432, -136);
/** The same for the upper 4 of its bits, which the predictor follows. */
const coarseLevels = [20_456, 12_896, 8968, 6288, 4240, 2584, 1200];
const coarseOutput = Int32Array.of(0, ...negated(coarseLevels), ...coarseLevels, 0);
/** How the logarithm of the step changes with each code of 4 bits. */
const louder = [3042, 1198, 538, 334, 172, 58, -30];
const lowerStepChange = Int32Array.of(-60, ...louder, ...louder, -60);
const MAX_LOWER_LOG = 18_432;
const FIRST_LOWER_STEP = 32;

const upperOutput = Int32Array.of(-7408, -1616, 7408, 1616);
const upperStepChange = Int32Array.of(798, -214, 798, -214);
/** The one decision level of the 2 bit quantiser. */
const UPPER_LEVEL = 564;
const MAX_UPPER_LOG = 22_528;
const FIRST_UPPER_STEP = 8;

const LARGEST = 16_383;
const mantissas = Int32Array.from({ length: 32 }, (_, index) => Math.round(2048 * 2 ** (index / 32)));

/** 0 to 4 kHz, 6 bits for each sample. */
export class LowerBand {
  readonly #predictor = new AdaptivePredictor();
  #step = FIRST_LOWER_STEP;
  #logStep = 0;

  encode(sample: number): number {
    const difference = saturate(sample - this.#predictor.prediction);
    const level = levelOf(difference < 0 ? ~difference : difference, this.#step);
    const code = (difference < 0 ? negativeCodes[level] : positiveCodes[level]) ?? 0;
    this.#follow(code);
    return code;
  }

  decode(code: number): number {
    const value = limit(this.#predictor.prediction + ((this.#step * (fineOutput[code] ?? 0)) >> 15));
    this.#follow(code);
    return value;
  }

  /** INVQAL, LOGSCL, SCALEL, and the predictor. */
  #follow(code: number): void {
    const coarse = code >> 2;
    const difference = (this.#step * (coarseOutput[coarse] ?? 0)) >> 15;
    this.#logStep = nextLog(this.#logStep, lowerStepChange[coarse] ?? 0, MAX_LOWER_LOG);
    this.#step = stepOf(this.#logStep, 8);
    this.#predictor.update(difference);
  }
}

/** 4 to 8 kHz, 2 bits for each sample. */
export class UpperBand {
  readonly #predictor = new AdaptivePredictor();
  #step = FIRST_UPPER_STEP;
  #logStep = 0;

  encode(sample: number): number {
    const difference = saturate(sample - this.#predictor.prediction);
    const isNegative = difference < 0;
    const isLarge = (isNegative ? ~difference : difference) >= (UPPER_LEVEL * this.#step) >> 12;
    const code = (isNegative ? 0 : 2) + (isLarge ? 0 : 1);
    this.#follow(code);
    return code;
  }

  decode(code: number): number {
    return limit(this.#follow(code));
  }

  /** INVQAH, LOGSCH, SCALEH, and the predictor. Answers the sample that the code stands for. */
  #follow(code: number): number {
    const difference = (this.#step * (upperOutput[code] ?? 0)) >> 15;
    const value = this.#predictor.prediction + difference;
    this.#logStep = nextLog(this.#logStep, upperStepChange[code] ?? 0, MAX_UPPER_LOG);
    this.#step = stepOf(this.#logStep, 10);
    this.#predictor.update(difference);
    return value;
  }
}

/** The interval of the 6 bit quantiser that a magnitude falls into (QUANTL), 1 to 30, by halving. */
function levelOf(magnitude: number, step: number): number {
  let low = 1;
  let high = LEVELS;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (magnitude < ((decisionLevels[middle] ?? 0) * step) >> 12) high = middle;
    else low = middle + 1;
  }
  return low;
}

function nextLog(logStep: number, change: number, most: number): number {
  const log = ((logStep * 127) >> 7) + change;
  return log < 0 ? 0 : log > most ? most : log;
}

/** SCALEL and SCALEH: the step is a power of two with 32 parts to the octave. */
function stepOf(logStep: number, exponent: number): number {
  const mantissa = mantissas[(logStep >> 6) & 31] ?? 0;
  const down = exponent - (logStep >> 11);
  return (down < 0 ? mantissa << -down : mantissa >> down) << 2;
}

function limit(value: number): number {
  return value > LARGEST ? LARGEST : value < -LARGEST - 1 ? -LARGEST - 1 : value;
}

function negated(levels: readonly number[]): number[] {
  return levels.map((level) => -level);
}
