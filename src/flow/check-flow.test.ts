import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expression, fields, flowOf, from, into, runs, type ShortNode, type ShortParameter, to } from '../../test/support/flow-builder.ts';
import type { FlowInfo, FlowNode } from '../contracts/flows.ts';
import { checkFlow } from './check-flow.ts';
import { compileFlow, FlowNotRunnable } from './compile-flow.ts';

const noFlows = async (): Promise<undefined> => undefined;

async function problemsOf(flow: FlowInfo, flows: Readonly<Record<string, FlowInfo>> = {}): Promise<string[]> {
  const { problems } = await checkFlow(flow, async (id) => flows[id]);
  return problems.map(({ fieldName, message }) => `${fieldName}: ${message}`);
}

const hangUp: FlowNode = { id: 'end', isStartNode: true, spec: { url: '/json/reply/HangUpNode' } };

describe('the rules of a flow', () => {
  it('a flow without nodes is a flow', async () => {
    expect(await problemsOf({ accountId: 'a' })).toEqual([]);
  });

  it('1: exactly one start node', async () => {
    const second = { ...hangUp, id: 'second' };
    expect(await problemsOf({ nodes: [hangUp, second] })).toEqual([
      'Nodes: Exactly one node is the start node (isStartNode); this flow has 2.',
    ]);
    expect(await problemsOf({ nodes: [{ ...hangUp, isStartNode: false }] })).toEqual([
      'Nodes: Exactly one node is the start node (isStartNode); this flow has 0.',
    ]);
  });

  it('2: every node has an id of its own', async () => {
    const { id: _, ...nameless } = hangUp;
    expect(await problemsOf({ nodes: [nameless] })).toEqual(['Nodes[0].Id: The node at position 0 has no id.']);
    const twin = { ...hangUp, isStartNode: false, name: 'Twin' };
    expect(await problemsOf({ nodes: [hangUp, twin] })).toEqual(["Nodes[1]: Node 'Twin' (end): another node has the same id."]);
  });

  it('3: the spec has a url, and it names something', async () => {
    const spec = (spec: FlowNode['spec']): FlowInfo => ({ nodes: [spec ? { ...hangUp, spec } : { id: 'end', isStartNode: true }] });
    expect((await problemsOf(spec(undefined)))[0]).toContain('its spec has no url');
    expect((await problemsOf(spec({ typeName: 'HangUpNode' })))[0]).toContain('its spec has no url');
    expect((await problemsOf(spec({ url: '/json/reply/NoSuchNode' })))[0]).toContain('there is no node type with this url');
    expect((await problemsOf(spec({ url: '/json/reply/SayNode', typeName: 'HangUpNode' })))[0]).toContain('there is no node type');
    expect((await problemsOf(spec({ url: '/json/reply/__proto__' })))[0]).toContain('there is no node type');
    expect((await problemsOf(spec({ url: '/flows/start?flowId=' })))[0]).toContain('there is no node type');
    expect((await problemsOf(spec({ url: '/flows/start?flowId=%zz' })))[0]).toContain('there is no node type');
  });

  it.each<[string, FlowInfo, string]>([
    [
      '4: a parameter has a name',
      { parameters: [{ type: 'String' }] },
      'Parameters[0].Name: The flow parameter at position 0 has no name.',
    ],
    [
      '4: names are unique',
      { parameters: [{ name: 'A' }, { name: 'A' }] },
      "Parameters[1].Name: Flow parameter 'A': another parameter has the same name.",
    ],
    ['5: no structs', { parameters: [{ name: 'A', type: 'Struct' }] }, "Parameters[0].Type: Flow parameter 'A' may not be a Struct."],
    [
      '5: no transitions',
      { parameters: [{ name: 'A', type: 'Transition' }] },
      "Parameters[0].Type: Flow parameter 'A' may not be a Transition.",
    ],
    [
      '6: a list says of what',
      { parameters: [{ name: 'A', type: 'List' }] },
      "Parameters[0].ListType: Flow parameter 'A' is a list: say of what, with listType.",
    ],
    [
      '7: an output is public',
      { parameters: [{ name: 'A', isOutput: true }] },
      "Parameters[0].IsPublic: Flow parameter 'A' is an output: make it public.",
    ],
    [
      '8: an exit is no parameter',
      { parameters: [{ name: 'A' }], exits: [{ name: 'A' }] },
      "Exits[0].Name: Exit 'A' has the name of a flow parameter.",
    ],
    ['an exit has a name', { exits: [{ id: 'x' }] }, 'Exits[0].Name: The exit at position 0 has no name.'],
    ['the name of an exit is not empty', { exits: [{ name: '' }] }, 'Exits[0].Name: The exit at position 0 has no name.'],
    [
      'no two exits have the same name',
      { exits: [{ name: 'Out' }, { name: 'Other' }, { name: 'Out' }] },
      "Exits[2].Name: Exit 'Out': another exit has the same name.",
    ],
    [
      'no two exits have the same id',
      {
        exits: [
          { id: 'x', name: 'Out' },
          { id: 'x', name: 'Other' },
        ],
      },
      "Exits[1].Id: Exit 'Other': another exit has the same id.",
    ],
    [
      'a default fits its type',
      { parameters: [{ name: 'A', type: 'Number', defaultValue: { stringValue: 'x' } }] },
      "Parameters[0].DefaultValue: The default of flow parameter 'A' does not fit: a number is expected, but the value is other text.",
    ],
  ])('%s', async (_name, flow, expected) => {
    expect(await problemsOf(flow)).toEqual([expected]);
  });

  it('9: every parameter of a node has an id of its own, also inside lists and structs', async () => {
    const withFields = (first: string | undefined, second: string): FlowInfo => ({
      nodes: [
        {
          id: 'set',
          isStartNode: true,
          spec: { url: '/json/reply/SetDataNode' },
          parameters: {
            Fields: {
              id: 'fields',
              type: 'List',
              listParameters: [{ Name: { ...(first !== undefined && { id: first }), value: { stringValue: 'A' } }, Value: { id: second } }],
            },
          },
        },
      ],
    });
    expect(await problemsOf(withFields('one', 'two'))).toEqual([]);
    expect(await problemsOf(withFields('one', 'fields'))).toEqual([
      "Nodes[0].Parameters.Fields: Node 'set', Fields: the id 'fields' is used by another parameter of the flow.",
    ]);
    expect((await problemsOf(withFields(undefined, 'two')))[0]).toContain('has no id');
  });

  it('10: a transition leads to a node or an exit of this flow', async () => {
    const flow = (target: string) => flowOf({ say: ['SayNode', { WhatToSay: 'x', Done: to(target) }] }, { exits: [{ name: 'Out' }] });
    expect(await problemsOf(flow(''))).toEqual([]);
    expect(await problemsOf(flow('say'))).toEqual([]);
    expect(await problemsOf(flow('Out'))).toEqual([]);
    expect(await problemsOf(flow('nowhere'))).toEqual([
      "Nodes[0].Parameters.Done: Node 'say', Done: 'nowhere' is neither a node nor an exit of this flow.",
    ]);
  });

  it('has limits', async () => {
    const nodes = Array.from({ length: 1001 }, (_, index) => ({ ...hangUp, id: String(index), isStartNode: index === 0 }));
    expect(await problemsOf({ nodes })).toEqual(['Nodes: A flow may have 1000 of these; this one has 1001.']);
    expect(await problemsOf({ nodes: nodes.slice(1).map((node, index) => ({ ...node, isStartNode: index === 0 })) })).toEqual([]);
    let value = {};
    for (let depth = 0; depth < 5000; depth += 1) value = { listValue: [{ Value: value }] };
    const deep = flowOf({ set: ['SetDataNode', { Fields: { type: 'List', value } }] });
    expect((await problemsOf(deep))[0]).toContain('nested 10 deep');
  });

  it('are told all at once, by node and parameter, for errors[]', async () => {
    const flow = flowOf({ say: ['SayNode', { Loop: 0 }], ask: ['GatherNode', { Prompt: '{{ x' }] });
    const { problems } = await checkFlow(flow, noFlows);
    expect(problems.map(({ nodeId, parameter, fieldName }) => [nodeId, parameter, fieldName])).toEqual([
      ['say', 'WhatToSay', 'Nodes[0].Parameters.WhatToSay'],
      ['say', 'Loop', 'Nodes[0].Parameters.Loop'],
      ['ask', 'Prompt', 'Nodes[1].Parameters.Prompt'],
    ]);
    expect(() => compileFlow({ flowId: 'f', version: 1, flow })).toThrow(FlowNotRunnable);
  });
});

