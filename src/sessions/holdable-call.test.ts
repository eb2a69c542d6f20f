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
