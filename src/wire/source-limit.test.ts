import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { SourceLimit, type SourceLimitOptions } from './source-limit.ts';

const TRUNK = '192.0.2.1';

function scene(more: Partial<SourceLimitOptions> = {}) {
  const clock = new VirtualClock();
  const refused = { count: 0 };
  const asked: string[] = [];
  const limit = new SourceLimit({
    clock,
    perSecond: 10,
    knownPerSecond: 1000,
    isKnown: (address) => {
      asked.push(address);
      return address === TRUNK || address === '2001:db8::1';
    },
    onRefused: () => refused.count++,
    ...more,
  });
  const admitted = (address: string, times: number): number =>
    Array.from({ length: times }, () => limit.admits(address)).filter(Boolean).length;
  return { clock, limit, refused, asked, admitted, pass: (ms: number) => clock.advance(ms) };
}

describe('what one address may send', () => {
  it('grows for those whom we have sent something lately, of whom a bounded number is remembered', () => {
    const { limit, admitted } = scene();
    const addresses = Array.from({ length: 16_385 }, (_, nth) => `10.1.${nth >> 8}.${nth & 255}`);
    for (const address of addresses) limit.spokeTo(address);
    expect([admitted(addresses[0] ?? '', 50), admitted(addresses.at(-1) ?? '', 50)]).toEqual([20, 50]);
  });

  it('is twice as much at once as in a second, and then what a second allows', async () => {
    const { admitted, refused, pass } = scene();
    expect(admitted('10.0.0.1', 50)).toBe(20);
    expect(refused.count).toBe(30);
    await pass(500);
    expect(admitted('10.0.0.1', 50)).toBe(5);
    await pass(60_000);
    expect(admitted('10.0.0.1', 50)).toBe(20);
  });

  it('never exceeds the rate and one burst, however it is spread', async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5000 })), { maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(gaps, async (waits) => {
        const { limit, clock, pass } = scene();
        const startMs = clock.now();
        const takenMs: number[] = [];
        for (const waitMs of waits) {
          await pass(waitMs);
          if (limit.admits('10.0.0.1')) takenMs.push(clock.now() - startMs);
        }
        // By how much the messages between any two go beyond the rate: one burst, and the one that has come in again.
        const beyond = takenMs.map((toMs, last) =>
          Math.max(...takenMs.slice(0, last + 1).map((fromMs, first) => last - first + 1 - (toMs - fromMs) / 100)),
        );
        expect(Math.max(0, ...beyond)).toBeLessThanOrEqual(21);
        // Nobody who keeps to the rate is refused.
        if (waits.every((waitMs) => waitMs >= 100)) expect(takenMs).toHaveLength(waits.length);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is not saved up by whoever keeps sending less', async () => {
    const { admitted, pass } = scene();
    for (let second = 0; second < 60; second++) {
      expect(admitted('10.0.0.1', 1)).toBe(1);
      await pass(1000);
    }
    expect(admitted('10.0.0.1', 50)).toBe(20);
  });

  it('is not less when the clock goes back', async () => {
    const clock = { now: () => nowMs, after: () => ({ cancel: () => {} }) };
    let nowMs = 1_000_000;
    const { admitted } = scene({ clock });
    expect(admitted('10.0.0.1', 10)).toBe(10);
    nowMs -= 500;
    expect(admitted('10.0.0.1', 20)).toBe(10);
    nowMs += 500;
    expect(admitted('10.0.0.1', 20)).toBe(5);
  });

  it('is nothing to others, and more for a trunk', () => {
    const { admitted } = scene();
    admitted('10.0.0.1', 1000);
    expect(admitted('10.0.0.2', 20)).toBe(20);
    expect(admitted(TRUNK, 5000)).toBe(2000);
  });

  it('has no limit when that is 0', () => {
    const { admitted } = scene({ perSecond: 0, knownPerSecond: 0 });
    expect(admitted('10.0.0.1', 5000) + admitted(TRUNK, 5000)).toBe(10_000);
  });

  it('of IPv6 is that of a network of 64 bits, but for the addresses of trunks', () => {
    const { admitted } = scene();
    expect(admitted('2001:db8::2', 15) + admitted('2001:db8:0:0:7::9', 15)).toBe(20);
    expect(admitted('2001:db8:0:1::2', 15)).toBe(15);
    expect(admitted('2001:db8::1', 300)).toBe(300);
    expect(admitted('2001:db8::a:2:3:4:5', 15) + admitted('2001:db8:0:a::1', 15)).toBe(20);
    expect(admitted('::1', 30)).toBe(20);
  });

  it('grows for a while when we send requests there', async () => {
    const { admitted, limit, pass } = scene();
    expect(admitted('10.0.0.1', 30)).toBe(20);
    limit.spokeTo('10.0.0.1');
    expect(admitted('10.0.0.1', 300)).toBe(300);
    await pass(70_000);
    limit.spokeTo('10.0.0.9');
    expect(admitted('10.0.0.1', 300)).toBe(300);
    await pass(130_000);
    limit.spokeTo('10.0.0.9');
    await pass(70_000);
    limit.spokeTo('10.0.0.9');
    expect(admitted('10.0.0.1', 300)).toBe(20);
  });

  it('changes when the address becomes one of a trunk', async () => {
    const trunks = new Set<string>();
    const { admitted, pass } = scene({ isKnown: (address) => trunks.has(address) });
    expect(admitted('10.0.0.1', 30)).toBe(20);
    trunks.add('10.0.0.1');
    await pass(2000);
    expect(admitted('10.0.0.1', 30)).toBe(30);
    trunks.clear();
    await pass(2000);
    expect(admitted('10.0.0.1', 30)).toBe(20);
  });
});

