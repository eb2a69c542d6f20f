import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { passwordWatch, Refusals } from './refusals.ts';

function scene() {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const refusals = new Refusals({ clock, log: { ...silentLogger, info: (fields: unknown) => void lines.push(fields) } });
  return { clock, lines, refusals };
}

describe('refusals', () => {
  it('are counted by reason, and told in one line a minute, however many there are', async () => {
    const { clock, lines, refusals } = scene();
    for (let nth = 0; nth < 10_000; nth++) refusals.count('unknown-source', '192.0.2.1');
    refusals.count('no-flow', '192.0.2.2');
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(59_999);
    expect(lines).toEqual([]);
    await clock.advance(1);
    const from = { 'unknown-source': ['192.0.2.1'], 'no-flow': ['192.0.2.2'] };
    expect(lines).toEqual([{ refused: { 'unknown-source': 10_000, 'no-flow': 1 }, from }]);
    await clock.advance(600_000);
    expect([lines.length, clock.pendingTimers]).toEqual([1, 0]);
    refusals.count('no-flow', '2001:db8::1');
    await refusals.close();
    await refusals.close();
    expect(lines.slice(1)).toEqual([{ refused: { 'no-flow': 1 }, from: { 'no-flow': ['2001:db8::1'] } }]);
    expect(refusals.all.map(({ reason, count }) => [reason, count])).toEqual([
      ['unknown-source', 10_000],
      ['no-flow', 2],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('have the last ten addresses of each reason, the last one first, with when, however many there are', async () => {
    const { clock, refusals } = scene();
    const startMs = clock.now();
    for (let nth = 0; nth < 5_000; nth++) refusals.count('flood', `10.0.${nth >> 8}.${nth & 255}`);
    expect(refusals.all[0]?.sources).toHaveLength(10);
    refusals.count('unknown-source', '192.0.2.1');
    await clock.advance(1_000);
    refusals.count('unknown-source', '192.0.2.2');
    await clock.advance(1_000);
    refusals.count('unknown-source', '192.0.2.1');
    expect(refusals.all[1]).toEqual({
      reason: 'unknown-source',
      count: 3,
      sources: [
        { address: '192.0.2.1', lastMs: startMs + 2_000 },
        { address: '192.0.2.2', lastMs: startMs + 1_000 },
      ],
    });
    await refusals.close();
  });

  it('tell a carrier, who never answers when it is asked for a password, from phones, who do', async () => {
    const { lines, refusals } = scene();
    const { onDenied, onLetIn } = passwordWatch(refusals, '');
    for (const address of ['10.0.0.1', '203.0.113.9', '10.0.0.2']) onDenied('unauthenticated', address);
    onLetIn('10.0.0.1');
    onDenied('wrong-password', '10.0.0.2');
    passwordWatch(refusals, 'register-').onDenied('unauthenticated', '10.0.0.3');
    await refusals.close();
    const from = { unauthenticated: ['203.0.113.9'], 'wrong-password': ['10.0.0.2'], 'register-unauthenticated': ['10.0.0.3'] };
    expect(lines).toEqual([{ refused: { unauthenticated: 3, 'wrong-password': 1, 'register-unauthenticated': 1 }, from }]);
  });
});
