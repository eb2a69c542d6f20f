import { describe, expect, it } from 'vitest';
import { peakAt, rms, sine } from '../../../test/support/sound.ts';
import { equaliseForTelephone, speechLevel } from './equaliser.ts';

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

function sum(...parts: Float32Array[]): Float32Array {
  return Float32Array.from({ length: parts[0]?.length ?? 0 }, (_, index) => parts.reduce((total, part) => total + (part[index] ?? 0), 0));
}

describe('telephone equaliser', () => {
  it('brings speech of any level to -18 dBov', () => {
    for (const peak of [0.001, 0.1, 0.9]) {
      const samples = sum(sine(600, 8000, 1, peak / 2), sine(1700, 8000, 1, peak / 2));
      equaliseForTelephone(samples);
      expect(decibels(rms(samples))).toBeCloseTo(-18, 0);
    }
  });

  it('does not count pauses: the same words are as loud with a long pause behind them', () => {
    const spoken = sine(800, 8000, 1, 0.2);
    const paused = new Float32Array(32_000);
    paused.set(spoken);
    equaliseForTelephone(paused);
    expect(decibels(rms(paused.subarray(400, 7600)))).toBeCloseTo(-18, 0);
    expect(speechLevel(paused)).toBeCloseTo(rms(paused.subarray(0, 8000)), 2);
  });

  it('weakens rumble and lifts treble against the middle', () => {
    const samples = sum(sine(60, 8000, 1, 0.1), sine(700, 8000, 1, 0.1), sine(3200, 8000, 1, 0.1));
    equaliseForTelephone(samples);
    const body = samples.subarray(800);
    const middle = peakAt(700, 8000, body);
    expect(decibels(peakAt(60, 8000, body) / middle)).toBeLessThan(-20);
    expect(decibels(peakAt(3200, 8000, body) / middle)).toBeGreaterThan(6);
    expect(decibels(peakAt(3200, 8000, body) / middle)).toBeLessThan(9);
  });

  it('keeps peaks below full scale', () => {
    const samples = sine(500, 8000, 1, 0.01);
    for (let index = 0; index < samples.length; index += 1000) samples[index] = 1;
    equaliseForTelephone(samples);
    expect(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeLessThanOrEqual(1);
  });

  it('leaves silence and nothing alone', () => {
    const silence = new Float32Array(1000);
    equaliseForTelephone(silence);
    expect(silence.every((sample) => sample === 0)).toBe(true);
    equaliseForTelephone(new Float32Array(0));
  });
});
