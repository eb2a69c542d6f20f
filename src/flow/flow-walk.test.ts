import { describe, expect, it } from 'vitest';
import { compiled, expression, fields, flowOf, from, into, runs, to } from '../../test/support/flow-builder.ts';
import { FlowCall, known, promptNamed, promptsAtOnce, runOnCall } from '../../test/support/flow-call.ts';
import { compileFlow } from './compile-flow.ts';
import { MAX_STEPS, MAX_STEPS_WITHOUT_WAIT } from './flow-walk.ts';
import { resumeFlow, runFlow } from './interpreter.ts';
import { structOf } from './plain-value.ts';

describe('the walk through a flow', () => {
  it('ends at a transition that is not connected', async () => {
    const { result } = await runOnCall(compiled({ a: ['SayNode', { WhatToSay: 'x', Done: to('') }] }));
    expect(result.end).toEqual({ why: 'completed' });
  });

  it('ends at an exit', async () => {
    const flow = compiled({ a: ['SayNode', { WhatToSay: 'x', Done: to('Over') }] }, { exits: [{ id: 'e', name: 'Over' }] });
    expect((await runOnCall(flow)).result.end).toEqual({ why: 'completed', exit: 'Over' });
  });

  it('is over at once without nodes', async () => {
    expect((await runOnCall(compiled({}))).result.end).toEqual({ why: 'completed' });
  });

  it('fails at a Failed that is not connected, and says why', async () => {
    const { result, call } = await runOnCall(compiled({ a: ['SayNode', { WhatToSay: 'broken' }] }));
    expect(result.end).toMatchObject({ why: 'failed', error: { message: 'The voice is not there.' } });
    expect(call.events.at(-1)).toMatchObject({ kind: 'node-failed', nodeId: 'a', error: { message: 'The voice is not there.' } });
  });

  it('fails when a node throws that has no Failed', async () => {
    const flow = compiled({
      a: ['SetDataNode', { Fields: fields({ A: 'x'.repeat(15_000) }), Done: to('b') }],
      b: [
        'SetDataNode',
        {
          Fields: fields({ A: '{{ Session.A | append: Session.A }}' }),
          Done: to('b'),
        },
      ],
    });
    const { result } = await runOnCall(flow);
    expect(result.end).toMatchObject({ why: 'failed', error: { name: 'TemplateError' } });
  });

  it('is told what happens, with the name of the author or that of the type', async () => {
    const source = flowOf({ a: ['AddLogNode', { Message: 'm', Done: to('b') }], b: ['HangUpNode', {}] });
    const nodes = (source.nodes ?? []).map((node, index) => (index === 0 ? { ...node, name: 'Note it' } : node));
    const { call } = await runOnCall(compileFlow({ flowId: 'f', version: 3, flow: { ...source, nodes } }));
    expect(call.events.map(({ kind }) => kind)).toEqual(['node-entered', 'log', 'node-left', 'node-entered', 'node-left']);
    expect(call.events.map((event) => 'name' in event && event.name)).toEqual(['Note it', false, 'Note it', 'HangUp', 'HangUp']);
  });

  it('ends with the call, whichever learns of it first', async () => {
    // The media stop before the session hears of the end: waits reject while the signal is still quiet.
    const call = new FlowCall({ script: { hangsUpAtMs: 500 } });
    const flow = compiled({ a: ['SayNode', { WhatToSay: 'x', Failed: to('a') }] });
    const running = runFlow(flow, known, { ...call.host, signal: new AbortController().signal });
    await call.clock.advance(501);
    expect((await running).end).toEqual({ why: 'call-ended' });
  });

  it('gives a failure of the session layer as the failure of the flow', async () => {
    const { host } = new FlowCall();
    const observe = () => {
      throw new Error('The observer is broken');
    };
    const result = await runFlow(compiled({ a: ['HangUpNode', {}] }), known, { ...host, observe });
    expect(result.end).toMatchObject({ why: 'failed', error: { message: 'The observer is broken' } });
  });
});

