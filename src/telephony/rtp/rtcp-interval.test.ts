import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { type RtcpMembers, rtcpIntervalMs } from './rtcp-interval.ts';

const call: RtcpMembers = { members: 2, senders: 2, weSend: true, meanBytes: 120, isFirst: false };

function drawn(changes: Partial<RtcpMembers>): { least: number; mean: number; most: number } {
  const random = seededRandom(1);
  const all = Array.from({ length: 4000 }, () => rtcpIntervalMs({ ...call, ...changes }, random));
  return { least: Math.min(...all), mean: all.reduce((sum, each) => sum + each) / all.length, most: Math.max(...all) };
}

describe('the interval between reports', () => {
  it('is drawn from half to one and a half of 5 s, and made up for what is put off (RFC 3550 section 6.3.1)', () => {
    const { least, mean, most } = drawn({});
    expect(least).toBeGreaterThanOrEqual(2500 / 1.21829);
    expect(least).toBeLessThan(2100);
    expect(most).toBeLessThan(7500 / 1.21828);
    expect(most).toBeGreaterThan(6100);
    expect(Math.abs(mean - 5000 / 1.21828)).toBeLessThan(60);
  });

  it('is half as long before the first report', () => {
    expect(Math.abs(drawn({ isFirst: true }).mean - 2500 / 1.21828)).toBeLessThan(30);
  });

  it('grows with the sizes of reports, so that they never take more than a twentieth', () => {
    expect(Math.abs(drawn({ meanBytes: 1500 }).mean - 6000 / 1.21828)).toBeLessThan(80);
  });

  it('gives a quarter to few senders', () => {
    const many = { members: 40, senders: 4, meanBytes: 500 };
    expect(drawn({ ...many, weSend: true }).mean * 1.21828).toBeCloseTo(16_000, -3);
    expect(drawn({ ...many, weSend: false }).mean * 1.21828).toBeCloseTo(48_000, -4);
  });
});
