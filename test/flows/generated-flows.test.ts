import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/check-flow.ts';
import { compileFlow } from '../../src/flow/compile-flow.ts';
import { expression, fields, flowOf, from, into, runs, type ShortNode, type ShortParameter, to } from '../support/flow-builder.ts';
import { FlowCall } from '../support/flow-call.ts';

const ids = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
const target = fc.constantFrom(...ids, ...ids, 'Out', '').map(to);
const field = fc.constantFrom('A', 'B', 'C');
const text = fc.constantFrom(
  'Hello',
  '{{ Session.A }} and {{ Session.B }}',
  '{{ Session.C | append: Session.C }}',
  'broken',
  '1',
  '{{ System.Now }}',
);
const number = fc.oneof<fc.Arbitrary<ShortParameter>[]>(
  fc.integer({ min: 1, max: 3 }),
  field.map((name) => from('Session', name)),
  field.map((name) => expression(`Session.${name} | plus: 1`)),
);
const choices = fc.uniqueArray(fc.constantFrom('1', '2', '12', '#'), { maxLength: 3 });
const ways = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, target]));

function nodeOf(type: string, parameters: Record<string, fc.Arbitrary<ShortParameter>>): fc.Arbitrary<ShortNode> {
  return fc
    .record(parameters, { requiredKeys: Object.keys(parameters).filter((key) => !key.endsWith('?')) })
    .map((made) => [type, made] as const);
}

function choosing(type: string, parameters: Record<string, fc.Arbitrary<ShortParameter>>): fc.Arbitrary<ShortNode> {
  return choices.chain((list) => nodeOf(type, { ...parameters, Choices: fc.constant(list), ...ways(...list) }));
}

const node: fc.Arbitrary<ShortNode> = fc.oneof(
  nodeOf('SayNode', { WhatToSay: text, Loop: number, AllowInterrupt: fc.boolean(), ...ways('Done', 'Failed') }),
  nodeOf('GatherNode', { Prompt: text, MaxDigits: number, Digits: field.map(into), ...ways('Done', 'NoInput', 'Failed') }),
  choosing('MenuNode', { Prompt: text, Attempts: number, Choice: field.map(into), ...ways('NoInput', 'NoMatch', 'Failed') }),
  nodeOf('RecordNode', { Recording: field.map(into), ...ways('Done', 'NoRecording', 'Failed', 'RecordingReady') }),
  nodeOf('SendDigitsNode', { Digits: fc.constantFrom('1w2', '{{ Session.A }}'), ...ways('Done', 'Failed') }),
  nodeOf('WaitNode', { Timeout: number, ...ways('Done') }),
  choosing('StringMatchNode', { String: text, ...ways('NoMatches') }),
  nodeOf('BooleanComparisonNode', { Value: field.map((name) => from('Session', name)), ...ways('Yes', 'No') }),
  nodeOf('NumberComparisonNode', { Left: number, Operator: fc.constantFrom('=', '<', '>='), Right: number, ...ways('Yes', 'No') }),
  nodeOf('SetDataNode', { Fields: fc.dictionary(field, text).map(fields), ...ways('Done') }),
  nodeOf('AddLogNode', { Message: text, ...ways('Done') }),
  nodeOf('HangUpNode', { Outcome: text }),
  nodeOf(runs('inner'), { P: text, Out: target }),
);

const nodes = fc
  .tuple(...ids.map(() => node))
  .map((made): Record<string, ShortNode> => Object.fromEntries(made.map((one, index) => [ids[index] ?? '', one])));

const script = fc.record({
  presses: fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 30_000 }), keys: fc.constantFrom('1', '2', '12', '#', '9') }), {
    maxLength: 8,
  }),
  speaks: fc.constantFrom([], [{ fromMs: 1000, toMs: 5000 }]),
  hangsUpAtMs: fc.option(fc.integer({ min: 0, max: 40_000 }), { nil: undefined }),
  takesDigits: fc.boolean(),
});

describe('any flow that may be saved', () => {
  it('ends on any call, with a state that is plain JSON, and so does what follows the call', async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(nodes, nodes, script, async (outer, inside, { hangsUpAtMs, ...rest }) => {
        const innermost = Object.fromEntries(
          Object.entries(inside).map(([id, one]) => [id, one[0] === runs('inner') ? (['WaitNode'] as const) : one]),
        );
        const parameters = [{ name: 'P', isPublic: true, defaultValue: { stringValue: 'p' } }];
        const innerFlow = flowOf(innermost, { id: 'inner', parameters, exits: [{ name: 'Out' }] });
        const flow = flowOf(outer, { exits: [{ name: 'Out' }] });
        const { problems } = await checkFlow(flow, async (id) => (id === 'inner' ? innerFlow : undefined));
        expect(problems).toEqual([]);
        const inner = compileFlow({ flowId: 'inner', version: 1, flow: innerFlow });
        const call = new FlowCall({ flows: { inner }, script: { ...rest, hangsUpAtMs: hangsUpAtMs ?? 600_000 } });
        const result = await call.run(compileFlow({ flowId: 'flow-1', version: 1, flow }));
        expect(['completed', 'hung-up', 'call-ended', 'failed']).toContain(result.end.why);
        const after = await call.afterCall(result);
        expect(after).toHaveLength(result.afterCall.length);
        expect(JSON.parse(JSON.stringify(call.states.at(-1) ?? null))).toEqual(call.states.at(-1) ?? null);
        ended += 1;
      }),
      { seed: 20260101, numRuns: 200 },
    );
    expect(ended).toBe(200);
  });
});
