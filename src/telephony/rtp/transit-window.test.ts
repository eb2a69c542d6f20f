import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TransitWindow } from './transit-window.ts';

it('knows the shortest and the longest of the last 250, but for two that stand out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 600 }), (transits) => {
      const window = new TransitWindow();
      for (const transit of transits) window.add(transit);
      const sorted = transits.slice(-250).sort((one, other) => one - other);
      const [worst = 0, , third = worst] = sorted.slice(-3).reverse();
      expect(window.bounds()).toEqual({ leastMs: sorted[0], mostMs: sorted.length < 3 || worst - third <= 20 ? worst : third });
    }),
    { numRuns: 300, seed: 1 },
  );
});

it('knows nothing before the first and after it is cleared', () => {
  const window = new TransitWindow();
  expect(window.bounds()).toBeUndefined();
  window.add(3);
  window.clear();
  expect(window.bounds()).toBeUndefined();
});
