import { describe, expect, it } from 'vitest';
import { compiled, flowOf, into, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';
import { checkFlow } from '../check-flow.ts';

const dial = (parameters = {}) =>
  compiled({
    dial: ['DialNode', { Number: '+18144043111', DialStatus: into('Status'), DurationInSeconds: into('Seconds'), ...parameters }],
    stored: ['AddLogNode', { Message: 'stored' }],
  });

describe('Dial', () => {
  it('orders a call to the number, and waits for it to be over', async () => {
    const party = { status: 'Answered', answeredBy: '+18144043111', talkedMs: 61_500 } as const;
    const { result, call } = await runOnCall(dial({ CallerId: '+18144043000', TimeoutInSeconds: 12, RequireKeyPress: '1' }), { party });
    expect(call.orders).toEqual([
      {
        parties: [{ number: '+18144043111' }],
        callerId: '+18144043000',
        ringTimeoutMs: 12_000,
        meanwhile: expect.objectContaining({ id: 'ringing' }),
        hearsEarlyMedia: true,
        whisper: undefined,
        acceptKeys: '1',
        allowTransfer: false,
        record: false,
      },
    ]);
    expect(result.session).toEqual({ Status: 'Answered', Seconds: 61.5 });
    expect(call.leftBy('dial')).toBe('Done');
  });

  it.each(['NoAnswer', 'Busy', 'Rejected', 'Failed'] as const)('is left by %s, which is its status too', async (status) => {
    const { result, call } = await runOnCall(dial(), { party: { status, talkedMs: 0 } });
    expect(call.leftBy('dial')).toBe(status);
    expect(result.session).toEqual({ Status: status, Seconds: 0 });
  });

  it('has its prompts made: the whisper, and what is heard meanwhile', async () => {
    const { call } = await runOnCall(dial({ WhisperText: 'A call for you', RingAudio: 'music' }));
    expect(call.orders[0]).toMatchObject({ whisper: { id: 'A call for you' }, meanwhile: { id: 'file:music' }, hearsEarlyMedia: false });
  });

  it('goes on after the call when the recording is stored', async () => {
    const party = { status: 'Answered', talkedMs: 1000, recordingId: 'file-1' } as const;
    const { result, call } = await runOnCall(dial({ Record: true, RecordingReady: to('stored') }), { party });
    expect(call.orders[0]?.record).toBe(true);
    await call.afterCall(result);
    expect(call.log).toEqual(['stored']);
  });

  it.each([
    ['18144043111', 'no +'],
    ['+18144043111;+18144043222', 'another divider'],
    [Array(11).fill('+18144043111').join(','), 'too many'],
  ])('does not take %s (%s)', async (number) => {
    const { problems } = await checkFlow(flowOf({ dial: ['DialNode', { Number: number }] }), async () => undefined);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('Give numbers as E.164')]);
  });

  it('fails when a field that should hold the number does not', async () => {
    const { call } = await runOnCall(dial({ Number: '{{ Session.Nobody }}', Failed: to('stored') }));
    expect(call.path).toEqual(['dial', 'stored']);
    expect(call.orders).toEqual([]);
  });
});
