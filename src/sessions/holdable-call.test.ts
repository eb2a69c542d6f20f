import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import { ringing } from '../telephony/audio/tone.ts';
import { HoldableCall } from './holdable-call.ts';

it('stays joined with somebody else when the one before is gone', async () => {
  const { caller, callee, finish } = await twoEngines();
  const line = new HoldableCall({ call: caller, holdMusic: ringing, note() {}, onChanged() {} });
  const [before, now] = [
    { call: callee, callId: 'before@call' },
    { call: callee, callId: 'now@call' },
  ];
  line.join(before);
  line.join(now);
  line.part(before);
  expect(line.partyCallId).toBe('now@call');
  line.part(now);
  expect(line.partyCallId).toBeUndefined();
  line.close();
  await finish();
});

it('ends a hold whatever the other side says to it, and notes what it was not told', async () => {
  const { caller, clock, faults, finish } = await twoEngines();
  const notes: string[] = [];
  const line = new HoldableCall({ call: caller, holdMusic: ringing, note: (text) => notes.push(text), onChanged() {} });
  const held = line.holdByFlow(ringing());
  await clock.advance(2000);
  await held;
  expect(line.state).toBeDefined();
  faults.filter = () => 'drop';
  const dropped = line.dropByFlow();
  await clock.advance(40_000);
  await dropped;
  expect([line.state, notes]).toEqual([undefined, ['On hold', 'The other side was not told that the hold is over', 'No longer on hold']]);
  faults.filter = undefined;
  line.close();
  await finish();
});
