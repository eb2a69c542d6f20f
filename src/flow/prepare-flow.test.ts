import { describe, expect, it } from 'vitest';
import { compiled, fields, from, into, runs, type ShortNode, to } from '../../test/support/flow-builder.ts';
import { FlowCall, known, promptNamed, promptsAtOnce } from '../../test/support/flow-call.ts';
import { CallPrompts } from './call-prompts.ts';
import type { CompiledFlow } from './compiled-flow.ts';
import type { PromptSource } from './flow-host.ts';
import { prepareFlow } from './prepare-flow.ts';

/** The prompts that are asked for, in order. */
async function prepared(
  flow: CompiledFlow,
  flows: Record<string, CompiledFlow> = {},
  source: Partial<PromptSource> = {},
): Promise<string[]> {
  const asked: string[] = [];
  const note = (name: string) => {
    asked.push(name);
    return promptNamed(name);
  };
  const prompts = {
    speech: note,
    file: (id: string) => note(`file:${id}`),
    beep: () => note('beep'),
    ringing: () => note('ringing'),
    holdMusic: () => note('music'),
    ...source,
  };
  const { host } = new FlowCall({ flows });
  await prepareFlow(flow, known, { ...host, prompts });
  return asked;
}

describe('what is made ready', () => {
  it('is what the flow says, the start first and then by distance', async () => {
    const flow = compiled({
      a: ['MenuNode', { Prompt: 'a', InvalidPrompt: 'no', Choices: ['1'], '1': to('b'), NoInput: to('c') }],
      d: ['SayNode', { WhatToSay: 'd', Done: to('a') }],
      b: ['SayNode', { WhatToSay: 'b', Done: to('d') }],
      c: ['GatherNode', { PromptAudio: 'c', Done: to('r') }],
      r: ['RecordNode', { Done: to('p') }],
      p: ['PlayNode', { AudioFile: 'p' }],
      unreachable: ['SayNode', { WhatToSay: 'unreachable' }],
    });
    // Transitions are in the order in which the type declares them, choices last.
    expect(await prepared(flow)).toEqual(['a', 'no', 'file:c', 'b', 'beep', 'd', 'file:p']);
  });

  it('is asked for once, even if many nodes say it', async () => {
    const flow = compiled({ a: ['SayNode', { WhatToSay: 'x', Done: to('b') }], b: ['GatherNode', { Prompt: 'x', NoInput: to('b') }] });
    expect(await prepared(flow)).toEqual(['x']);
  });

  it('may depend on what is known of the call, not on what it will tell', async () => {
    const flow = compiled({
      a: ['SayNode', { WhatToSay: 'To {{ Session.To }}', Done: to('b') }],
      b: ['SayNode', { WhatToSay: 'You pressed {{ Session.Key }}', Done: to('c') }],
      c: ['SayNode', { WhatToSay: 'It is {{ System.Now }}', Done: to('d') }],
      d: ['SayNode', { WhatToSay: 'x', Voice: from('Customer', 'Voice'), Done: to('e') }],
      e: ['SayNode', { WhatToSay: 'end' }],
    });
    expect(await prepared(flow)).toEqual(['To +15550111', 'end']);
  });

  it('includes what flows behind nodes say, with what they are handed', async () => {
    const inner = compiled(
      {
        say: ['SayNode', { WhatToSay: 'Hello {{ Session.Name }}', Done: to('key') }],
        key: ['SayNode', { WhatToSay: '{{ Session.Key }}' }],
      },
      {
        id: 'inner',
        parameters: [
          { name: 'Name', isPublic: true },
          { name: 'Key', isPublic: true },
        ],
        exits: [{ name: 'Done' }],
      },
    );
    const flow = compiled({
      one: [runs('inner'), { Name: 'Ann', Key: from('Session', 'Digits'), Done: to('two') }],
      two: [runs('inner'), { Name: 'Bob', Done: to('gone') }],
      gone: [runs('gone'), { Done: to('end') }],
      end: ['SayNode', { WhatToSay: 'end' }],
    });
    expect(await prepared(flow, { inner })).toEqual(['Hello Ann', 'Hello Bob', 'end']);
  });

  it('is limited', async () => {
    const nodes: Record<string, ShortNode> = {};
    for (let n = 0; n < 100; n += 1) nodes[`n${n}`] = ['SayNode', { WhatToSay: `${n}`, Done: to(`n${(n + 1) % 100}`) }];
    expect(await prepared(compiled(nodes))).toHaveLength(50);
    const endless = compiled({ next: [runs('endless')] }, { id: 'endless' });
    expect(await prepared(endless, { endless })).toEqual([]);
  });

  it('goes on when one prompt cannot be made, and stops with the call', async () => {
    const flow = compiled({
      a: ['SayNode', { WhatToSay: 'broken', Done: to('b') }],
      b: ['SayNode', { WhatToSay: 'b', Done: to('c') }],
      c: ['SayNode', { WhatToSay: 'c' }],
    });
    const call = new FlowCall();
    const asked: string[] = [];
    const speech = (text: string) => {
      asked.push(text);
      if (text === 'b') void call.leg.hangup();
      return promptsAtOnce.speech(text, undefined, call.host.signal);
    };
    await prepareFlow(flow, known, { ...call.host, prompts: { ...promptsAtOnce, speech } });
    expect(asked).toEqual(['broken', 'b']);
  });

  it('leaves values that do not fit to the node', async () => {
    const flow = compiled({
      set: ['SetDataNode', { Fields: fields({ A: 1 }), Done: to('a') }],
      a: ['GatherNode', { Prompt: 'a', MaxDigits: from('Session', 'From'), Digits: into('D'), Done: to('b') }],
      b: ['SayNode', { WhatToSay: 'b' }],
    });
    expect(await prepared(flow)).toEqual(['b']);
  });
});

