import { describe, expect, it } from 'vitest';
import { compiled, into, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';

describe('Start, Pause and Stop Recording', () => {
  const flow = compiled({
    start: ['StartRecordingNode', { Layout: 'Mono', Done: to('pause') }],
    pause: ['PauseRecordingNode', { Done: to('again') }],
    again: ['StartRecordingNode', { Done: to('stop') }],
    stop: ['StopRecordingNode', { Recording: into('File'), DurationInSeconds: into('Seconds'), Done: to('bye'), NoRecording: to('pity') }],
    bye: ['HangUpNode', { Outcome: 'Recorded' }],
    pity: ['HangUpNode', { Outcome: 'Nothing' }],
  });

  it('begin, interrupt and end the recording of the call, and give its id and length', async () => {
    const { result, call } = await runOnCall(flow, { script: { recorded: 'well' } });
    expect(call.recorded).toEqual(['mono', 'pause', 'stereo', 'stop']);
    expect(result.session).toEqual({ File: 'whole-call', Seconds: 1.5 });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Recorded' });
  });

  it('say when there was none', async () => {
    const { result } = await runOnCall(flow);
    expect(result.session).toEqual({ File: '', Seconds: 0 });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Nothing' });
  });
});