describe('the first prompt', () => {
  it.each([
    ['Say', compiled({ a: ['SayNode', { WhatToSay: 'Hello' }] })],
    ['Gather', compiled({ a: ['GatherNode', { Prompt: 'Hello' }] })],
    ['Menu', compiled({ a: ['MenuNode', { Prompt: 'Hello', Choices: ['1'] }] })],
    ['Set Data, then Say', compiled({ s: ['SetDataNode', { Done: to('a') }], a: ['SayNode', { WhatToSay: 'Hello' }] })],
  ])('of %s plays before runFlow returns', async (_name, flow) => {
    const call = new FlowCall();
    const running = call.run(flow);
    expect(call.leg.heard).toEqual(['Hello']);
    await running;
  });

  it('of Play and Record does too', async () => {
    const play = new FlowCall();
    const record = new FlowCall();
    const running = [play.run(compiled({ a: ['PlayNode', { AudioFile: 'f' }] })), record.run(compiled({ a: ['RecordNode'] }))];
    expect([play.leg.heard, record.leg.heard]).toEqual([['file:f'], ['beep']]);
    await Promise.all(running);
  });

  it('plays as soon as it is ready when it was not', async () => {
    const call = new FlowCall({
      prompts: {
        ...promptsAtOnce,
        speech: (text) => new Promise((resolve) => call.clock.after(120, () => resolve(promptNamed(text)))),
      },
    });
    const running = runFlow(compiled({ a: ['SayNode', { WhatToSay: 'Hello' }] }), known, call.host);
    await call.clock.advance(119);
    expect(call.leg.heard).toEqual([]);
    await call.clock.advance(1);
    expect(call.leg.heard).toEqual(['Hello']);
    await call.leg.hangup();
    expect((await running).end).toEqual({ why: 'call-ended' });
  });
});

describe('circles', () => {
  it('are stopped when no time passes in them', async () => {
    const flow = compiled({ a: ['AddLogNode', { Message: 'again', Done: to('a') }] });
    const { result, call } = await runOnCall(flow);
    expect(result.end).toMatchObject({ why: 'failed', error: { message: expect.stringContaining('circle') } });
    expect(call.log).toHaveLength(MAX_STEPS_WITHOUT_WAIT);
  });

  it('are stopped after many steps when time passes', async () => {
    const { result, call } = await runOnCall(compiled({ a: ['WaitNode', { Timeout: 0.5, Done: to('a') }] }));
    expect(result.end).toMatchObject({ why: 'failed', error: { message: expect.stringContaining(`${MAX_STEPS} steps`) } });
    expect(call.path).toHaveLength(MAX_STEPS);
  });

  it('through a wait may go round as often as a call needs', async () => {
    const flow = compiled({
      ask: ['GatherNode', { TimeoutInSeconds: 1, NoInput: to('ask') }],
    });
    const { call } = await runOnCall(flow, { script: { hangsUpAtMs: 300_500 } });
    expect(call.path).toHaveLength(301);
  });

  it('let others run after every ten nodes', async () => {
    const call = new FlowCall();
    const running = runFlow(compiled({ a: ['AddLogNode', { Message: 'again', Done: to('a') }] }), known, call.host);
    expect(call.log).toHaveLength(10);
    await call.clock.advance(0);
    expect(call.log).toHaveLength(MAX_STEPS_WITHOUT_WAIT);
    expect((await running).end.why).toBe('failed');
  });
});

const greetByName = compiled(
  {
    say: ['SayNode', { WhatToSay: 'Hello {{ Session.Name }}', Done: to('ask') }],
    ask: ['GatherNode', { Digits: into('Pressed'), Done: to('Answered'), NoInput: to('Silent') }],
  },
  {
    id: 'greet',
    parameters: [
      { name: 'Name', type: 'String', isPublic: true, defaultValue: { stringValue: 'you' } },
      { name: 'Pressed', type: 'String', isPublic: true, isOutput: true },
      { name: 'Times', type: 'Number', isPublic: true },
    ],
    exits: [{ name: 'Answered' }, { name: 'Silent' }],
  },
);

