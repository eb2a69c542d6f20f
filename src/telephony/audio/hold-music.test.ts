import { describe, expect, it } from 'vitest';
import { rms } from '../../../test/support/sound.ts';
import { DtmfDetector } from './dtmf-detector.ts';
import { linearOf } from './g711.ts';
import { holdMusic } from './hold-music.ts';

const samples = Int16Array.from(new Uint8Array(holdMusic().pcmu), (code) => linearOf('PCMU', code));

describe('the music of a hold', () => {
  it('is made once, of whole frames, and as loud as speech', () => {
    expect(holdMusic()).toBe(holdMusic());
    expect(samples.length % 160).toBe(0);
    expect(holdMusic().durationMs).toBe(12_800);
    const level = 20 * Math.log10(rms(samples) / 32_768);
    expect(level).toBeGreaterThan(-26);
    expect(level).toBeLessThan(-14);
    expect(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(24_000);
  });

  it('never falls silent and has no jump where it is repeated', () => {
    for (let from = 0; from + 800 <= samples.length; from += 800) expect(rms(samples.subarray(from, from + 800))).toBeGreaterThan(300);
    const steps = samples.map((sample, index) => Math.abs(sample - (samples.at(index - 1) ?? 0)));
    expect(steps[0] ?? 0).toBeLessThanOrEqual(Math.max(...steps.subarray(1)));
  });

  it('is not taken for digits', () => {
    const heard: unknown[] = [];
    const detector = new DtmfDetector((change) => heard.push(change));
    for (let from = 0; from + 160 <= samples.length; from += 160) detector.hear(samples.subarray(from, from + 160));
    expect(heard).toEqual([]);
  });
});
