import { expect } from 'vitest';
import { callWorld, nothingLeft, type WorldOptions } from './call-world.ts';
import { flowOf, to } from './flow-builder.ts';
import { rawCaller } from './raw-caller.ts';

/** Speaks for two seconds and hangs up. */
const flow = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Served' }] });
/** Says nothing for a minute. */
export const waiting = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });

/** A world whose phone is not there: its address is that of the carrier, of which the test says every word. */
export function incomingScene(options: Partial<WorldOptions> = {}, address = '10.0.0.2') {
  const world = callWorld({ flow, phoneIsThere: false, ...options });
  const caller = rawCaller(world, address);
  const session = () => [...world.sessions.values()][0];
  const finish = async (): Promise<void> => {
    await world.clock.advance(120_000);
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, caller, session, finish };
}
