/** Part of the key of cached prompts: goes up when anything here changes how a prompt sounds. */
export const equaliserVersion = 1;

const SAMPLE_RATE = 8000;
const HIGH_PASS_HZ = 250;
const TREBLE_HZ = 1500;
const TREBLE_DB = 8;
const TARGET_RMS = 10 ** (-18 / 20);
/** Peaks above this are bent, so that they stay below full scale. */
const KNEE = 0.8;
const BLOCK = 160;
/** Blocks this far below the loudest are pauses and do not count for the level: 30 dB, as power. */
const PAUSE_RATIO = 1e-3;

interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/**
 * Makes synthetic speech of 8000 samples per second fit for a telephone, in place: no rumble below 250 Hz, 8 dB more treble from
 * 1500 Hz on, speech level (pauses left out) -18 dBov, peaks below full scale. Silence stays silence.
 */
export function equaliseForTelephone(samples: Float32Array): void {
  applyBiquad(samples, highPass(HIGH_PASS_HZ));
  applyBiquad(samples, highShelf(TREBLE_HZ, TREBLE_DB));
  const level = speechLevel(samples);
  if (level === 0) return;
  const gain = TARGET_RMS / level;
  for (let index = 0; index < samples.length; index++) samples[index] = bend((samples[index] ?? 0) * gain);
}

/** RMS of the parts that are no pause; full scale = 1. */
export function speechLevel(samples: Float32Array): number {
  const powers: number[] = [];
  for (let start = 0; start < samples.length; start += BLOCK) {
    const block = samples.subarray(start, start + BLOCK);
    powers.push(block.reduce((sum, sample) => sum + sample * sample, 0) / block.length);
  }
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  if (loudest === 0) return 0;
  const speech = powers.filter((power) => power >= loudest * PAUSE_RATIO);
  return Math.sqrt(speech.reduce((sum, power) => sum + power, 0) / speech.length);
}

function bend(value: number): number {
  const size = Math.abs(value);
  return size <= KNEE ? value : Math.sign(value) * (KNEE + (1 - KNEE) * Math.tanh((size - KNEE) / (1 - KNEE)));
}

function applyBiquad(samples: Float32Array, { b0, b1, b2, a1, a2 }: Biquad): void {
  let s1 = 0;
  let s2 = 0;
  for (let index = 0; index < samples.length; index++) {
    const input = samples[index] ?? 0;
    const output = b0 * input + s1;
    s1 = b1 * input - a1 * output + s2;
    s2 = b2 * input - a2 * output;
    samples[index] = output;
  }
}

/** Second-order Butterworth high-pass (R. Bristow-Johnson, Audio EQ Cookbook). */
function highPass(frequencyHz: number): Biquad {
  const angle = (2 * Math.PI * frequencyHz) / SAMPLE_RATE;
  const cos = Math.cos(angle);
  const alpha = Math.sin(angle) / Math.SQRT2;
  const a0 = 1 + alpha;
  return { b0: (1 + cos) / 2 / a0, b1: -(1 + cos) / a0, b2: (1 + cos) / 2 / a0, a1: (-2 * cos) / a0, a2: (1 - alpha) / a0 };
}

/** High shelf of slope 1 (same source). */
function highShelf(frequencyHz: number, gainDb: number): Biquad {
  const gain = 10 ** (gainDb / 40);
  const angle = (2 * Math.PI * frequencyHz) / SAMPLE_RATE;
  const cos = Math.cos(angle);
  const slope = 2 * Math.sqrt(gain) * (Math.sin(angle) / Math.SQRT2);
  const a0 = gain + 1 - (gain - 1) * cos + slope;
  return {
    b0: (gain * (gain + 1 + (gain - 1) * cos + slope)) / a0,
    b1: (-2 * gain * (gain - 1 + (gain + 1) * cos)) / a0,
    b2: (gain * (gain + 1 + (gain - 1) * cos - slope)) / a0,
    a1: (2 * (gain - 1 - (gain + 1) * cos)) / a0,
    a2: (gain + 1 - (gain - 1) * cos - slope) / a0,
  };
}
