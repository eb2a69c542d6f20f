import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { KeepAlive } from './keep-alive.ts';

function scene(answers: boolean) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const pingsMs: number[] = [];
  const lostMs: number[] = [];
  const keepAlive = new KeepAlive({
    clock,
    random: seededRandom(4),
    answers: () => answers,
    ping: () => pingsMs.push(clock.now() - startMs),
    lost: () => lostMs.push(clock.now() - startMs),
  });
  return { clock, keepAlive, pingsMs, lostMs };
}

describe('keeping a connection alive', () => {
  it('pings every 95 to 120 s while the peer answers, never at the same distance for all', async () => {
    const { clock, keepAlive, pingsMs, lostMs } = scene(true);
    for (let second = 0; second < 1800; second++) {
      await clock.advance(1000);
      keepAlive.heard();
    }
    const gaps = pingsMs.map((atMs, index) => atMs - (pingsMs[index - 1] ?? 0));
    expect(pingsMs.length).toBeGreaterThanOrEqual(14);
    for (const gapMs of gaps) expect(gapMs > 94_999 && gapMs < 121_001).toBe(true);
    expect(new Set(gaps).size).toBeGreaterThan(5);
    expect(lostMs).toEqual([]);
    keepAlive.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives a peer up that has answered before and is silent for 10 s', async () => {
    const { clock, pingsMs, lostMs } = scene(true);
    await clock.advance(600_000);
    const [pingMs = 0] = pingsMs;
    expect(lostMs).toEqual([pingMs + 10_000]);
    expect(pingsMs).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not give a peer up that never knew of pings', async () => {
    const { clock, keepAlive, pingsMs, lostMs } = scene(false);
    await clock.advance(1_800_000);
    expect(lostMs).toEqual([]);
    expect(pingsMs.length).toBeGreaterThan(10);
    keepAlive.close();
  });

  it('ends an hour after the last message', async () => {
    const { clock, keepAlive, pingsMs } = scene(false);
    await clock.advance(3_000_000);
    keepAlive.used();
    await clock.advance(3_500_000);
    const sofar = pingsMs.length;
    await clock.advance(200_000);
    const atEnd = pingsMs.length;
    expect(atEnd).toBeGreaterThanOrEqual(sofar);
    await clock.advance(3_600_000);
    expect(pingsMs.length).toBe(atEnd);
    expect(clock.pendingTimers).toBe(0);
  });

  it('begins anew with the next message, but not when it is closed', async () => {
    const { clock, keepAlive, pingsMs } = scene(false);
    await clock.advance(4_000_000);
    const sofar = pingsMs.length;
    keepAlive.used();
    keepAlive.used();
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(121_000);
    expect(pingsMs.length).toBe(sofar + 1);
    keepAlive.close();
    keepAlive.used();
    expect(clock.pendingTimers).toBe(0);
  });
});