describe('the parameters of a node', () => {
  it.each<[string, ShortNode, string]>([
    ['a required one is there', ['SayNode'], 'WhatToSay: A value is required.'],
    ['and not empty', ['SayNode', { WhatToSay: '' }], 'WhatToSay: A value is required.'],
    ['a number is a number', ['WaitNode', { Timeout: 'soon' }], 'Timeout: a number is expected, but the value is other text.'],
    ['in its range', ['WaitNode', { Timeout: -1 }], 'Timeout: A number from 0 to 86400 is expected.'],
    ['and whole where it counts', ['GatherNode', { MaxDigits: 1.5 }], 'MaxDigits: A whole number is expected.'],
    [
      'one of its values',
      ['StringMatchNode', { MatchType: 'Regex' }],
      'MatchType: One of Exact, StartsWith, EndsWith, Contains is expected.',
    ],
    ['keys are keys', ['GatherNode', { FinishOnKey: 'x' }], 'FinishOnKey: Only the keys 0 to 9, *, # and A to D exist.'],
    ['choices of a menu are keys', ['MenuNode', { Choices: ['one'] }], 'Choices: Only the keys 0 to 9, *, # and A to D exist.'],
    ['and not empty', ['MenuNode', { Choices: [''] }], 'Choices: A choice has at least one digit.'],
    [
      'digits to send are keys',
      ['SendDigitsNode', { Digits: '1,2' }],
      'Digits: Only the keys 0 to 9, *, #, A to D, and w for a pause, can be sent.',
    ],
    [
      'a template is well formed',
      ['AddLogNode', { Message: '{% if %}' }],
      'Message: The text cannot be filled in: invalid value expression: "", line:1, col:6',
    ],
    ['and knows its scopes', ['AddLogNode', { Message: '{{ Choice }}' }], "Message: 'Choice' is not a scope"],
    ['an expression is well formed', ['WaitNode', { Timeout: expression('| plus') }], 'Timeout: The text cannot be filled in'],
    [
      'a field has a name',
      ['WaitNode', { Timeout: from('Session', '') }],
      'Timeout: The name of the field of Session is missing (referenceId).',
    ],
    [
      'a transition is one',
      ['WaitNode', { Done: 'next' }],
      'Done: this is a transition: its type is Transition and its value names the next node.',
    ],
    ['an input is none', ['SayNode', { WhatToSay: to('node') }], 'WhatToSay: this is an input; it takes a value.'],
    [
      'an output goes to a field',
      ['GatherNode', { Digits: { isOutput: true, referenceId: 'A' } }],
      'Digits: an output goes to a field: its source is Session.',
    ],
    [
      'that a flow may write',
      ['GatherNode', { Digits: { isOutput: true, source: 'Customer', referenceId: 'A' } }],
      'Digits: Fields of Customer cannot be changed by a flow',
    ],
    [
      'and that is not built in',
      ['GatherNode', { Digits: into('From') }],
      'Digits: Session.From belongs to the call and cannot be changed.',
    ],
    ['nothing else is there', ['WaitNode', { TimeOut: 3 }], 'TimeOut: Wait has no such parameter. It has Timeout, Done.'],
    ['no other transition either', ['WaitNode', { Failed: to('node') }], 'Failed: Wait has no such transition.'],
    [
      'nor a choice that is not listed',
      ['StringMatchNode', { Choices: ['a'], b: to('node') }],
      'b: String Match has no such transition or choice.',
    ],
    [
      'a choice is not a parameter',
      ['StringMatchNode', { Choices: ['NoMatches'] }],
      "Choices: the choice 'NoMatches' has the name of a parameter of String Match.",
    ],
    ['nor there twice', ['StringMatchNode', { Choices: ['a', 'a'] }], "Choices: the choice 'a' is there twice."],
    [
      'audio from an address is not supported yet',
      ['PlayNode', { AudioFile: 'f', AudioUrl: 'https://x.example/a.wav' }],
      'AudioUrl: Audio from an address is not supported yet',
    ],
    [
      'not as an expression either',
      ['PlayNode', { AudioFile: 'f', AudioUrl: from('Session', 'Url') }],
      'AudioUrl: Audio from an address is not supported yet',
    ],
    [
      'fields to set have names',
      ['SetDataNode', { Fields: { value: { listValue: [{ Value: { stringValue: 'x' } }] } } }],
      'Fields: a struct is expected',
    ],
    [
      'and are in Session',
      ['SetDataNode', { Fields: { value: { listValue: [{ Scope: { stringValue: 'Customer' }, Name: { stringValue: 'A' } }] } } }],
      'Fields: Scope: One of Session is expected.',
    ],
    [
      'and have only what they have',
      ['SetDataNode', { Fields: { value: { listValue: [{ Name: { stringValue: 'A' }, value: {}, Extra: { stringValue: 'x' } }] } } }],
      "Fields: An entry of the list has Scope, Name, Value, but no 'Extra'.",
    ],
  ])('%s', async (_name, node, expected) => {
    const problems = await problemsOf(flowOf({ node }));
    expect(problems.join('\n')).toContain(expected);
    expect(problems).toHaveLength(1);
  });

  it.each<[string, Record<string, ShortParameter>]>([
    ['GatherNode', {}],
    ['GatherNode', { MaxDigits: '3', AllowInterrupt: 'no', Timeout: to('') }],
    ['GatherNode', { MaxDigits: '', FinishOnKey: '' }],
    ['StringMatchNode', { Choices: from('Session', 'List'), anything: to('node') }],
    ['StringMatchNode', { Choices: ['{{ not a template }}'] }],
    ['MenuNode', { Choices: ['1'], '1': to('node'), '2': to('') }],
    ['PlayNode', { AudioFile: 'f', AudioUrl: '' }],
    ['SetDataNode', { Fields: fields({ A: '{{ Session.B }}' }) }],
  ])('%s with %j may be saved', async (type, parameters) => {
    const { Timeout: _, ...rest } = parameters;
    expect(await problemsOf(flowOf({ node: [type, rest] }))).toEqual([]);
  });
});

