import { describe, expect, it } from 'vitest';
import { Authenticate } from '../contracts/authentication.ts';
import { PlaceCall } from '../contracts/calls.ts';
import { NewFlow } from '../contracts/flows.ts';
import { ListSessions } from '../contracts/sessions.ts';
import { ValueDto } from '../contracts/values.ts';
import { objectShapeOf } from '../formats/shape.ts';
import { parseFields } from './address.ts';
import { overlay } from './overlay.ts';

const shape = objectShapeOf(ListSessions.request);

function laid(query: string, target: object = {}, onlyUnset = false) {
  const problems = overlay(target, shape, parseFields(query), { onlyUnset });
  return { target, problems };
}

describe('laying a query over a request', () => {
  it('reads texts, numbers, flags, enums and lists, in any case', () => {
    const { target, problems } = laid('PAGE=2&all=yes&sortorder=descend&accountIds=a,b&From=%2B1&nope=1');
    expect(target).toEqual({ page: 2, all: true, sortOrder: 'Descend', accountIds: ['a', 'b'], from: '+1' });
    expect(problems).toEqual([]);
  });

  it('joins a repeated name, and reads the brackets and quotes of JSV', () => {
    expect(laid('accountIds=a&accountIds=b').target).toEqual({ accountIds: ['a', 'b'] });
    expect(laid('accountIds=[a,"b,c"]').target).toEqual({ accountIds: ['a', 'b,c'] });
  });

  it('skips empty texts', () => {
    expect(laid('page=&from=&accountIds', { from: 'x' }).target).toEqual({ from: 'x' });
  });

  it('replaces what is there, unless only unset members are to be filled', () => {
    expect(laid('from=b&to=c', { from: 'a' }).target).toEqual({ from: 'b', to: 'c' });
    expect(laid('from=b&to=c', { from: 'a' }, true).target).toEqual({ from: 'a', to: 'c' });
  });

  it('takes the default of a type that cannot be null for unset, as C# does', () => {
    const fill = (target: object) => laid('page=2&all=true&sortOrder=Descend', target, true).target;
    expect(fill({ page: 0, all: false, sortOrder: 'Ascend' })).toEqual({ page: 2, all: true, sortOrder: 'Descend' });
    expect(fill({ page: 3, all: true, sortOrder: 'Descend' })).toEqual({ page: 3, all: true, sortOrder: 'Descend' });
    const call: object = { record: false, ringTimeoutInSeconds: 0 };
    overlay(call, objectShapeOf(PlaceCall.request), parseFields('record=true&ringTimeoutInSeconds=9'), { onlyUnset: true });
    expect(call).toEqual({ record: false, ringTimeoutInSeconds: 0 });
  });

  it('reports each member that does not fit, in the words of the original', () => {
    const { target, problems } = laid('page=x&all=maybe&from=a');
    expect(target).toEqual({ from: 'a' });
    expect(problems).toEqual([
      { errorCode: 'SerializationException', fieldName: 'Page', message: "'x' is an Invalid value for 'Page'" },
      { errorCode: 'SerializationException', fieldName: 'All', message: "'maybe' is an Invalid value for 'All'" },
    ]);
    expect(laid(`page=${'9'.repeat(5000)}`).problems[0]?.message.length).toBeLessThan(200);
  });

  it.each([
    [NewFlow.request, 'nodes={id:n1}&NODES={ID:n2}', { nodes: [{ id: 'n1' }, { id: 'n2' }] }],
    [
      NewFlow.request,
      'nodes=[{id:n1,parameters:{a:{expression:"x, %2B1"}}}]',
      { nodes: [{ id: 'n1', parameters: { a: { expression: 'x, +1' } } }] },
    ],
    [NewFlow.request, 'nodes=[{"id":"n1"}]', { nodes: [{ id: 'n1' }] }],
    [
      ValueDto,
      'structValue={Any Key:{numberValue:1}}&stringValue={a:1}',
      { structValue: { 'Any Key': { numberValue: 1 } }, stringValue: '{a:1}' },
    ],
    [Authenticate.request, 'meta={a:1,b:"2,3"}', { meta: { a: '1', b: '2,3' } }],
  ])('reads objects, dictionaries and lists of objects as JSV', (schema, query, expected) => {
    const target = {};
    expect(overlay(target, objectShapeOf(schema), parseFields(query), { onlyUnset: false })).toEqual([]);
    expect(target).toEqual(expected);
  });

  it.each(['1', 'on', 't', 'y', 'TRUE'])('takes %s for true', (word) => {
    expect(laid(`all=${word}`).target).toEqual({ all: true });
  });

  it.each(['0', 'off', 'F', 'n', 'false'])('takes %s for false', (word) => {
    expect(laid(`all=${word}`).target).toEqual({ all: false });
  });

  it('does not take what is no JSV of the member', () => {
    const problems = overlay({}, objectShapeOf(NewFlow.request), [['nodes', '[object Object]']], { onlyUnset: false });
    expect(problems).toEqual([
      { errorCode: 'SerializationException', fieldName: 'Nodes', message: "'[object Object]' is an Invalid value for 'Nodes'" },
    ]);
  });

  it('cannot reach a prototype', () => {
    laid('__proto__=x&constructor=y&toString=z');
    expect(Reflect.get({}, 'x')).toBeUndefined();
    expect(laid('__proto__=x').target).toEqual({});
  });
});
