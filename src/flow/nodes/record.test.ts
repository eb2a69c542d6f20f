import { describe, expect, it } from 'vitest';
import { compiled, into, to } from '../../../test/support/flow-builder.ts';
import { FlowCall, runOnCall } from '../../../test/support/flow-call.ts';

const recording = compiled({
  record: [
    'RecordNode',
    {
      Recording: into('File'),
      DurationInSeconds: into('Seconds'),
      Done: to('thanks'),
      NoRecording: to('pity'),
      RecordingReady: to('notify'),
    },
  ],
  thanks: ['SayNode', { WhatToSay: 'Thank you' }],
  pity: ['HangUpNode', { Outcome: 'Silent' }],
  notify: ['AddLogNode', { Message: 'Stored {{ Session.File }}' }],
});

describe('Record', () => {
  it('beeps, records until silence, and stores what was said', async () => {
    const { result, call } = await runOnCall(recording, { script: { speaks: [{ fromMs: 500, toMs: 3000 }] } });
    expect(call.leg.heard).toEqual(['beep', 'Thank you']);
    expect(result.session).toEqual({ File: 'file-1', Seconds: 3000 / 1000 + 5 - 0.25 });
    expect(call.saved).toHaveLength(1);
  });

  it('ends at the finish key, but not at one pressed before the beep', async () => {
    const script = {
      speaks: [{ fromMs: 300, toMs: 9000 }],
      presses: [
        { atMs: 100, keys: '#' },
        { atMs: 2250, keys: '#' },
      ],
    };
    const { result } = await runOnCall(recording, { script });
    expect(result.session).toEqual({ File: 'file-1', Seconds: 2 });
  });

  it('is no longer than it may be, however long somebody speaks', async () => {
    const flow = compiled({ record: ['RecordNode', { MaxLengthInSeconds: 7, PlayBeep: false, DurationInSeconds: into('Seconds') }] });
    const { result } = await runOnCall(flow, { script: { speaks: [{ fromMs: 0, toMs: 300_000 }] } });
    expect(result.session).toEqual({ Seconds: 7 });
  });

  it.each([
    [true, 2],
    [false, 8],
  ])('cuts off the silence before and after what was said when it is to: %s', async (TrimSilence, Seconds) => {
    const flow = compiled({ record: ['RecordNode', { TrimSilence, PlayBeep: false, DurationInSeconds: into('Seconds') }] });
    const { result } = await runOnCall(flow, { script: { speaks: [{ fromMs: 1000, toMs: 3000 }] } });
    expect(result.session).toEqual({ Seconds });
  });

  it('leaves keys that were pressed before the beep to no later node', async () => {
    const flow = compiled({
      record: ['RecordNode', { FinishOnKey: '', Done: to('ask') }],
      ask: ['GatherNode', { MaxDigits: 1, TimeoutInSeconds: 2, Digits: into('Digits') }],
    });
    const script = { presses: [{ atMs: 100, keys: '7' }], speaks: [{ fromMs: 500, toMs: 1500 }] };
    const { result } = await runOnCall(flow, { script });
    expect(result.session).not.toHaveProperty('Digits', '7');
  });

  it('fails when it could not be stored, and follows nothing after the call', async () => {
    const flow = compiled({
      record: ['RecordNode', { Done: to('done'), Failed: to('sorry'), RecordingReady: to('done') }],
      done: ['HangUpNode', { Outcome: 'Stored' }],
      sorry: ['HangUpNode', { Outcome: 'Lost' }],
    });
    const recordings = {
      newPath: () => '/recordings/0.wav',
      leave: () => {},
      save: () => Promise.reject(new Error('The store is away')),
      discard: async () => {},
    };
    const { result } = await runOnCall(flow, { script: { speaks: [{ fromMs: 500, toMs: 1500 }] }, recordings });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Lost' });
    expect(result.afterCall).toEqual([]);
  });

  it('keeps nothing when nothing was heard', async () => {
    const { result, call } = await runOnCall(recording);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Silent' });
    expect(result.session).toEqual({ File: '', Seconds: 0 });
    expect(result.afterCall).toEqual([]);
    expect([call.saved, call.discarded]).toEqual([[], ['/recordings/0.wav']]);
  });

  it('keeps the recording of a caller who hangs up to end it, and follows RecordingReady after the call', async () => {
    const call = new FlowCall({ script: { speaks: [{ fromMs: 500, toMs: 9000 }], hangsUpAtMs: 4250 } });
    const result = await call.run(recording);
    expect(result.end).toEqual({ why: 'call-ended' });
    expect(result.session).toEqual({ File: 'file-1', Seconds: 4 });
    const after = await call.afterCall(result);
    expect(after.map(({ end }) => end.why)).toEqual(['completed']);
    expect(call.log).toEqual(['Stored file-1']);
  });

  it('fails when it is followed after the call, as there is nothing to record', async () => {
    const flow = compiled({
      record: ['RecordNode', { RecordingReady: to('again') }],
      again: ['RecordNode', { Failed: to('log') }],
      log: ['AddLogNode', { Message: 'Too late' }],
    });
    const call = new FlowCall({ script: { speaks: [{ fromMs: 500, toMs: 900 }] } });
    await call.afterCall(await call.run(flow));
    expect(call.log).toEqual(['Too late']);
  });
});
