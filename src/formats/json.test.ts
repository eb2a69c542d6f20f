import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { AuthenticateResponse } from '../contracts/authentication.ts';
import { BuyPhoneNumber, NewSipTrunk } from '../contracts/endpoints.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { FlowInfo, ListAvailableNodes, ListFlows, NewFlow } from '../contracts/flows.ts';
import { NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';
import { FormatError } from './format.ts';
import { json } from './json.ts';

const outgoing = NewOutgoingSession.request;

describe('writing JSON', () => {
  it('writes camelCase in the order of declaration, without white space', () => {
    const value = { callerId: '+1', numberToDial: '+18144043093', flowId: 'f' };
    expect(json.write(value, outgoing)).toBe('{"flowId":"f","numberToDial":"+18144043093","callerId":"+1"}');
  });

  it('leaves absent members out, and writes 0, false and empty lists', () => {
    const value = { name: null, nodes: [], nodeCount: 0, tagIds: undefined };
    expect(json.write(value, FlowInfo)).toBe('{"nodes":[],"nodeCount":0}');
    expect(json.write({ ended: false }, SessionInfo)).toBe('{"ended":false}');
  });

  it('never writes a member that is not declared', () => {
    expect(json.write({ id: '1', passwordHash: 'x' }, FlowInfo)).toBe('{"id":"1"}');
  });

  it('leaves the keys of dictionaries alone and nulls in lists', () => {
    const node = { parameters: { WhatToSay: { id: 'v1', value: { stringValue: 'Hi' } } } };
    expect(json.write({ nodes: [node, null] }, FlowInfo)).toBe(
      '{"nodes":[{"parameters":{"WhatToSay":{"id":"v1","value":{"stringValue":"Hi"}}}},null]}',
    );
  });

  it('escapes text as JSON and nothing more', () => {
    expect(json.write({ message: 'a"b\\c\n<d>é' }, ErrorResponse)).toBe('{}');
    expect(json.write({ responseStatus: { message: 'a"b\\c\n<d>é' } }, ErrorResponse)).toBe(
      '{"responseStatus":{"message":"a\\"b\\\\c\\n<d>é"}}',
    );
  });

  it('writes a list as the whole body', () => {
    expect(json.write([{ name: 'Say' }], ListAvailableNodes.response ?? FlowInfo)).toBe('[{"name":"Say"}]');
    expect(json.write({}, AuthenticateResponse)).toBe('{}');
  });
});

describe('reading JSON', () => {
  it('reads names without regard to case and ignores unknown ones', async () => {
    expect(await json.read('{"FlowId":"f","NUMBERTODIAL":"+1","nope":{"a":[1]}}', outgoing)).toEqual({ flowId: 'f', numberToDial: '+1' });
  });

  it('takes null for absent', async () => {
    expect(await json.read('{"flowId":null}', outgoing)).toEqual({});
  });

  it('takes a number for a text, and numbers and flags in quotes', async () => {
    expect(await json.read('{"flowId":12,"numberToDial":true}', outgoing)).toEqual({ flowId: '12', numberToDial: 'true' });
    expect(await json.read('{"page":"2","all":"True","sortOrder":"descend"}', ListFlows.request)).toEqual({
      page: 2,
      all: true,
      sortOrder: 'Descend',
    });
    expect(await json.read('{"isVirtualPhoneNumber":1}', BuyPhoneNumber.request)).toEqual({ isVirtualPhoneNumber: true });
    expect(await json.read('{"port":""}', NewSipTrunk.request)).toEqual({});
  });

  it('allows white space and a byte order mark before the brace', async () => {
    expect(await json.read('\ufeff \r\n{"flowId":"f"}', outgoing)).toEqual({ flowId: 'f' });
  });

  it.each([
    ['not json', "The body does not begin with '{'"],
    ['[]', "The body does not begin with '{'"],
    ['"x"', "The body does not begin with '{'"],
    ['{"flowId":"f"', 'The body is not JSON'],
    ["{'flowId':1}", 'The body is not JSON'],
    ['{"flowId":{}}', 'FlowId: is an object or a list'],
    ['{"flowId":["a"]}', 'FlowId: is an object or a list'],
  ])('refuses %s', async (text, message) => {
    await expect(json.read(text, outgoing)).rejects.toThrow(message);
  });

  it.each([
    ['{"page":1.5}', 'Page: is not a whole number'],
    ['{"page":"x"}', 'Page: is not a whole number'],
    ['{"all":"maybe"}', 'All: is not true or false'],
    ['{"sortOrder":"Up"}', 'SortOrder: is not one of Ascend, Descend'],
    ['{"accountIds":"a"}', 'AccountIds: is not a list'],
    ['{"accountIds":["a",null]}', 'AccountIds[1]: is empty'],
  ])('refuses a member that does not fit: %s', async (text, message) => {
    await expect(json.read(text, ListFlows.request)).rejects.toThrow(message);
  });

  it('names a deep member by its path', async () => {
    const text = '{"nodes":[{},{"parameters":{"Done":{"type":"Nope"}}}]}';
    await expect(json.read(text, NewFlow.request)).rejects.toThrow('Nodes[1].Parameters.Done.Type: is not one of');
  });

  it('reads a list of requests, and names the item of which a member does not fit', async () => {
    const requests = Type.Array(outgoing);
    expect(await json.read(' [{"flowId":"a"},{"FLOWID":"b"}]', requests)).toEqual([{ flowId: 'a' }, { flowId: 'b' }]);
    expect(await json.read('[]', requests)).toEqual([]);
    await expect(json.read('[{},{},{"flowId":[]}]', requests)).rejects.toThrow('[2].FlowId: is an object or a list');
    await expect(json.read('[{},1]', requests)).rejects.toThrow('[1]: is not an object');
    await expect(json.read('[null]', requests)).rejects.toThrow('[0]: is empty');
    await expect(json.read('{"flowId":"a"}', requests)).rejects.toThrow("does not begin with '['");
    await expect(json.read(`[${'{},'.repeat(1000)}{}]`, requests)).rejects.toThrow('more than 1000 items');
    expect(await json.read(`[${'{},'.repeat(999)}{}]`, requests)).toHaveLength(1000);
  });

  it('does not repeat the body in its error', async () => {
    await expect(json.read('{"password":"secret', outgoing)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  it('refuses nesting of more than 64, also in members it would ignore and before parsing', async () => {
    const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(await json.read(nested(63), outgoing)).toEqual({});
    await expect(json.read(nested(64), outgoing)).rejects.toThrow('nested more than 64 deep');
    await expect(json.read(`{"x":${'['.repeat(900_000)}`, outgoing)).rejects.toThrow('nested more than 64 deep');
    expect(await json.read(`{"x":"${'['.repeat(100)}\\"${'{'.repeat(100)}"}`, outgoing)).toEqual({});
  });

  it('refuses more values than 50000, also in members it would ignore', async () => {
    const list = (commas: number) => `{"x":[${'1,'.repeat(commas)}1]}`;
    expect(await json.read(list(49_997), outgoing)).toEqual({});
    await expect(json.read(list(50_000), outgoing)).rejects.toThrow('more than 50000 values');
    await expect(json.read(`{"x":[${'[],'.repeat(300_000)}[]]}`, outgoing)).rejects.toThrow('more than 50000 values');
    expect(await json.read(`{"flowId":"${'{[,'.repeat(60_000)}"}`, outgoing)).toEqual({ flowId: '{[,'.repeat(60_000) });
  });

  it('refuses a text that is too long', async () => {
    await expect(json.read(`{"flowId":"${'x'.repeat(1024 * 1024)}"}`, outgoing)).rejects.toThrow('longer than');
  });

  it('checks, parses and reads a long text in turns of their own, with other work in between', async () => {
    const flowId = 'x'.repeat(100_000);
    const reading = json.read(`{"flowId":"${flowId}"}`, outgoing);
    let turns = 0;
    const counting = (async () => {
      for (; turns < 1; turns++) await nextTurn();
      return 'counted';
    })();
    expect(await Promise.race([counting, reading.then(() => 'read')])).toBe('counted');
    expect(await reading).toEqual({ flowId });
  });

  it('shortens a key that it names in an error', async () => {
    const text = `{"nodes":[{"parameters":{"${'k'.repeat(5000)}":1}}]}`;
    await expect(json.read(text, NewFlow.request)).rejects.toThrow(/^Nodes\[0\]\.Parameters\.k{100}…: is not an object$/);
  });

  it('lets no key reach a prototype', async () => {
    await expect(json.read('{"nodes":[{"parameters":{"__proto__":{"id":"x"}}}]}', NewFlow.request)).rejects.toThrow(FormatError);
    const read = await json.read('{"__proto__":{"flowId":"x"},"constructor":{"prototype":{"polluted":1}}}', outgoing);
    expect(read).toEqual({});
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
