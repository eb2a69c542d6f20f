import { describe, expect, it } from 'vitest';
import { peakAt, rms } from '../../../test/support/sound.ts';
import { decodeG711 } from './g711.ts';
import { makePrompt } from './make-prompt.ts';
import { beep, tone } from './tone.ts';

describe('tone', () => {
  it('has the frequency, length and level asked for, and no click at its ends', () => {
    const samples = tone(440, 500, -20);
    expect(samples).toHaveLength(4000);
    const middle = samples.subarray(80, -80);
    expect(20 * Math.log10(rms(middle) / 32_768)).toBeCloseTo(-20, 1);
    expect(peakAt(440, 8000, middle) / (rms(middle) * Math.SQRT2)).toBeCloseTo(1, 2);
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(100);
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(100);
  });

  it('never leaves the range of a sample', () => {
    expect(Math.max(...tone(1000, 50, 20))).toBeLessThanOrEqual(32_767);
  });
});

describe('beep', () => {
  it('is 1000 Hz for 0.2 s in both encodings', () => {
    const prompt = beep();
    expect(prompt.durationMs).toBe(200);
    for (const [codec, bytes] of [['PCMU', prompt.pcmu] as const, ['PCMA', prompt.pcma] as const]) {
      const samples = new Int16Array(1600);
      decodeG711(codec, new Uint8Array(bytes), samples);
      expect(peakAt(1000, 8000, samples) / (rms(samples) * Math.SQRT2)).toBeCloseTo(1, 1);
    }
  });

  it('is made once', () => {
    expect(beep()).toBe(beep());
  });
});

describe('prompt', () => {
  it('is named by its content', () => {
    const one = makePrompt(tone(440, 100, -20));
    expect(makePrompt(tone(440, 100, -20)).id).toBe(one.id);
    expect(makePrompt(tone(441, 100, -20)).id).not.toBe(one.id);
    expect(one.id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('may be empty', () => {
    const prompt = makePrompt(new Int16Array(0));
    expect([prompt.durationMs, prompt.pcmu.byteLength, prompt.pcma.byteLength]).toEqual([0, 0, 0]);
  });
});
