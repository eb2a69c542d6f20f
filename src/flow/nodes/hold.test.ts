import { describe, expect, it } from 'vitest';
import { compiled, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';

const flow = (HoldMusic: string) =>
  compiled({
    hold: ['HoldNode', { HoldMusic, Done: to('say'), Failed: to('failed') }],
    say: ['SayNode', { WhatToSay: 'One moment', Done: to('resume') }],
    resume: ['ResumeNode', { Done: to('end') }],
    end: ['HangUpNode', { Outcome: 'Done' }],
    failed: ['HangUpNode', { Outcome: 'Failed' }],
  });

describe('Hold and Resume', () => {
  it.each([
    ['', 'music'],
    ['my-file', 'file:my-file'],
  ])('play %j while the flow goes on', async (file, heard) => {
    const { result, call } = await runOnCall(flow(file));
    expect(call.holds).toEqual([heard, 'resumed']);
    expect(call.leg.heard).toEqual(['One moment']);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Done' });
  });

  it('are left by Failed without the music', async () => {
    const { result, call } = await runOnCall(flow('broken'));
    expect(call.holds).toEqual([]);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Failed' });
  });
});
