import { describe, expect, it } from 'vitest';
import { CallPrompts } from '../../src/flow/call-prompts.ts';
import { nodeTypes } from '../../src/flow/catalogue.ts';
import { checkFlow } from '../../src/flow/check-flow.ts';
import type { NodeType } from '../../src/flow/define-node.ts';
import type { PromptSource } from '../../src/flow/flow-host.ts';
import { prepareFlow, runFlow } from '../../src/flow/interpreter.ts';
import type { PartyStatus } from '../../src/flow/second-party.ts';
import type { TransferOutcome } from '../../src/telephony/port.ts';
import type { CalleeScript } from '../support/fake-leg.ts';
import { compiled, expression, fields, flowOf, from, into, type ShortParameter, to } from '../support/flow-builder.ts';
import { FlowCall, known, promptsAtOnce, runOnCall } from '../support/flow-call.ts';

/** What a node needs at least to be saved. */
const least: Record<string, Record<string, ShortParameter>> = {
  ConferenceNode: { Name: 'Sales' },
  DialNode: { Number: '+18144043111' },
  SayNode: { WhatToSay: 'Hello' },
  PlayNode: { AudioFile: 'file' },
  NumberComparisonNode: { Left: 1, Operator: '<', Right: 2 },
  TransferNode: { Target: '+18144043111' },
};

const transferring = (result: TransferOutcome['result']): CalleeScript => ({ transfers: { afterMs: 10, outcome: { result, reason: '' } } });

/** For each way out of each node, a call that takes it. A new transition needs a line here. */
const ways: Record<string, Record<string, [parameters: Record<string, ShortParameter>, script?: CalleeScript, party?: PartyStatus]>> = {
  AddLogNode: { Done: [{ Message: 'x' }] },
  BooleanComparisonNode: { Yes: [{ Value: true }], No: [{ Value: expression('1 > 2') }] },
  ConferenceNode: { Done: [{ Name: 'Sales' }], Full: [{ Name: 'full' }], Failed: [{ Name: 'Sales', HoldMusic: 'broken' }] },
  DialNode: {
    Done: [{ Number: '+18144043111' }, {}, 'Answered'],
    NoAnswer: [{ Number: '+18144043111' }],
    Busy: [{ Number: '+18144043111' }, {}, 'Busy'],
    Rejected: [{ Number: '+18144043111' }, {}, 'Rejected'],
    Failed: [{ Number: '+18144043111', WhisperText: 'broken' }],
  },
  GatherNode: {
    Done: [{ Prompt: 'Well?', Digits: into('D') }, { presses: [{ atMs: 50, keys: '1' }] }],
    NoInput: [{ PromptAudio: 'f' }],
    Failed: [{ Prompt: 'broken' }],
  },
  HangUpNode: {},
  HoldNode: { Done: [{}], Failed: [{ HoldMusic: 'broken' }] },
  MenuNode: {
    '1': [{ Choices: ['1'] }, { presses: [{ atMs: 50, keys: '1' }] }],
    NoInput: [{ Choices: ['1'] }],
    NoMatch: [{ Choices: ['1'], Attempts: 1 }, { presses: [{ atMs: 50, keys: '2' }] }],
    Failed: [{ PromptAudio: 'broken' }],
  },
  NumberComparisonNode: { Yes: [least.NumberComparisonNode ?? {}], No: [{ Left: 2, Operator: '<', Right: 2 }] },
  PauseRecordingNode: { Done: [{}] },
  PlayNode: { Done: [{ AudioFile: 'f' }], Failed: [{ AudioFile: 'broken' }] },
  RecordNode: {
    Done: [{}, { speaks: [{ fromMs: 300, toMs: 900 }] }],
    NoRecording: [{}],
    Failed: [{ MaxLengthInSeconds: from('Session', 'To') }],
  },
  ResumeNode: { Done: [{}], Failed: [{}, { resumes: false }] },
  SayNode: { Done: [{ WhatToSay: 'x' }], Failed: [{ WhatToSay: 'broken' }] },
  SendDigitsNode: { Done: [{ Digits: '1' }], Failed: [{ Digits: '1' }, { takesDigits: false }] },
  SetDataNode: { Done: [{ Fields: fields({ A: 1 }) }] },
  StartRecordingNode: { Done: [{ Layout: 'Mono' }] },
  StopRecordingNode: { Done: [{}, { recorded: 'well' }], NoRecording: [{}], Failed: [{}, { recorded: 'badly' }] },
  StringMatchNode: { a: [{ String: 'A', Choices: ['a'] }], NoMatches: [{ String: 'b', Choices: ['a'] }] },
  TransferNode: {
    Transferred: [{ Target: '100' }, transferring('transferred')],
    Accepted: [{ Target: '100' }, transferring('unknown')],
    Refused: [{ Target: '100' }],
    Failed: [{ Target: '100' }, transferring('failed')],
    Joined: [{ Target: '+18144043111', Mode: 'Attended' }, {}, 'Answered'],
    NoAnswer: [{ Target: '+18144043111', Mode: 'Attended' }],
    Busy: [{ Target: '+18144043111', Mode: 'Attended', HoldMusic: 'f' }, {}, 'Busy'],
    Rejected: [{ Target: '+18144043111', Mode: 'Attended', WhisperText: 'x' }, {}, 'Rejected'],
  },
  WaitNode: { Done: [{}] },
};

