import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { Refusals } from './refusals.ts';

describe('refusals', () => {
  it('are counted by reason, and told in one line a minute, however many there are', async () => {
    const clock = new VirtualClock();
    const lines: unknown[] = [];
    const refusals = new Refusals({ clock, log: { ...silentLogger, info: (fields: unknown) => void lines.push(fields) } });
    for (let nth = 0; nth < 10_000; nth++) refusals.count('unknown-source');
    refusals.count('no-flow');
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(59_999);
    expect(lines).toEqual([]);
    await clock.advance(1);
    expect(lines).toEqual([{ refused: { 'unknown-source': 10_000, 'no-flow': 1 } }]);
    await clock.advance(600_000);
    expect([lines.length, clock.pendingTimers]).toEqual([1, 0]);
    refusals.count('no-flow');
    await refusals.close();
    await refusals.close();
    expect(lines[1]).toEqual({ refused: { 'no-flow': 1 } });
    expect([...refusals.totals]).toEqual([
      ['unknown-source', 10_000],
      ['no-flow', 2],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });
});
