import { expect, it } from 'vitest';
import type { LegEnd } from '../telephony/port.ts';
import { OwnedCalls } from './owned-calls.ts';

const ended: LegEnd = { why: 'we-hung-up' };

/** A call that is over as soon as it is hung up. */
function upCall() {
  let ends = 0;
  let resolve: (end: LegEnd) => void = () => {};
  const over = new Promise<LegEnd>((over) => {
    resolve = over;
  });
  const end = async (): Promise<void> => {
    ends++;
    resolve(ended);
  };
  return { over, end, ends: () => ends };
}

it('ends a call at once that is placed only when the others have been ended', async () => {
  const owned = new OwnedCalls();
  const [before, late] = [upCall(), upCall()];
  owned.add(before);
  owned.close();
  owned.add(late);
  expect([before.ends(), late.ends()]).toEqual([1, 1]);
  await owned.settled();
});

it('leaves those alone that somebody else has', async () => {
  const owned = new OwnedCalls();
  const [own, given] = [upCall(), upCall()];
  for (const call of [own, given]) owned.add(call);
  owned.handOver(given);
  owned.close();
  expect([own.ends(), given.ends()]).toEqual([1, 0]);
  await owned.settled();
});
