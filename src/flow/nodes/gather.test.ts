import { describe, expect, it } from 'vitest';
import type { CalleeScript } from '../../../test/support/fake-leg.ts';
import { compiled, into, type ShortParameter, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';

async function gather(parameters: Record<string, ShortParameter>, script: CalleeScript = {}) {
  const flow = compiled({ ask: ['GatherNode', { Digits: into('Digits'), ...parameters }] });
  const { result, call } = await runOnCall(flow, { script });
  const tookMs = call.clock.now() - (call.events[0]?.kind === 'node-entered' ? call.events[0].atMs : 0);
  return { left: call.leftBy('ask'), digits: result.session.Digits, tookMs, heard: call.leg.heard, call };
}

describe('Gather', () => {
  it('takes one digit by default, at once', async () => {
    expect(await gather({}, { presses: [{ atMs: 700, keys: '5' }] })).toMatchObject({ left: 'Done', digits: '5', tookMs: 700 });
  });

  it('counts the time to the first digit from the end of the prompt', async () => {
    expect(await gather({ Prompt: 'Well?', TimeoutInSeconds: 2.5 })).toMatchObject({ left: 'NoInput', digits: '', tookMs: 3500 });
  });

  it('counts the time between digits from the digit before', async () => {
    const script = {
      presses: [
        { atMs: 4000, keys: '1' },
        { atMs: 5500, keys: '2' },
      ],
    };
    const parameters = { MaxDigits: 4, InterDigitTimeoutInSeconds: 2 };
    expect(await gather(parameters, script)).toMatchObject({ left: 'Done', digits: '12', tookMs: 7500 });
  });

  it('ends at the finish key, which is not one of the digits', async () => {
    expect(await gather({ MaxDigits: 10 }, { presses: [{ atMs: 100, keys: '12#' }] })).toMatchObject({
      left: 'Done',
      digits: '12',
      tookMs: 100,
    });
  });

  it('takes the finish key alone as no input', async () => {
    expect(await gather({ MaxDigits: 10 }, { presses: [{ atMs: 100, keys: '#' }] })).toMatchObject({ left: 'NoInput', digits: '' });
  });

  it('has no finish key when it is empty', async () => {
    const script = { presses: [{ atMs: 100, keys: '1#2' }] };
    expect(await gather({ MaxDigits: 3, FinishOnKey: '' }, script)).toMatchObject({ digits: '1#2' });
  });

  it('stops the prompt at the first key, and keeps that key', async () => {
    const script = { presses: [{ atMs: 300, keys: '7' }] };
    expect(await gather({ Prompt: 'Well?' }, script)).toMatchObject({ left: 'Done', digits: '7', tookMs: 300 });
  });

  it('ignores keys before the end of a prompt that may not be interrupted', async () => {
    const script = {
      presses: [
        { atMs: 300, keys: '7' },
        { atMs: 1400, keys: '8' },
      ],
    };
    const outcome = await gather({ Prompt: 'Well?', AllowInterrupt: false }, script);
    expect(outcome).toMatchObject({ left: 'Done', digits: '8', tookMs: 1400 });
  });

  it('plays the file rather than the text', async () => {
    expect((await gather({ Prompt: 'Well?', PromptAudio: 'f1' })).heard).toEqual(['file:f1']);
  });

  it('fails when the prompt cannot be made', async () => {
    const outcome = await gather({ Prompt: 'broken' });
    expect(outcome.call.events.at(-1)).toMatchObject({ kind: 'node-failed', nodeId: 'ask' });
  });

  it('reports the digits under pii only', async () => {
    const { call } = await gather({}, { presses: [{ atMs: 700, keys: '5' }] });
    const left = call.events.find((event) => event.kind === 'node-left');
    if (left?.kind !== 'node-left') throw new Error('The node was not left');
    const { pii, ...open } = left;
    expect(pii.outputs).toEqual({ Digits: '5' });
    expect(Object.values(open)).not.toContain('5');
  });

  it('does not write an output that is not connected', async () => {
    const flow = compiled({ ask: ['GatherNode', { Done: to('end') }], end: ['HangUpNode'] });
    const { result } = await runOnCall(flow, { script: { presses: [{ atMs: 100, keys: '5' }] } });
    expect(result).toMatchObject({ end: { why: 'hung-up' }, session: {} });
  });
});