describe('flows as nodes', () => {
  const inner: FlowInfo = {
    id: 'inner',
    accountId: 'account-1',
    name: 'Inner',
    parameters: [{ name: 'In', isPublic: true }, { name: 'Out', isPublic: true, isOutput: true }, { name: 'Local' }],
    exits: [{ name: 'Done' }],
  };

  it('exist, in the same account, with these parameters and exits', async () => {
    const flow = flowOf({ node: [runs('inner'), { In: 'x', Out: into('X'), Done: to('node') }] });
    expect(await problemsOf(flow, { inner })).toEqual([]);
    const missing = ["Nodes[0]: Node 'node': the flow that it runs does not exist in this account."];
    expect(await problemsOf(flow)).toEqual(missing);
    expect(await problemsOf(flow, { inner: { ...inner, accountId: 'other' } })).toEqual(missing);
  });

  it.each<[Record<string, ShortParameter>, string]>([
    [{ Local: 'x' }, "Local: the flow 'Inner' has no public parameter of this name."],
    [{ In: into('X') }, "In: the flow 'Inner' has no public output of this name."],
    [{ Left: to('node') }, "Left: the flow 'Inner' has no exit of this name."],
  ])('have no other %j', async (parameters, expected) => {
    expect((await problemsOf(flowOf({ node: [runs('inner'), parameters] }), { inner })).join()).toContain(expected);
  });

  it('do not lead back, directly or around', async () => {
    const back = 'leads back to this flow';
    expect((await problemsOf(flowOf({ node: [runs('flow-1')] })))[0]).toContain(back);
    const a = flowOf({ node: [runs('b')] }, { id: 'a' });
    const b = flowOf({ node: [runs('flow-1')] }, { id: 'b' });
    expect((await problemsOf(flowOf({ node: [runs('a')] }), { a, b }))[0]).toContain(back);
    // Two flows that lead to each other, but not to this one, are not its fault; looking at them ends.
    expect(await problemsOf(flowOf({ node: [runs('a')] }), { a, b: flowOf({ node: [runs('a')] }, { id: 'b' }) })).toEqual([]);
  });

  it('count as they will be saved, not as they are stored', async () => {
    const stored = flowOf({ node: ['HangUpNode'] });
    const problems = await problemsOf(flowOf({ node: [runs('flow-1')] }), { 'flow-1': stored });
    expect(problems[0]).toContain('leads back');
  });

  it('are nested at most twenty deep, and not too many', async () => {
    const chain: Record<string, FlowInfo> = {};
    for (let depth = 0; depth < 25; depth += 1) chain[`c${depth}`] = flowOf({ node: [runs(`c${depth + 1}`)] }, { id: `c${depth}` });
    expect((await problemsOf(flowOf({ node: [runs('c0')] }), chain))[0]).toContain('nested 20 deep');
    const wide: Record<string, FlowInfo> = {
      hub: flowOf(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`n${n}`, [runs(`w${n}`)]])), { id: 'hub' }),
    };
    expect((await problemsOf(flowOf({ node: [runs('hub')] }), wide))[0]).toContain('may reach 200');
  });
});

