import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { UserInfo } from '../contracts/accounts.ts';
import { AuthenticateResponse } from '../contracts/authentication.ts';
import { dtoByName, text } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { GetFlow, NewFlow } from '../contracts/flows.ts';
import { ListSessions, NewOutgoingSession } from '../contracts/sessions.ts';
import { ValueDto } from '../contracts/values.ts';
import { csv } from './csv.ts';

const newCall = NewOutgoingSession.request;
const calls = Type.Array(newCall);
const page = dtoByName('ListResponse<SessionInfo>');

describe('writing CSV', () => {
  it('is a line of names as in C# and a line of values, each with CRLF at its end', () => {
    expect(csv.write({ numberToDial: '+18144043093', flowId: 'Hello, World!', secret: 'x' }, newCall)).toBe(
      'FlowId,NumberToDial,CallerId\r\n"Hello, World!",+18144043093,\r\n',
    );
  });

  it.each([
    ['a"b', '"a""b"'],
    ['a,b', '"a,b"'],
    ['a\rb', '"a\rb"'],
    ['a\nb', '"a\nb"'],
    ['{a', '"{a"'],
    ['[a', '"[a"'],
    ['a{b[c', 'a{b[c'],
    [' a;b ', ' a;b '],
    ['', '""'],
  ])('quotes a cell only where it has to: %j', (flowId, written) => {
    expect(csv.write({ flowId }, GetFlow.request)).toBe(`FlowId\r\n${written}\r\n`);
  });

  it('writes what is no single value as JSV', () => {
    const value = { boolValue: true, numberValue: 1.5, listValue: [], structValue: { k: { stringValue: 'a "b"' } } };
    expect(csv.write(value, ValueDto)).toBe(
      'BoolValue,StringValue,NumberValue,ListValue,StructValue\r\nTrue,,1.5,"[]","{k:{stringValue:""a """"b""""""}}"\r\n',
    );
  });

  it('writes a row for each item of a list and of a page', () => {
    const [header = '', ...rows] = csv.write({ items: [{ id: 'a' }, { id: 'b' }], totalCount: 2 }, page).split('\r\n');
    expect(header.startsWith('Id,')).toBe(true);
    expect(header).not.toContain('TotalCount');
    expect(rows.map((row) => row.split(',')[0])).toEqual(['a', 'b', '']);
    expect(csv.write({}, page)).toBe(`${header}\r\n`);
    expect(csv.write([{ flowId: 'a' }, null], calls)).toBe('FlowId,NumberToDial,CallerId\r\na,,\r\n,,\r\n');
    expect(csv.write(['a', null, 'b,c'], Type.Array(text))).toBe('a\r\n""\r\n"b,c"\r\n');
  });

  it('writes an answer with lists of single values as one row', () => {
    const lines = csv.write({ id: 'u', roles: ['User', 'Admin'] }, UserInfo).split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('"[User,Admin]"');
  });

  it('writes of an error its status alone', () => {
    const error = { responseStatus: { errorCode: 'NotFound', message: 'No such flow' } };
    const written = 'ResponseStatus\r\n"{errorCode:NotFound,message:No such flow}"\r\n';
    expect(csv.write(error, ErrorResponse)).toBe(written);
    expect(csv.write(error, AuthenticateResponse)).toBe(written);
  });

  it('shows JSON as its sample', () => {
    expect(csv.sample.write({ flowId: 'String' }, newCall)).toBe('{"flowId":"String"}');
  });
});

describe('reading CSV', () => {
  it.each([
    ['FlowId,NumberToDial\r\nf,+1814\r\n', { flowId: 'f', numberToDial: '+1814' }],
    ['numbertodial,FLOWID\n1,f', { flowId: 'f', numberToDial: '1' }],
    ['FlowId\r f \r', { flowId: ' f ' }],
    ['\ufeff"FlowId",Nope\r\n"a ""b"",\r\nc",x\r\n\r\n', { flowId: 'a "b",\r\nc' }],
    ['FlowId,NumberToDial,CallerId\r\nf\r\n', { flowId: 'f' }],
    ['FlowId,__proto__,constructor\r\n,{a:b},y\r\n', {}],
  ])('%j', async (given, value) => {
    expect(await csv.read(given, newCall)).toEqual(value);
  });

  it('reads JSV in the cells of lists and objects', async () => {
    const given = 'Name,Nodes\r\nx,"[{id:a,name:""n, m""},{id:b}]"\r\n';
    expect(await csv.read(given, NewFlow.request)).toEqual({ name: 'x', nodes: [{ id: 'a', name: 'n, m' }, { id: 'b' }] });
    expect(await csv.read('AccountIds,Page,All\r\n"a,b",2,yes\r\n', ListSessions.request)).toEqual({
      accountIds: ['a', 'b'],
      page: 2,
      all: true,
    });
  });

  it('reads a row for each item of a list', async () => {
    expect(await csv.read('FlowId\r\na\r\nb\r\n', calls)).toEqual([{ flowId: 'a' }, { flowId: 'b' }]);
    expect(await csv.read('FlowId\r\n', calls)).toEqual([]);
  });

  it.each([
    ['', ''],
    ['FlowId,NumberToDial\r\n', ''],
    ['FlowId\r\na\r\nb\r\n', ''],
    ['FlowId\r\na,b\r\n', ''],
    ['FlowId\r\n"a\r\n', ''],
    ['FlowId\r\n"a"b\r\n', ''],
    ['FlowId\r\na"b\r\n', ''],
  ])('refuses %j', async (given, member) => {
    await expect(csv.read(given, newCall)).rejects.toMatchObject({ name: 'FormatError', member });
  });

  it('says where a value does not fit, and does not repeat the body', async () => {
    await expect(csv.read('Nodes\r\n[{id:{}}]\r\n', NewFlow.request)).rejects.toMatchObject({ member: 'Nodes[0].Id' });
    await expect(csv.read('Page\r\n1\r\nx\r\n', Type.Array(ListSessions.request))).rejects.toMatchObject({ member: '[1].Page' });
    await expect(csv.read('FlowId\r\n"secret"x', newCall)).rejects.toThrow(/^The body is not CSV$/);
  });

  it('refuses what is too long or has too many rows or columns', async () => {
    await expect(csv.read('x'.repeat(1024 * 1024 + 1), newCall)).rejects.toThrow('longer than');
    await expect(csv.read(`FlowId\n${'a\n'.repeat(1001)}`, calls)).rejects.toThrow('more than 1000 items');
    await expect(csv.read(','.repeat(1000), newCall)).rejects.toThrow('more than 1000 columns');
    await expect(csv.read(`Nodes\n"${'['.repeat(5000)}"`, NewFlow.request)).rejects.toThrow();
    expect(await csv.read(`FlowId\n${'a\n'.repeat(1000)}`, calls)).toHaveLength(1000);
  });

  it('lets other work have its turn, and cuts no character in two', async () => {
    const flowId = '🎉'.repeat(100_000);
    const reading = csv.read(`FlowId,CallerId\r\nx${flowId},y\r\n`, newCall);
    let turns = 0;
    const counting = (async () => {
      for (; turns < 5; turns++) await nextTurn();
      return 'counted';
    })();
    expect(await Promise.race([counting, reading.then(() => 'read')])).toBe('counted');
    expect(await reading).toEqual({ flowId: `x${flowId}`, callerId: 'y' });
  });
});
