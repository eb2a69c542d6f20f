import { describe, expect, it } from 'vitest';
import { randomHex, seededRandom, systemRandom } from './random.ts';

describe.each([
  ['systemRandom', systemRandom],
  ['seededRandom', seededRandom(7)],
])('%s', (_name, random) => {
  it('gives as many bytes as asked for, and keeps none of them', () => {
    const first = random.bytes(16);
    const second = random.bytes(16);
    expect(first).toHaveLength(16);
    expect(first).not.toEqual(second);
    const copy = Uint8Array.from(first);
    random.bytes(8192);
    expect(first).toEqual(copy);
    expect(randomHex(random, 8)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('reaches every number below the limit, about equally often', () => {
    const counts = [0, 0, 0, 0, 0];
    for (let n = 0; n < 5000; n++) {
      const value = random.below(5);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});

it('repeats from a seed', () => {
  expect(seededRandom(42).bytes(32)).toEqual(seededRandom(42).bytes(32));
  expect(seededRandom(42).bytes(32)).not.toEqual(seededRandom(43).bytes(32));
});