const each = nodeTypes.map((type): [string, NodeType] => [type.typeName, type]);

describe.each(each)('%s', (typeName, type) => {
  it('can be saved with the least it needs, and runs with its defaults', async () => {
    const nodes = { node: [typeName, least[typeName] ?? {}] } as const;
    expect((await checkFlow(flowOf(nodes), async () => undefined)).problems).toEqual([]);
    const { result, call } = await runOnCall(compiled(nodes));
    expect(result.end.why).not.toBe('failed');
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('has defaults that it takes itself', async () => {
    const defaults = Object.entries(type.inputs).flatMap(([key, input]) =>
      'default' in input && input.default !== undefined ? [[key, input.default] as const] : [],
    );
    const nodes = { node: [typeName, { ...Object.fromEntries(defaults), ...least[typeName] }] } as const;
    expect((await checkFlow(flowOf(nodes), async () => undefined)).problems).toEqual([]);
  });

  it('can be left by each of its transitions', async () => {
    const declared = Object.entries(type.transitions).flatMap(([key, { isAsync }]) => (isAsync ? [] : [key]));
    const found = ways[typeName] ?? {};
    expect(Object.keys(found)).toEqual(expect.arrayContaining(declared));
    for (const [key, [parameters, script = {}, status = 'NoAnswer']] of Object.entries(found)) {
      const flow = compiled({ node: [typeName, { ...parameters, [key]: to('end') }], end: ['HangUpNode', { Outcome: key }] });
      const { result } = await runOnCall(flow, { script, party: { status, talkedMs: 0 } });
      expect(result.end).toEqual({ why: 'hung-up', outcome: key });
    }
  });

  it('ends within 50 ms when the call ends, and leaves nothing behind', async () => {
    const never = { ...promptsAtOnce, speech: () => new Promise<never>(() => {}), file: () => new Promise<never>(() => {}) };
    for (const prompts of [promptsAtOnce, never]) {
      const call = new FlowCall({ script: { hangsUpAtMs: 77 }, prompts });
      const startedAtMs = call.clock.now();
      const result = await call.run(compiled({ node: [typeName, least[typeName] ?? {}] }));
      expect(['call-ended', 'completed', 'hung-up']).toContain(result.end.why);
      expect(call.clock.now() - startedAtMs).toBeLessThanOrEqual(77 + 50);
    }
  });

  it('made ready before the answer what it plays first', async () => {
    for (const [parameters, script = {}] of Object.values(ways[typeName] ?? {})) {
      const flow = compiled({ node: [typeName, parameters] });
      const call = new FlowCall({ script });
      const prompts = new CallPrompts(
        { ...asPromises(promptsAtOnce), beep: promptsAtOnce.beep, ringing: promptsAtOnce.ringing, holdMusic: promptsAtOnce.holdMusic },
        call.host.signal,
      );
      await prepareFlow(flow, known, { ...call.host, prompts });
      const running = runFlow(flow, known, { ...call.host, prompts });
      const heardAtOnce = [...call.leg.heard];
      await call.clock.runUntil(() => false, 60_000);
      await running;
      expect(call.leg.heard.slice(0, 1)).toEqual(heardAtOnce);
    }
  });
});

/** The same prompts, each of them ready only later. */
function asPromises({ speech, file }: PromptSource) {
  return {
    speech: async (text: string, voice: string | undefined, signal: AbortSignal) => speech(text, voice, signal),
    file: async (fileId: string, signal: AbortSignal) => file(fileId, signal),
  };
}
