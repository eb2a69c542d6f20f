import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { FakeLeg } from '../../test/support/fake-leg.ts';
import { promptNamed } from '../../test/support/flow-call.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { FlowLeg } from './flow-leg.ts';

it('a flow that is given up while its call is on hold does not wait for the end of the hold', async () => {
  const call = new FakeLeg(new VirtualClock());
  const leg = new FlowLeg(call, () => () => {});
  const activity = new AbortController();
  leg.stop();
  const played = leg.play(promptNamed('hello', 1000), { interruptible: false }, activity.signal);
  const dialled = leg.sendDigits('1', activity.signal);
  activity.abort(new Error('The call is redirected'));
  await expect(played).rejects.toThrow('redirected');
  await expect(dialled).rejects.toThrow('redirected');
  leg.go();
  expect(call.heard).toEqual([]);
  expect(getEventListeners(activity.signal, 'abort')).toEqual([]);
});
