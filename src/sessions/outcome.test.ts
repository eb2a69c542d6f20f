import { expect, it } from 'vitest';
import type { LegEnd } from '../telephony/port.ts';
import { describeEnd, outcomeOfEnd } from './outcome.ts';

it.each<[LegEnd, string, string]>([
  [{ why: 'busy', sip: 486, reason: 'Busy Here' }, 'Busy', 'The callee is busy (SIP 486 Busy Here)'],
  [{ why: 'rejected', sip: 603 }, 'Rejected', 'The call was rejected (SIP 603)'],
  [{ why: 'no-answer', sip: 487, reason: 'Nobody answered in time' }, 'NoAnswer', 'Nobody answered (SIP 487 Nobody answered in time)'],
  [{ why: 'callee-hung-up' }, 'CalleeHungUp', 'The callee hung up'],
  [{ why: 'we-hung-up' }, 'Completed', 'Hung up'],
  [{ why: 'failed', reason: 'The media thread has died' }, 'Failed', 'The call failed: The media thread has died'],
])('tells how a call ended: %j', (end, outcome, sentence) => {
  expect(outcomeOfEnd(end)).toBe(outcome);
  expect(describeEnd(end)).toBe(sentence);
});
