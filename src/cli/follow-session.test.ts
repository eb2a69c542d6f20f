import { expect, it } from 'vitest';
import type { SessionInfo } from '../contracts/sessions.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { followSession, type SessionNews, sinceStart } from './follow-session.ts';

const start = Date.UTC(2026, 0, 1);
const date = (ms: number): string => new Date(start + ms).toISOString();

/** Follows a session that looks like `states`, one after the other, and then like the last. */
function follow(states: readonly SessionInfo[]) {
  const clock = new VirtualClock(start);
  const news: SessionNews[] = [];
  const cancel = new AbortController();
  let reads = 0;
  const ended = followSession({
    read: async () => states[Math.min(reads++, states.length - 1)] ?? {},
    tell: (item) => news.push(item),
    clock,
    pollEveryMs: 100,
    signal: cancel.signal,
  });
  return { clock, ended, cancel, told: () => news.map(({ atMs, text }) => [atMs - start, text]), reads: () => reads };
}

it('tells each line once, and the end, until the session has ended', async () => {
  const created = { date: date(0), message: 'Calling' };
  const answered = { date: date(150), message: 'Answered' };
  const greet = { date: date(151), message: 'Greet: Say' };
  const bye = { date: date(260), message: 'Hung up' };
  const { clock, ended, told, reads } = follow([
    { dialState: 'Active', dateCreated: date(0), log: [created] },
    { dialState: 'Active', callState: 'Ringing', dateCreated: date(0), log: [created] },
    { callState: 'Connected', dateAnswered: date(150), log: [created, answered, greet] },
    { callState: 'Connected', dateAnswered: date(150), log: [created, answered, greet] },
    { ended: true, outcome: 'Completed', dateCompleted: date(261), log: [created, answered, greet, bye] },
  ]);
  await clock.advance(1000);
  expect(await ended).toMatchObject({ outcome: 'Completed' });
  expect(told()).toEqual([
    [0, 'Calling'],
    [150, 'Answered'],
    [151, 'Greet: Say'],
    [260, 'Hung up'],
    [261, 'Ended: Completed'],
  ]);
  expect(reads()).toBe(5);
  expect(clock.pendingTimers).toBe(0);
});

it('stops waiting when it is told to', async () => {
  const { clock, ended, cancel } = follow([{ dialState: 'Active' }]);
  const outcome = expect(ended).rejects.toThrow('enough');
  await clock.advance(250);
  cancel.abort(new Error('enough'));
  await outcome;
  expect(clock.pendingTimers).toBe(0);
});

it('writes times in a column', () => {
  expect(sinceStart(start + 1234.4, start)).toBe('  1.234 s');
  expect(sinceStart(start - 1, start)).toBe('  0.000 s');
  expect(sinceStart(start + 61_000, start)).toBe(' 61.000 s');
});
