import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { type Channel, TrunkLimits } from './trunk-limits.ts';

function started(result: Channel | { waitMs: number }): result is Channel {
  return 'release' in result;
}

describe('TrunkLimits', () => {
  it('starts no more calls in any second than the rate and its burst', async () => {
    const clock = new VirtualClock();
    const limits = new TrunkLimits(clock);
    const trunk = { trunkId: 't', maxChannels: 10_000, callsPerSecond: 20 };
    const starts: number[] = [];
    for (let ms = 0; ms < 5000; ms += 5) {
      if (started(limits.take(trunk))) starts.push(ms);
      await clock.advance(5);
    }
    for (const from of starts) {
      expect(starts.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(22);
    }
    expect(starts.length).toBeGreaterThanOrEqual(100);
    expect(starts.length).toBeLessThanOrEqual(102);
  });

  it('saves nothing up for a burst: after an hour without calls no more start at once than ever', async () => {
    const clock = new VirtualClock();
    const limits = new TrunkLimits(clock);
    const trunk = { trunkId: 't', maxChannels: 10_000, callsPerSecond: 20 };
    expect(started(limits.take(trunk))).toBe(true);
    await clock.advance(3_600_000);
    expect(Array.from({ length: 100 }, () => limits.take(trunk)).filter(started)).toHaveLength(2);
  });

  it('hands out no more channels than there are, and takes each back once', () => {
    const limits = new TrunkLimits(new VirtualClock());
    const trunk = { trunkId: 't', maxChannels: 2, callsPerSecond: 1000 };
    const first = limits.take(trunk);
    const second = limits.take(trunk);
    expect(limits.take(trunk)).toEqual({ waitMs: 1000 });
    expect(limits.active('t')).toBe(2);
    if (!started(first) || !started(second)) throw new Error('expected two channels');
    first.release();
    first.release();
    expect(limits.active('t')).toBe(1);
    expect(started(limits.take(trunk))).toBe(true);
    expect(limits.take(trunk)).toEqual({ waitMs: 1000 });
  });

  it('says how long to wait for the next start', async () => {
    const clock = new VirtualClock();
    const limits = new TrunkLimits(clock);
    const trunk = { trunkId: 't', maxChannels: 10, callsPerSecond: 2 };
    expect(started(limits.take(trunk))).toBe(true);
    expect(limits.take(trunk)).toEqual({ waitMs: 500 });
    await clock.advance(500);
    expect(started(limits.take(trunk))).toBe(true);
  });

  it('counts calls whose pace is not up to us among the channels, and takes nothing for them from the pace of ours', () => {
    const limits = new TrunkLimits(new VirtualClock());
    const trunk = { trunkId: 't', maxChannels: 4, callsPerSecond: 1 };
    expect([1, 2, 3].map(() => started(limits.takeUnpaced(trunk)))).toEqual([true, true, true]);
    expect(started(limits.take(trunk))).toBe(true);
    expect([limits.takeUnpaced(trunk), limits.active('t')]).toEqual([{ waitMs: 1000 }, 4]);
  });

  it('keeps trunks apart', () => {
    const limits = new TrunkLimits(new VirtualClock());
    expect(started(limits.take({ trunkId: 'a', maxChannels: 1, callsPerSecond: 1 }))).toBe(true);
    expect(started(limits.take({ trunkId: 'b', maxChannels: 1, callsPerSecond: 1 }))).toBe(true);
    expect(limits.active('a')).toBe(1);
  });
});
