import { describe, expect, it } from 'vitest';
import { estimateHeard, estimateSaid } from './estimate-mos.ts';
import { type MediaReport, nothingSeen } from './media-report.ts';

const good: MediaReport = { ...nothingSeen, sent: 5000, received: 5000, jitterMs: 2, remoteLost: 0, remoteJitterMs: 2, roundTripMs: 40 };
const heard = (changes: Partial<MediaReport>) => estimateHeard({ ...good, ...changes });
const said = (changes: Partial<MediaReport>) => estimateSaid({ ...good, ...changes });
const lossOf = (share: number): Partial<MediaReport> => ({ lost: share * 5000, received: (1 - share) * 5000, remoteLost: share * 5000 });
const buffer = { tooLate: 0, discarded: 0, repeated: 0, skipped: 0, jumps: 0, concealed: 0 };

describe('the estimate of how a call sounds', () => {
  it.each([
    ['a good call', {}, 4.35, 'none'],
    ['1 % of loss', lossOf(0.01), 4.28, 'none'],
    ['3 % of loss', lossOf(0.03), 4.09, 'loss'],
    ['10 % of loss', lossOf(0.1), 3.35, 'loss'],
    ['30 % of loss', lossOf(0.3), 2.04, 'loss'],
    ['everything lost but a little', { lost: 1e6, received: 100, remoteLost: 5000 }, 1.13, 'loss'],
    ['a long way', { roundTripMs: 500 }, 3.65, 'delay'],
    ['a very long way', { roundTripMs: 1200 }, 1.39, 'delay'],
    ['jitter that has to be waited for', { jitterMs: 100, remoteJitterMs: 100 }, 3.94, 'delay'],
  ] as const)('%s', (_what, changes, mos, worst) => {
    for (const result of [heard(changes), said(changes)]) {
      expect(Math.abs((result?.mos ?? 0) - mos)).toBeLessThan(0.06);
      expect(result?.worst).toBe(worst);
    }
  });

  it('counts what came too late as lost, and the time that the buffer held audio back', () => {
    expect(heard({ buffer: { ...buffer, tooLate: 500, delayMs: 20 } })?.mos).toBeCloseTo(heard(lossOf(0.1))?.mos ?? 0, 1);
    expect(heard({ buffer: { ...buffer, delayMs: 300 } })?.delayMs).toBe(360);
  });

  it('never gets better when more is lost or later', () => {
    for (let step = 1; step < 50; step++) {
      expect(heard(lossOf(step / 60))?.mos ?? 0).toBeLessThan(heard(lossOf((step - 1) / 60))?.mos ?? 0);
      expect(heard({ roundTripMs: 40 * step })?.mos ?? 0).toBeLessThanOrEqual(heard({ roundTripMs: 40 * (step - 1) })?.mos ?? 0);
    }
  });

  it('stays on its scale, whatever is reported', () => {
    expect(said({ remoteLost: 9000 })?.lossShare).toBe(1);
    expect(said({ roundTripMs: 10_000 })?.mos).toBe(1);
    for (let share = 0; share <= 1; share += 0.05) {
      for (let roundTripMs = 0; roundTripMs < 2000; roundTripMs += 25) {
        const mos = said({ ...lossOf(share), roundTripMs })?.mos ?? 0;
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThan(4.42);
      }
    }
  });

  it('is not made from too little, nor of what nobody reported', () => {
    expect(heard({ received: 99 })).toBeUndefined();
    expect(said({ sent: 99 })).toBeUndefined();
    const { remoteLost: _, ...silent } = good;
    expect(estimateSaid(silent)).toBeUndefined();
  });
});
