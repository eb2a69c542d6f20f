import { describe, expect, it } from 'vitest';
import { LossConcealment } from './loss-concealment.ts';

const FRAME = 160;
const voice = (first: number, period: number, level = 8000): Int16Array =>
  Int16Array.from({ length: FRAME }, (_, index) => {
    const phase = (2 * Math.PI * (first + index)) / period;
    return Math.round(level * (0.6 * Math.sin(phase) + 0.4 * Math.sin(2 * phase)));
  });

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

const afterVoice = (period: number, frames = 4): LossConcealment => {
  const concealment = new LossConcealment();
  for (let frame = 0; frame < frames; frame++) concealment.heard(voice(frame * FRAME, period));
  return concealment;
};

describe('made up audio', () => {
  it.each([44, 57, 80, 101, 119])('goes on with a voice of a period of %i samples', (period) => {
    const concealment = afterVoice(period);
    const made = new Int16Array(FRAME);
    concealment.conceal(made);
    const right = voice(4 * FRAME, period);
    const error = rms(made.map((sample, index) => sample - (right[index] ?? 0)));
    expect(error / rms(right)).toBeLessThan(0.25);
  });

  it('goes on from the end of a packet that is longer than what is remembered', () => {
    const concealment = new LossConcealment();
    const long = new Int16Array(600);
    const talk = Int16Array.from({ length: 520 }, (_, at) => voice(at, 57)[0] ?? 0);
    long.set(talk.subarray(0, 360), 240);
    concealment.heard(long);
    const made = new Int16Array(FRAME);
    concealment.conceal(made);
    const right = talk.subarray(360);
    expect(rms(made.map((sample, index) => sample - (right[index] ?? 0))) / rms(right)).toBeLessThan(0.25);
  });

  it('fades to nothing in 60 ms', () => {
    const concealment = afterVoice(80);
    const levels = Array.from({ length: 5 }, () => {
      const made = new Int16Array(FRAME);
      concealment.conceal(made);
      return rms(made);
    });
    expect(levels[0]).toBeGreaterThan(3000);
    expect(levels[1]).toBeLessThan((levels[0] ?? 0) * 0.8);
    expect(levels[2]).toBeLessThan((levels[1] ?? 0) * 0.6);
    expect(levels.slice(3)).toEqual([0, 0]);
  });

  it('has no step where it begins and where it ends, wherever the voice goes on', () => {
    for (let shift = 0; shift < 80; shift += 5) {
      const concealment = afterVoice(80);
      const made = new Int16Array(FRAME);
      concealment.conceal(made);
      const next = voice(5 * FRAME + shift, 80);
      concealment.heard(next);
      const all = [...voice(3 * FRAME, 80), ...made, ...next];
      const steps = all.slice(1).map((sample, index) => Math.abs(sample - (all[index] ?? 0)));
      expect(Math.max(...steps)).toBeLessThan(1500);
    }
  });

  it('begins anew with the next loss, and what comes between is left alone', () => {
    const concealment = afterVoice(80);
    const made = new Int16Array(FRAME);
    const levels = Array.from({ length: 4 }, () => {
      concealment.conceal(made);
      concealment.heard(voice(0, 80));
      const second = voice(FRAME, 80);
      concealment.heard(second);
      expect(second).toEqual(voice(FRAME, 80));
      return rms(made);
    });
    for (const level of levels) expect(level).toBeGreaterThan((levels[0] ?? 0) * 0.9);
  });

  it('is silence after silence, and before anything was heard', () => {
    const made = new Int16Array(FRAME).fill(7);
    new LossConcealment().conceal(made);
    expect(made.every((sample) => sample === 0)).toBe(true);
  });

  it('leaves audio alone when nothing is missing', () => {
    const frame = voice(0, 80);
    const concealment = afterVoice(80);
    concealment.heard(frame);
    expect(frame).toEqual(voice(0, 80));
  });
});