describe('a flow as a node', () => {
  const flows = { greet: greetByName };

  it('hands parameters in, and outputs back through the exit', async () => {
    const flow = compiled({
      greet: [runs('greet'), { Name: 'Ann', Pressed: into('Key'), Answered: to('end'), Silent: to('') }],
      end: ['HangUpNode', { Outcome: 'Pressed {{ Session.Key }}' }],
    });
    const { result, call } = await runOnCall(flow, { flows, script: { presses: [{ atMs: 1500, keys: '6' }] } });
    expect(call.leg.heard).toEqual(['Hello Ann']);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Pressed 6' });
    // What was a parameter of the inner flow is not a field of the session.
    expect(result.session).toEqual({ Key: '6' });
    expect(call.events.filter(({ kind }) => kind === 'flow-left')).toHaveLength(1);
  });

  it('takes the default of a parameter that is not handed in, or cannot be', async () => {
    for (const parameters of [{}, { Name: from('Session', 'Nothing') }]) {
      const { call } = await runOnCall(compiled({ greet: [runs('greet'), parameters] }), { flows });
      expect(call.leg.heard).toEqual(['Hello you']);
    }
  });

  it('hides a field of the session that has the name of a parameter', async () => {
    const flow = compiled({
      set: ['SetDataNode', { Fields: fields({ Name: 'outer', Times: 3 }), Done: to('inner') }],
      inner: [runs('inner'), { Done: to('log') }],
      log: ['AddLogNode', { Message: '{{ Session.Name }} {{ Session.Times }}' }],
    });
    const inner = compiled(
      {
        log: ['AddLogNode', { Message: '[{{ Session.Name }}][{{ Session.Times }}]', Done: to('set') }],
        set: ['SetDataNode', { Fields: fields({ Name: 'inner', Other: 'kept' }), Done: to('log2') }],
        log2: ['AddLogNode', { Message: '{{ Session.Name }}', Done: to('Done') }],
      },
      {
        id: 'inner',
        parameters: [
          { name: 'Name', type: 'String' },
          { name: 'Times', type: 'Number' },
        ],
        exits: [{ name: 'Done' }],
      },
    );
    const { result, call } = await runOnCall(flow, { flows: { inner } });
    expect(call.log).toEqual(['[][]', 'inner', 'outer 3']);
    expect(result.session).toEqual({ Name: 'outer', Times: 3, Other: 'kept' });
  });

  it('is left through an exit of the name of a transition that is not connected', async () => {
    const inner = compiled({ say: ['SayNode', { WhatToSay: 'x' }] }, { id: 'inner', exits: [{ name: 'Done' }] });
    const flow = compiled({ inner: [runs('inner'), { Done: to('end') }], end: ['HangUpNode', { Outcome: 'Back' }] });
    expect((await runOnCall(flow, { flows: { inner } })).result.end).toEqual({ why: 'hung-up', outcome: 'Back' });
  });

  it('ends everything when a transition leads nowhere', async () => {
    const inner = compiled({ say: ['SayNode', { WhatToSay: 'x' }] }, { id: 'inner', exits: [{ name: 'Other' }] });
    const flow = compiled({ inner: [runs('inner'), { Other: to('end') }], end: ['HangUpNode'] });
    expect((await runOnCall(flow, { flows: { inner } })).result.end).toEqual({ why: 'completed' });
  });

  it('hands a failure on to the outer flow when it has an exit for it', async () => {
    const inner = compiled({ say: ['SayNode', { WhatToSay: 'broken' }] }, { id: 'inner', exits: [{ name: 'Failed' }] });
    const parts = { inner: [runs('inner'), { Failed: to('end') }], end: ['HangUpNode', { Outcome: 'Caught' }] } as const;
    expect((await runOnCall(compiled(parts), { flows: { inner } })).result.end).toEqual({ why: 'hung-up', outcome: 'Caught' });
    const { result } = await runOnCall(compiled({ inner: [runs('inner')] }), { flows: { inner } });
    expect(result.end).toMatchObject({ why: 'failed', error: { message: 'The voice is not there.' } });
  });

  it('ends the call from within', async () => {
    const inner = compiled({ end: ['HangUpNode', { Outcome: 'Inside' }] }, { id: 'inner' });
    expect((await runOnCall(compiled({ inner: [runs('inner')] }), { flows: { inner } })).result.end).toEqual({
      why: 'hung-up',
      outcome: 'Inside',
    });
  });

  it('fails when the flow is gone, or an argument does not fit', async () => {
    const gone = await runOnCall(compiled({ inner: [runs('gone')] }));
    expect(gone.result.end).toMatchObject({ why: 'failed', error: { message: 'The flow that this node runs does not exist.' } });
    const wrong = await runOnCall(compiled({ greet: [runs('greet'), { Times: 'many' }] }), { flows });
    expect(wrong.result.end).toMatchObject({ why: 'failed', error: { message: expect.stringContaining('Times: a number is expected') } });
  });

  it('can be found later, or not be found at all', async () => {
    const call = new FlowCall();
    const flow = compiled({ inner: [runs('inner')] });
    const inner = compiled({ end: ['HangUpNode', { Outcome: 'Late' }] }, { id: 'inner' });
    const late = await runFlow(flow, known, { ...call.host, loadFlow: async () => inner });
    expect(late.end).toEqual({ why: 'hung-up', outcome: 'Late' });
    const down = await runFlow(flow, known, { ...call.host, loadFlow: () => Promise.reject(new Error('The database is down')) });
    expect(down.end).toMatchObject({ why: 'failed', error: { message: 'The database is down' } });
  });

  it('may be nested twenty deep, not without end', async () => {
    const flows: Record<string, ReturnType<typeof compiled>> = {};
    for (let depth = 0; depth < 30; depth += 1) {
      flows[`f${depth}`] = compiled({ next: [runs(`f${depth + 1}`)] }, { id: `f${depth}` });
    }
    const { result, call } = await runOnCall(compiled({ first: [runs('f0')] }), { flows });
    expect(result.end).toMatchObject({ why: 'failed', error: { message: 'Flows may be nested 20 deep.' } });
    expect(call.path).toHaveLength(20);
  });
});

