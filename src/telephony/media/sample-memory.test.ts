import { expect, it } from 'vitest';
import { giveBackSamples, takeSamples } from './sample-memory.ts';

it('gives memory of the same length again, what was given back last first, and to one at a time', () => {
  const [one, other] = [takeSamples(1234), takeSamples(1234)];
  expect(one).not.toBe(other);
  giveBackSamples(one);
  giveBackSamples(other);
  expect(takeSamples(1235)).toHaveLength(1235);
  expect([takeSamples(1234) === other, takeSamples(1234) === one]).toEqual([true, true]);
  const fresh = takeSamples(1234);
  expect([fresh === one, fresh === other]).toEqual([false, false]);
  expect(fresh).toHaveLength(1234);
});

it('keeps no more than two for each of sixty-four recordings', () => {
  const all = Array.from({ length: 134 }, () => takeSamples(777));
  for (const samples of all) giveBackSamples(samples);
  const again = new Set(Array.from({ length: 134 }, () => takeSamples(777)));
  expect(all.filter((samples) => again.has(samples))).toHaveLength(128);
});
