import { describe, expect, it } from 'vitest';
import type { PhoneBehaviour } from '../../src/cli/phone/test-phone.ts';
import type { InbandDigitsPolicy } from '../../src/telephony/port.ts';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x', MaxDigits: 3, TimeoutInSeconds: 4, Digits: into('Entered'), Done: to('route'), NoInput: to('deaf') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['123'], '123': to('right') }],
  right: ['HangUpNode', { Outcome: 'Heard' }],
  deaf: ['HangUpNode', { Outcome: 'Heard nothing' }],
});

const cases: readonly (readonly [PhoneBehaviour['digitsAs'], InbandDigitsPolicy, string])[] = [
  ['agreed', 'always', 'Heard'],
  ['agreed', 'off', 'Heard'],
  ['tones', 'always', 'Heard'],
  ['tones', 'fallback', 'Heard nothing'],
  ['only-tones', 'always', 'Heard'],
  ['only-tones', 'fallback', 'Heard'],
  ['only-tones', 'off', 'Heard nothing'],
];

describe('digits over a trunk that wants them looked for in the audio, or not', () => {
  it.each(cases)('a phone that presses keys as %s, and the trunk says %s: %s', async (digitsAs, inbandDigits, outcome) => {
    const world = callWorld({
      flow,
      trunk: { inbandDigits },
      phone: { digits: '123', digitsAfterMs: 600, ...(digitsAs && { digitsAs }) },
    });
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe(outcome);
    expect(session.mediaReport?.digits).toBe(outcome === 'Heard' ? 3 : 0);
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