describe('the prompts of a call', () => {
  const signal = new AbortController().signal;

  it('are made once, and are there at once when they are ready', async () => {
    let made = 0;
    const memory = new CallPrompts(
      {
        speech: async (text, voice) => promptNamed(`${voice ?? 'any'} ${text} ${made++}`),
        file: async (id) => promptNamed(id),
        beep: () => promptNamed('beep'),
        ringing: () => promptNamed('ringing'),
        holdMusic: () => promptNamed('music'),
      },
      signal,
    );
    const first = memory.speech('x', undefined);
    expect(first).toBeInstanceOf(Promise);
    expect(memory.speech('x', undefined)).toBe(first);
    const ready = await first;
    expect(memory.speech('x', undefined)).toBe(ready);
    expect(memory.beep()).toMatchObject({ id: 'beep' });
    expect(await memory.speech('x', 'slt')).toMatchObject({ id: 'slt x 1' });
    expect(await memory.file('x')).toMatchObject({ id: 'x' });
    expect(made).toBe(2);
  });

  it('are tried again after a failure', async () => {
    let tries = 0;
    const speech = async (text: string) => {
      tries += 1;
      if (tries === 1) throw new Error('not now');
      return promptNamed(text);
    };
    const memory = new CallPrompts(
      {
        speech,
        file: speech,
        beep: () => promptNamed('beep'),
        ringing: () => promptNamed('ringing'),
        holdMusic: () => promptNamed('music'),
      },
      signal,
    );
    await expect(memory.speech('x', undefined)).rejects.toThrow('not now');
    expect(await memory.speech('x', undefined)).toMatchObject({ id: 'x' });
  });

  it('do not pile up', async () => {
    let made = 0;
    const speech = async (text: string) => promptNamed(`${text} ${made++}`);
    const memory = new CallPrompts(
      {
        speech,
        file: speech,
        beep: () => promptNamed('beep'),
        ringing: () => promptNamed('ringing'),
        holdMusic: () => promptNamed('music'),
      },
      signal,
    );
    for (let n = 0; n < 250; n += 1) await memory.speech(String(n), undefined);
    await memory.speech('249', undefined);
    expect(made).toBe(250);
    await memory.speech('0', undefined);
    expect(made).toBe(251);
  });
});
