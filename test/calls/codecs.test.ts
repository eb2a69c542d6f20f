import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x'.repeat(20), MaxDigits: 3, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['123'], '123': to('right') }],
  right: ['SayNode', { WhatToSay: 'x'.repeat(20), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

describe('a phone that has one codec', () => {
  it.each(['PCMU', 'PCMA', 'G722'] as const)('is called in %s: hears the prompt and presses keys, and nothing is left', async (codec) => {
    const world = callWorld({ flow, phone: { codecs: [codec], digits: '123', digitsAfterMs: 600 } });
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('The right branch');
    expect(session.mediaReport).toMatchObject({ codec, clockRate: 8000, packetsLost: 0, problems: [] });
    expect(await world.finish()).toEqual(nothingLeft);
    expect(world.phoneEvents.find(({ event }) => event === 'first-audio')).toMatchObject({ lost: 0 });
  });

  it('is called in Opus when the trunk has it, and not otherwise', async () => {
    const phone = { codecs: ['opus'], digits: '123', digitsAfterMs: 600 } as const;
    const without = callWorld({ flow, phone });
    const refused = await without.call();
    expect(await without.over(refused)).toBe(true);
    expect(refused).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    expect(await without.finish()).toEqual(nothingLeft);

    const world = callWorld({ flow, phone, trunk: { codecs: ['opus', 'PCMU'] } });
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('The right branch');
    expect(session.mediaReport).toMatchObject({ codec: 'opus', clockRate: 48_000, packetsLost: 0, problems: [] });
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