describe('whatever is saved', () => {
  const text = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'Done', '', '{{', '{{ Session.A }}', '{% for i in (1..9) %}'),
    fc.string({ maxLength: 12 }),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text.map((stringValue) => ({ stringValue })),
      fc.double().map((numberValue) => ({ numberValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
      fc.array(fc.dictionary(text, tie('value'), { maxKeys: 3 }), { maxLength: 3 }).map((listValue) => ({ listValue })),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }).map((structValue) => ({ structValue })),
    ),
  })).value;
  const parameter = fc.record(
    {
      id: text,
      type: fc.constantFrom('String', 'Number', 'List', 'Transition'),
      source: fc.constantFrom('Value', 'Expression', 'Session', 'System'),
      value,
      expression: text,
      referenceId: text,
      isOutput: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const keys = fc.oneof(fc.constantFrom('WhatToSay', 'Choices', 'Fields', 'Done', 'Digits', 'Timeout', 'Value'), text);
  const node = fc.record(
    {
      id: text,
      isStartNode: fc.boolean(),
      spec: fc.record({
        url: fc.constantFrom('/json/reply/SayNode', '/json/reply/MenuNode', '/json/reply/SetDataNode', '/flows/start?flowId=x', 'x'),
      }),
      parameters: fc.dictionary(keys, parameter, { maxKeys: 6 }),
    },
    { requiredKeys: [] },
  );

  it('the check answers, never throws, and says what compiling says', async () => {
    const flow = fc.record({ nodes: fc.array(node, { maxLength: 4 }), exits: fc.array(fc.record({ name: text }), { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(flow, async (arbitrary) => {
        const generated: FlowInfo = JSON.parse(JSON.stringify(arbitrary));
        const { problems } = await checkFlow(generated, noFlows);
        for (const { message, fieldName } of problems)
          expect([message.length, fieldName.length].every((length) => length < 500)).toBe(true);
        if (problems.length === 0) expect(() => compileFlow({ flowId: 'f', version: 1, flow: generated })).not.toThrow();
      }),
      { seed: 20260101, numRuns: 500 },
    );
  });
});
