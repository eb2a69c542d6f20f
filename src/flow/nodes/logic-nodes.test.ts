import { describe, expect, it } from 'vitest';
import { compiled, expression, fields, from, type ShortParameter, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';

/** The transition by which a node is left whose parameters are these, after fields of Session were set. */
async function leftBy(type: string, parameters: Record<string, ShortParameter>, session: Record<string, string | number | boolean> = {}) {
  const flow = compiled({ set: ['SetDataNode', { Fields: fields(session), Done: to('node') }], node: [type, parameters] });
  const { result, call } = await runOnCall(flow);
  return call.leftBy('node') ?? result.end;
}

describe('String Match', () => {
  it.each<[string, string[], Record<string, ShortParameter>, string]>([
    ['4000', ['4000', '5000'], {}, '4000'],
    ['English', ['english'], {}, 'english'],
    ['English', ['english'], { IgnoreCase: false }, 'NoMatches'],
    ['+18145550100', ['+1814'], { MatchType: 'StartsWith' }, '+1814'],
    ['a@evo.example', ['.example'], { MatchType: 'EndsWith' }, '.example'],
    ['my sales call', ['support', 'sales'], { MatchType: 'Contains' }, 'sales'],
    ['aa', ['a', 'aa'], { MatchType: 'Contains' }, 'a'],
    ['x', [], {}, 'NoMatches'],
    ['', [''], {}, ''],
  ])('%j among %j with %j is left by %j', async (text, Choices, rest, expected) => {
    expect(await leftBy('StringMatchNode', { String: text, Choices, ...rest })).toBe(expected);
  });

  it('takes a text that was never set as empty', async () => {
    expect(await leftBy('StringMatchNode', { String: from('Session', 'Nothing'), Choices: ['1'] })).toBe('NoMatches');
    expect(await leftBy('StringMatchNode', { Choices: ['1'] })).toBe('NoMatches');
  });

  it('compares a number as its text', async () => {
    expect(await leftBy('StringMatchNode', { String: from('Session', 'Age'), Choices: ['42'] }, { Age: 42 })).toBe('42');
  });
});

describe('Boolean Comparison', () => {
  it.each<[ShortParameter, string]>([
    [true, 'Yes'],
    [false, 'No'],
    ['yes', 'Yes'],
    ['FALSE', 'No'],
    [from('Session', 'Flag'), 'Yes'],
    [from('Session', 'Nothing'), 'No'],
    [expression('Session.Age > 40'), 'Yes'],
    [expression('Session.Age > 42'), 'No'],
  ])('%j is left by %s', async (Value, expected) => {
    expect(await leftBy('BooleanComparisonNode', { Value }, { Flag: true, Age: 42 })).toBe(expected);
  });

  it('fails for what is neither true nor false', async () => {
    const end = await leftBy('BooleanComparisonNode', { Value: from('Session', 'Text') }, { Text: 'perhaps' });
    expect(end).toMatchObject({ why: 'failed', error: { message: 'Value: true or false is expected, but the value is other text.' } });
  });
});

describe('Number Comparison', () => {
  it.each<[number, string, number, string]>([
    [1, '=', 1, 'Yes'],
    [1, '!=', 1, 'No'],
    [1, '<', 2, 'Yes'],
    [2, '<=', 2, 'Yes'],
    [2, '>', 2, 'No'],
    [-1.5, '>=', -2, 'Yes'],
  ])('%d %s %d is left by %s', async (Left, Operator, Right, expected) => {
    expect(await leftBy('NumberComparisonNode', { Left, Operator, Right })).toBe(expected);
  });

  it('reads a number from digits that were pressed', async () => {
    const parameters = { Left: from('Session', 'Pin'), Operator: '=', Right: 1234 };
    expect(await leftBy('NumberComparisonNode', parameters, { Pin: '1234' })).toBe('Yes');
  });

  it('fails, without repeating the value, for what is no number', async () => {
    const parameters = { Left: from('Session', 'Pin'), Operator: '=', Right: 1234 };
    const end = await leftBy('NumberComparisonNode', parameters, { Pin: '12#4' });
    expect(end).toMatchObject({ why: 'failed', error: { message: 'Left: a number is expected, but the value is other text.' } });
  });
});

describe('Set Data', () => {
  it('sets fields of any type, and fills in texts', async () => {
    const flow = compiled({ set: ['SetDataNode', { Fields: fields({ N: 7, B: false, T: 'from {{ Session.From }}' }) }] });
    expect((await runOnCall(flow)).result.session).toEqual({ N: 7, B: false, T: 'from +15550100' });
  });

  it('sets them in order, from any source', async () => {
    const entry = (name: string, value: ReturnType<typeof from>) => ({
      Name: { id: `${name}-n`, value: { stringValue: name } },
      Value: { ...value, id: `${name}-v` },
    });
    const listParameters = [
      entry('A', from('Session', 'To')),
      entry('B', expression('1 | plus: 2')),
      entry('C', from('Session', 'B')),
      entry('D', from('Session', 'Nothing')),
    ];
    const flow = compiled({ set: ['SetDataNode', { Fields: { type: 'List', listParameters } }] });
    // Values are taken when the node begins, so C does not see what this node writes.
    expect((await runOnCall(flow)).result.session).toEqual({ A: '+15550111', B: 3, C: '', D: '' });
  });

  it('does nothing without fields', async () => {
    expect(await leftBy('SetDataNode', {})).toBe('Done');
  });

  it('keeps names that mean something to JavaScript as plain names', async () => {
    const flow = compiled({
      set: ['SetDataNode', { Fields: fields({ ['__proto__']: 'a', constructor: 'b' }), Done: to('log') }],
      log: ['AddLogNode', { Message: '{{ Session.__proto__ }}{{ Session.constructor }}{{ Session.toString }}' }],
    });
    const { call } = await runOnCall(flow);
    expect(call.log).toEqual(['ab']);
  });
});

describe('Add Log', () => {
  it('adds a line with its fields filled in', async () => {
    const { call } = await runOnCall(compiled({ log: ['AddLogNode', { Message: 'Call {{ Session.Id }}' }] }));
    expect(call.log).toEqual(['Call session-1']);
  });
});