describe('a flow that goes on elsewhere', () => {
  const flow = compiled({
    name: ['SetDataNode', { Fields: fields({ Who: 'Bob' }), Done: to('greet') }],
    greet: [runs('greet'), { Name: from('Session', 'Who'), Pressed: into('Key'), Answered: to('end') }],
    end: ['HangUpNode', { Outcome: '{{ Session.Who }} pressed {{ Session.Key }}' }],
  });
  const flows = { greet: greetByName, 'flow-1': flow };

  it('ends as it would have, from every step', async () => {
    const script = { presses: [{ atMs: 1500, keys: '6' }] };
    const { result, call } = await runOnCall(flow, { flows, script });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Bob pressed 6' });
    expect(call.states).toHaveLength(5);
    for (const state of call.states) {
      const stored = JSON.parse(JSON.stringify(state));
      const elsewhere = new FlowCall({ flows, script });
      const resumed = await elsewhere.resume(stored);
      expect(resumed.end).toEqual(result.end);
      expect(resumed.session).toEqual(result.session);
      expect(elsewhere.path).toEqual(call.path.slice(call.states.indexOf(state)));
    }
  });

  it('fails when its node is gone, or what was stored is not a state', async () => {
    const positions = [{ flowId: 'flow-1', version: 1, nodeId: 'gone', parameters: structOf([]) }];
    const state = { positions, session: structOf([]), steps: 0, afterCall: [] };
    const { host } = new FlowCall({ flows });
    expect((await resumeFlow(state, known, host)).end).toMatchObject({ why: 'failed', error: { name: 'FlowError' } });
    const broken = { ...state, session: JSON.parse('{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}') };
    expect((await resumeFlow(broken, known, host)).end).toMatchObject({ why: 'failed', error: { name: 'DataError' } });
  });
});

describe('after the call', () => {
  it('each branch is followed, in order, and sees what the others wrote', async () => {
    const flow = compiled({
      first: ['RecordNode', { Recording: into('One'), RecordingReady: to('note'), Done: to('second') }],
      second: ['RecordNode', { Recording: into('Two'), RecordingReady: to('note2') }],
      note: ['SetDataNode', { Fields: fields({ Notes: '{{ Session.Notes }}a' }) }],
      note2: ['SetDataNode', { Fields: fields({ Notes: '{{ Session.Notes }}b' }), Done: to('wait') }],
      wait: ['WaitNode', { Timeout: 2, Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'Nobody hears this', Failed: to('end') }],
      end: ['HangUpNode', { Outcome: 'ignored' }],
    });
    const call = new FlowCall({
      script: {
        speaks: [
          { fromMs: 300, toMs: 2000 },
          { fromMs: 8000, toMs: 9000 },
        ],
        hangsUpAtMs: 20_000,
      },
    });
    const result = await call.run(flow);
    expect(result.afterCall).toHaveLength(2);
    const after = await call.afterCall(result);
    expect(after.map(({ end }) => end.why)).toEqual(['completed', 'hung-up']);
    expect(after.at(-1)?.session).toEqual({ One: 'file-1', Two: 'file-2', Notes: 'ab' });
    expect(call.leg.heard).not.toContain('Nobody hears this');
  });

  it('a branch out of an inner flow goes on by its exit', async () => {
    const inner = compiled(
      { rec: ['RecordNode', { Recording: into('File'), Done: to('Done'), RecordingReady: to('Ready') }] },
      {
        id: 'inner',
        parameters: [{ name: 'File', type: 'File', isPublic: true, isOutput: true }],
        exits: [{ name: 'Done' }, { name: 'Ready' }],
      },
    );
    const flow = compiled({
      inner: [runs('inner'), { File: into('Result'), Done: to('end'), Ready: to('note') }],
      end: ['HangUpNode'],
      note: ['AddLogNode', { Message: 'Got {{ Session.Result }}' }],
    });
    const call = new FlowCall({ flows: { inner }, script: { speaks: [{ fromMs: 300, toMs: 900 }] } });
    const result = await call.run(flow);
    expect(result.end).toEqual({ why: 'hung-up' });
    await call.afterCall(result);
    expect(call.log).toEqual(['Got file-1']);
  });
});

describe('expressions', () => {
  it('give an input its type', async () => {
    const flow = compiled({
      set: ['SetDataNode', { Fields: fields({ N: 2 }), Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'x', Loop: expression('Session.N | plus: 1') }],
    });
    expect((await runOnCall(flow)).call.leg.heard).toEqual(['x', 'x', 'x']);
  });
});
