import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InterarrivalJitter } from './interarrival-jitter.ts';

/** Sends packets every 20 ms from `timestamp` on, each delayed by so many ms. */
function hear(delaysMs: readonly number[], timestamp = 0): InterarrivalJitter {
  const jitter = new InterarrivalJitter();
  for (const [index, delayMs] of delaysMs.entries()) jitter.arrived((timestamp + index * 160) >>> 0, 1_000_000 + index * 20 + delayMs);
  return jitter;
}

describe('InterarrivalJitter', () => {
  it('is unknown before the second packet and nothing for even arrival, over the wrap of the timestamp too', () => {
    expect(hear([5]).meanMs).toBeUndefined();
    const even = hear(Array(100).fill(40), 0xffff_ffff - 800);
    expect([even.meanMs, even.maxMs, even.inUnits]).toEqual([0, 0, 0]);
  });

  it('takes a sixteenth of each difference (RFC 3550 appendix A.8)', () => {
    const jitter = hear([0, 16]);
    expect(jitter.maxMs).toBe(1);
    expect(jitter.inUnits).toBe(8);
    expect(hear([0, 16, 0]).maxMs).toBeCloseTo(1 + 15 / 16);
  });

  it('comes to the difference that stays', () => {
    const jitter = hear(Array.from({ length: 400 }, (_, index) => (index % 2) * 10));
    expect(jitter.maxMs).toBeCloseTo(10, 3);
  });

  it('does not take a jump of the timestamps, or another source, for jitter', () => {
    const jitter = new InterarrivalJitter();
    const heard = (timestamp: number, nowMs: number): void => jitter.arrived(timestamp, nowMs);
    heard(0, 0);
    heard(160, 20);
    heard(900_000, 40);
    heard(900_160, 60);
    jitter.restart();
    heard(123, 500);
    heard(283, 520);
    expect(jitter.maxMs).toBe(0);
  });

  it('is measured over the wrap of the timestamps too', () => {
    const jitter = new InterarrivalJitter();
    jitter.arrived(0xffff_ff60, 0);
    jitter.arrived(0, 36);
    expect([jitter.meanMs, jitter.maxMs]).toEqual([1, 1]);
  });

  it('of another source is nothing yet, and what the one before had does not count for it in reports', () => {
    const jitter = new InterarrivalJitter();
    for (let packet = 0; packet < 20; packet++) jitter.arrived(packet * 160, packet * 20 + (packet % 2) * 30);
    expect(jitter.inUnits).toBeGreaterThan(100);
    jitter.restart();
    expect(jitter.inUnits).toBe(0);
    jitter.arrived(0, 1000);
    jitter.arrived(160, 1020);
    expect(jitter.inUnits).toBe(0);
  });

  it('never exceeds the largest difference, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 2, maxLength: 200 }), fc.nat(0xffff_ffff), (delaysMs, timestamp) => {
        const { maxMs = -1, meanMs = -1 } = hear(delaysMs, timestamp);
        expect(meanMs).toBeGreaterThanOrEqual(0);
        expect(maxMs).toBeGreaterThanOrEqual(meanMs - 1e-9);
        expect(maxMs).toBeLessThanOrEqual(Math.max(...delaysMs) - Math.min(...delaysMs) + 1e-9);
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
