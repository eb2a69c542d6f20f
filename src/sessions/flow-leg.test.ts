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

/** A flow that plays one prompt of a second, with its clock, and what happened in order. */
function playing() {
  const clock = new VirtualClock();
  const call = new FakeLeg(clock);
  const seen: string[] = [];
  const leg = new FlowLeg(call, () => {
    seen.push('music ends');
    return () => seen.push('music goes on');
  });
  const activity = new AbortController();
  leg.play(promptNamed('hello', 1000), { interruptible: false }, activity.signal).then(
    (how) => seen.push(how),
    (error: Error) => seen.push(error.message),
  );
  return { clock, call, seen, leg, activity };
}

it('what a flow plays when its call is held begins anew after the hold, however often the hold was asked for', async () => {
  const { clock, call, seen, leg } = playing();
  await clock.advance(400);
  for (let times = 0; times < 2; times++) leg.stop();
  await clock.advance(5000);
  expect(call.heard).toEqual(['hello']);
  // Who asks once more while the flow waits does not make it wait for ever.
  leg.stop();
  leg.go();
  await clock.advance(999);
  expect([call.heard, seen]).toEqual([
    ['hello', 'hello'],
    ['music ends', 'music goes on', 'music ends'],
  ]);
  await clock.advance(1);
  expect(seen.slice(3)).toEqual(['music goes on', 'finished']);
});

it('a flow that is given up while it plays something is silent at once', async () => {
  const { clock, seen, activity } = playing();
  await clock.advance(400);
  activity.abort(new Error('The call is redirected'));
  await clock.advance(0);
  expect(seen).toEqual(['music ends', 'music goes on', 'The call is redirected']);
  expect(getEventListeners(activity.signal, 'abort')).toEqual([]);
});
