import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peakAt, rms, sine } from '../../../test/support/sound.ts';
import { openResampler } from './resample.ts';

async function resample(from: number, to: number, samples: Float32Array, chunk = 5000): Promise<Float32Array> {
  const resampler = await openResampler(from, to);
  const out: number[] = [];
  for (let at = 0; at < samples.length; at += chunk) out.push(...resampler.push(samples.subarray(at, at + chunk)));
  out.push(...resampler.end());
  return Float32Array.from(out);
}

describe('resampler', () => {
  it.each([
    [48_000, 8000],
    [44_100, 8000],
    [22_050, 8000],
    [16_000, 8000],
    [11_025, 16_000],
    [8000, 16_000],
    [4000, 16_000],
    [192_000, 8000],
    [44_101, 8000],
  ])('keeps a tone of 1000 Hz from %i to %i Hz: length, frequency, level', async (from, to) => {
    const out = await resample(from, to, sine(1000, from, 1));
    expect(out.length).toBe(to);
    const middle = out.subarray(to / 10, -to / 10);
    expect(peakAt(1000, to, middle)).toBeCloseTo(0.5, 2);
    expect(rms(middle)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  });

  it('takes what the lower rate cannot carry away, instead of folding it back', async () => {
    const out = await resample(48_000, 8000, sine(6000, 48_000, 0.5));
    expect(20 * Math.log10(rms(out.subarray(400, -400)) / (0.5 / Math.SQRT2))).toBeLessThan(-40);
  });

  it('does not shift the sound in time', async () => {
    const click = new Float32Array(16_000);
    click[8000] = 1;
    const out = await resample(16_000, 8000, click);
    expect(out.indexOf(out.reduce((most, sample) => Math.max(most, sample), 0))).toBe(4000);
  });

  it('gives the same samples however the input is cut', async () => {
    const input = sine(700, 44_100, 0.2);
    const whole = await resample(44_100, 8000, input, input.length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9000 }), async (chunk) => {
        expect(await resample(44_100, 8000, input, chunk)).toEqual(whole);
      }),
      { seed: 4, numRuns: 15 },
    );
  });

  it('copies when the rates are equal', async () => {
    const input = sine(700, 8000, 0.1);
    const out = await resample(8000, 8000, input);
    expect(out).toEqual(input);
  });

  it('of nothing is nothing', async () => {
    expect(await resample(48_000, 8000, new Float32Array(0))).toHaveLength(0);
  });

  it('may be closed at any time, more than once', async () => {
    const resampler = await openResampler(48_000, 8000);
    resampler.push(sine(1000, 48_000, 0.1));
    resampler.close();
    resampler.close();
  });
});
