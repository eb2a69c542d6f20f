import { describe, expect, it } from 'vitest';
import { compiled, flowOf, into, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';
import { checkFlow } from '../check-flow.ts';

const conference = (parameters = {}) =>
  compiled({
    meet: ['ConferenceNode', { Name: ' Sales ', ConferenceSid: into('Sid'), DurationInSeconds: into('Seconds'), ...parameters }],
    after: ['AddLogNode', { Message: 'after' }],
  });

describe('Conference', () => {
  it('joins the conference of its name, and says how it was', async () => {
    const { result, call } = await runOnCall(conference(), { conference: { status: 'Left', sid: 'c-1', stayedMs: 61_500 } });
    expect(call.conferences).toEqual([
      {
        name: 'Sales',
        muted: false,
        moderator: false,
        waitsForModerator: false,
        endsOnExit: false,
        announcement: undefined,
        music: expect.objectContaining({ id: 'music' }),
        leaveKeys: '',
      },
    ]);
    expect(result.session).toEqual({ Sid: 'c-1', Seconds: 61.5 });
    expect(call.leftBy('meet')).toBe('Done');
  });

  it('has its sounds made: the tone for the others, and the music', async () => {
    const parameters = {
      Muted: true,
      Moderator: true,
      WaitForModerator: true,
      EndOnExit: true,
      Announce: true,
      HoldMusic: 'music',
      LeaveKeys: '*',
    };
    const { call } = await runOnCall(conference(parameters));
    expect(call.conferences).toEqual([
      {
        name: 'Sales',
        muted: true,
        moderator: true,
        waitsForModerator: true,
        endsOnExit: true,
        announcement: expect.objectContaining({ id: 'beep' }),
        music: expect.objectContaining({ id: 'file:music' }),
        leaveKeys: '*',
      },
    ]);
  });

  it('is left by Full when there is no room', async () => {
    const { call } = await runOnCall(conference({ Full: to('after') }), { conference: { status: 'Full', stayedMs: 0 } });
    expect(call.path).toEqual(['meet', 'after']);
  });

  it.each([{ HoldMusic: 'broken' }, { Name: '{{ Session.Nothing }}' }])('is left by Failed with %o', async (parameters) => {
    const { call } = await runOnCall(conference({ ...parameters, Failed: to('after') }));
    expect(call.path).toEqual(['meet', 'after']);
    expect(call.conferences).toEqual([]);
  });

  it.each([
    [{ Name: 'x'.repeat(101) }, 'Give a name'],
    [{ Name: 'Sales', LeaveKeys: 'x' }, 'Only the keys'],
  ])('does not take %o', async (parameters, message) => {
    const { problems } = await checkFlow(flowOf({ meet: ['ConferenceNode', parameters] }), async () => undefined);
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
  });
});
