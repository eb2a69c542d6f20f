import { expect, it } from 'vitest';
import { addedInTurns } from './turns.ts';

it('what is added is the same when the machine becomes slower from turn to turn', () => {
  const turns = [9, 1.1, 2.2, 1.3, 2.4, 1.5, 2.6, 1.7].map((value) => value * 8);
  expect(addedInTurns(turns)).toHaveLength(3);
  for (const added of addedInTurns(turns)) expect(added).toBeCloseTo(8, 9);
  expect(addedInTurns([2, 1, 2])).toEqual([]);
});
