import { expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { HeaderList } from './header-list.ts';
import { LateAnswers } from './late-answers.ts';
import { emptyBody } from './message.ts';

const response = { kind: 'response', status: 200, reason: 'OK', headers: new HeaderList(), body: emptyBody } as const;

it('ten thousand INVITEs are remembered, for four minutes, and the oldest is forgotten for one more', async () => {
  const clock = new VirtualClock();
  const late = new LateAnswers(clock);
  const taken: string[] = [];
  const remember = (branch: string) => late.remember(branch, { answeredLate: () => taken.push(branch) });
  for (let nth = 1; nth <= 10_000; nth++) remember(String(nth));
  expect([late.take('1', response, 1), late.size]).toEqual([true, 10_000]);
  remember('one more');
  expect([late.take('1', response, 1), late.take('2', response, 1), late.size]).toEqual([false, true, 10_000]);
  await clock.advance(239_999);
  expect(late.take('one more', response, 1)).toBe(true);
  await clock.advance(1);
  expect(late.take('one more', response, 1)).toBe(false);
  remember('the next');
  expect(late.size).toBe(1);
  expect(taken).toEqual(['1', '2', 'one more']);
});
