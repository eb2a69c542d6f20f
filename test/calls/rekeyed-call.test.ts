import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { twoDevicePhone } from '../support/two-device-phone.ts';

const never = new AbortController().signal;

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x'.repeat(20), MaxDigits: 4, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['1234'], '1234': to('right') }],
  right: ['SayNode', { WhatToSay: 'x'.repeat(20), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

describe('a phone that changes its keys and its port during a call with SRTP', () => {
  it('is heard and hears with the new ones', async () => {
    const messages: string[] = [];
    const world = callWorld({
      flow,
      srtp: 'required',
      phoneIsThere: false,
      filter: (bytes) => {
        if ((bytes[0] ?? 0) >> 6 !== 2) messages.push(Buffer.from(bytes).toString());
        return 'pass';
      },
    });
    const { clock } = world;
    const { before, after, first, second, dialogs, close } = await twoDevicePhone(world);
    const session = await world.call();
    await clock.advance(600);
    void before.sendDigits('12', never);
    await clock.advance(600);
    const changed = dialogs[0]?.reinvite(() => second.offer(), never).then((answer) => second.answered(answer));
    await clock.advance(20);
    expect(await changed).toBe(true);
    void after.sendDigits('34', never);
    expect(second.agreed?.srtp?.send).not.toEqual(first.agreed?.srtp?.send);
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('The right branch');
    const phoneReport = await close();
    // Prompts and the silence between them, without a gap at the change of the keys.
    expect(phoneReport).toMatchObject({ unauthentic: 0, lost: 0, audible: true });
    expect(phoneReport.longestGapMs).toBeLessThan(30);
    const keys = new Set(messages.join('').match(/inline:\S+/g));
    expect(keys.size).toBeGreaterThanOrEqual(3 + 1 + 3);
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
