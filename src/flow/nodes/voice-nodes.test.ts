import { describe, expect, it } from 'vitest';
import { compiled, from, into, to } from '../../../test/support/flow-builder.ts';
import { FlowCall, promptNamed, promptsAtOnce, runOnCall } from '../../../test/support/flow-call.ts';

describe('Say', () => {
  it('says a text as often as it is told to', async () => {
    const { call } = await runOnCall(compiled({ say: ['SayNode', { WhatToSay: 'Hello', Loop: 3 }] }));
    expect(call.leg.heard).toEqual(['Hello', 'Hello', 'Hello']);
    expect(call.leftBy('say')).toBe('Done');
  });

  it('stops at a key when it may, and leaves the key to the next node', async () => {
    const flow = compiled({
      say: ['SayNode', { WhatToSay: 'Hello', Loop: 3, AllowInterrupt: true, Done: to('ask') }],
      ask: ['GatherNode', { Digits: into('D') }],
    });
    const { result, call } = await runOnCall(flow, { script: { presses: [{ atMs: 1500, keys: '4' }] } });
    expect(call.leg.heard).toEqual(['Hello', 'Hello']);
    expect(result.session).toEqual({ D: '4' });
  });

  it('is not stopped by a key otherwise', async () => {
    const { call } = await runOnCall(compiled({ say: ['SayNode', { WhatToSay: 'Hello', Loop: 2 }] }), {
      script: { presses: [{ atMs: 500, keys: '4' }] },
    });
    expect(call.events.at(-1)).toMatchObject({ kind: 'node-left', tookMs: 2000 });
  });

  it('passes the voice on, and none when the account is to choose', async () => {
    const voices: (string | undefined)[] = [];
    const speech = (text: string, voice: string | undefined) => {
      voices.push(voice);
      return promptNamed(text);
    };
    const flow = compiled({ a: ['SayNode', { WhatToSay: 'x', Voice: 'slt', Done: to('b') }], b: ['SayNode', { WhatToSay: 'x' }] });
    await runOnCall(flow, { prompts: { ...promptsAtOnce, speech } });
    expect(voices).toEqual(['slt', undefined]);
  });

  it('says nothing when a template leaves nothing to say', async () => {
    const text = '{% if Session.Vip %}Welcome back{% endif %}';
    const { call } = await runOnCall(compiled({ say: ['SayNode', { WhatToSay: text }] }));
    expect(call.leg.heard).toEqual([]);
    expect(call.leftBy('say')).toBe('Done');
  });

  it('leaves by Failed when the text cannot be spoken, or there is none', async () => {
    const flow = (text: Parameters<typeof compiled>[0][string]) => compiled({ say: text, sorry: ['HangUpNode', { Outcome: 'Sorry' }] });
    for (const WhatToSay of ['broken', from('Session', 'NeverSet')]) {
      const { result } = await runOnCall(flow(['SayNode', { WhatToSay, Failed: to('sorry') }]));
      expect(result.end).toEqual({ why: 'hung-up', outcome: 'Sorry' });
    }
  });

  it('waits for a prompt that is not ready, but not beyond the call', async () => {
    const never = { ...promptsAtOnce, speech: () => new Promise<never>(() => {}) };
    const call = new FlowCall({ prompts: never, script: { hangsUpAtMs: 800 } });
    const result = await call.run(compiled({ say: ['SayNode', { WhatToSay: 'Hello' }] }));
    expect(result.end).toEqual({ why: 'call-ended' });
  });
});

describe('Play', () => {
  it('plays an uploaded file', async () => {
    const { call } = await runOnCall(compiled({ play: ['PlayNode', { AudioFile: 'f1', Loop: 2 }] }));
    expect(call.leg.heard).toEqual(['file:f1', 'file:f1']);
  });

  it('leaves by Failed when there is no such file', async () => {
    const flow = compiled({ play: ['PlayNode', { AudioFile: 'broken', Failed: to('end') }], end: ['HangUpNode', { Outcome: 'No file' }] });
    const { result } = await runOnCall(flow);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'No file' });
  });
});

describe('Send Digits', () => {
  const flow = compiled({ send: ['SendDigitsNode', { Digits: '12w#', Failed: to('end') }], end: ['HangUpNode', { Outcome: 'No keys' }] });

  it('sends digits and pauses', async () => {
    const { call } = await runOnCall(flow);
    expect(call.leg.sentDigits).toEqual(['12w#']);
    expect(call.leftBy('send')).toBe('Done');
  });

  it('leaves by Failed when the other side takes none', async () => {
    const { result } = await runOnCall(flow, { script: { takesDigits: false } });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'No keys' });
  });

  it('has nothing to do without digits', async () => {
    const { call } = await runOnCall(compiled({ send: ['SendDigitsNode'] }));
    expect([call.leg.sentDigits, call.leftBy('send')]).toEqual([[], 'Done']);
  });
});

describe('Wait', () => {
  it('waits, also for part of a second', async () => {
    const { call } = await runOnCall(compiled({ wait: ['WaitNode', { Timeout: 1.5 }] }));
    expect(call.events.at(-1)).toMatchObject({ kind: 'node-left', transition: 'Done', tookMs: 1500 });
  });

  it('stops with the call and leaves no timer behind', async () => {
    const { result, call } = await runOnCall(compiled({ wait: ['WaitNode', { Timeout: 3600 }] }), { script: { hangsUpAtMs: 20 } });
    expect(result.end).toEqual({ why: 'call-ended' });
    expect(call.clock.pendingTimers).toBe(0);
  });
});

describe('Hang Up', () => {
  it('ends the flow with the outcome it is given', async () => {
    const flow = compiled({ set: ['SetDataNode', { Done: to('end') }], end: ['HangUpNode', { Outcome: 'To {{ Session.To }}' }] });
    expect((await runOnCall(flow)).result.end).toEqual({ why: 'hung-up', outcome: 'To +15550111' });
  });

  it('needs no outcome', async () => {
    expect((await runOnCall(compiled({ end: ['HangUpNode'] }))).result.end).toEqual({ why: 'hung-up' });
  });
});
