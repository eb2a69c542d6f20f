import { describe, expect, it } from 'vitest';
import { SampleTimestamps } from './sample-timestamps.ts';

const steps = (counts: readonly number[]): number[] => counts.slice(1).map((count, index) => (count - (counts[index] ?? 0)) | 0);

describe('SampleTimestamps', () => {
  it('are the timestamps themselves at 8000 Hz, step by step, over the wrap and back', () => {
    const samples = new SampleTimestamps();
    expect(steps([0xffff_ff00, 0xffff_ffa0, 0x40, 0xffff_ffa0, 0xe0].map((at) => samples.of(at, 8000)))).toEqual([160, 160, -160, 320]);
  });

  it('are a sixth of them at 48000 Hz, over many wraps', () => {
    const samples = new SampleTimestamps();
    let before = samples.of(1000, 48_000);
    for (let frame = 1; frame < 20_000; frame++) {
      const now = samples.of((1000 + frame * 960 * 500) >>> 0, 48_000);
      expect((now - before) | 0).toBe(160 * 500);
      before = now;
    }
  });

  it('count what has passed by the clock of before when the clock changes, there and back', () => {
    const samples = new SampleTimestamps();
    const counts = [
      samples.of(500, 8000),
      samples.of(660, 8000),
      samples.of(820, 48_000),
      samples.of(1780, 48_000),
      samples.of(2740, 8000),
      samples.of(2900, 8000),
    ];
    expect(steps(counts)).toEqual([160, 160, 160, 160, 160]);
  });
});