describe('the table of sources', () => {
  it('stays small under a flood from everywhere, which takes nothing from a trunk', async () => {
    const { admitted, limit, pass } = scene();
    let taken = 0;
    for (let source = 0; source < 100_000; source++) taken += admitted(`10.${source >> 16}.${(source >> 8) & 255}.${source & 255}`, 1);
    expect(limit.size).toBeLessThanOrEqual(8192);
    expect(taken).toBe(8192 + 20);
    expect(admitted(TRUNK, 1000)).toBe(1000);
    await pass(4000);
    admitted('10.0.0.1', 1);
    await pass(2000);
    admitted('10.0.0.1', 1);
    expect(limit.size).toBeLessThanOrEqual(2);
  });

  it('has as much room for those that are known, who beyond it share what one of them may send, and again every few seconds', async () => {
    const { limit, admitted, pass } = scene({ isKnown: (address) => address.startsWith('10.') });
    const addressOf = (source: number): string => `10.0.${source >> 8}.${source & 255}`;
    const each = (): number => Array.from({ length: 8192 }, (_, source) => admitted(addressOf(source), 1)).filter(Boolean).length;
    expect(each()).toBe(8192);
    expect(admitted('10.1.0.1', 1500) + admitted('10.1.0.2', 1500)).toBe(2000);
    expect(admitted('192.0.2.9', 30)).toBe(20);
    await pass(2000);
    expect(admitted('10.1.0.1', 1500) + admitted('10.1.0.2', 1500)).toBe(3000);
    expect(limit.size).toBe(8192 + 1 + 2);
  });

  it('forgets whoever was silent for long, however late that is noticed', async () => {
    const { admitted, limit, pass } = scene();
    for (let source = 0; source < 100; source++) admitted(`10.0.0.${source}`, 1);
    await pass(60_000);
    admitted('10.0.1.1', 1);
    expect(limit.size).toBe(1);
  });

  it('asks once in a while whom an address belongs to', async () => {
    const { admitted, asked, pass } = scene();
    for (let second = 0; second < 20; second++) {
      admitted('10.0.0.1', 100);
      await pass(1000);
    }
    expect(asked).toHaveLength(10);
  });
});
