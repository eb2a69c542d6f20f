import { describe, expect, it } from 'vitest';
import { rms } from '../../../test/support/sound.ts';
import { ComfortNoise } from './comfort-noise.ts';

function noiseOf(...payload: number[]): Int16Array {
  const noise = new ComfortNoise();
  noise.use(Uint8Array.from(payload));
  const samples = new Int16Array(16_000);
  noise.fill(samples);
  return samples;
}

describe('ComfortNoise', () => {
  it.each([20, 40, 60])('is as loud as the packet says: %i dB below overload, whatever spectrum follows', (level) => {
    expect(20 * Math.log10(rms(noiseOf(level, 127, 3)) / 32_768)).toBeCloseTo(-level, 0);
    expect(noiseOf(level | 0x80)).toEqual(noiseOf(level));
  });

  it('does not wrap at full level, and says nothing without a level', () => {
    expect(noiseOf(0).filter((sample) => sample === 32_767 || sample === -32_768).length).toBeGreaterThan(5000);
    expect(rms(noiseOf(0))).toBeGreaterThan(20_000);
    expect(rms(noiseOf())).toBe(0);
  });

  it('stops', () => {
    const noise = new ComfortNoise();
    noise.use(Uint8Array.of(30));
    expect(noise.isOn).toBe(true);
    noise.stop();
    const samples = new Int16Array(160).fill(9);
    noise.fill(samples);
    expect([noise.isOn, rms(samples)]).toEqual([false, 0]);
  });
});
