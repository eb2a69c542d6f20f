import { JSV } from '@servicestack/client';
import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { anyValue } from '../../test/support/any-value.ts';
import '../../test/support/every-contract.ts';
import { UserInfo } from '../contracts/accounts.ts';
import { allDtos, dtoByName, dtoInfo } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { FlowInfo, NewFlow } from '../contracts/flows.ts';
import { ListSessions, NewOutgoingSession } from '../contracts/sessions.ts';
import { ValueDto } from '../contracts/values.ts';
import { FormatError } from './format.ts';
import { jsv } from './jsv.ts';
import { readJsvMember } from './jsv-read.ts';
import { memberNamed, objectShapeOf } from './shape.ts';

const newCall = NewOutgoingSession.request;
const listSessions = ListSessions.request;

describe('writing JSV', () => {
  it('leaves out absent members and what the type does not declare, in the order of declaration', () => {
    expect(jsv.write({ callerId: undefined, numberToDial: '+18144043093', flowId: 'f', secret: 'x' }, newCall)).toBe(
      '{flowId:f,numberToDial:+18144043093}',
    );
  });

  it.each([
    ['', '""'],
    ['plain text', 'plain text'],
    ['a"b', '"a""b"'],
    ['a:b', '"a:b"'],
    ['a,b', '"a,b"'],
    ['{', '"{"'],
    ['}', '"}"'],
    ['[', '"["'],
    [']', '"]"'],
    ['a\rb', '"a\rb"'],
    ['a\nb', '"a\nb"'],
    ["it's \t\\", "it's \t\\"],
  ])('quotes a text only where it has to: %j', (flowId, written) => {
    expect(jsv.write({ flowId }, newCall)).toBe(`{flowId:${written}}`);
  });

  it('spells flags, numbers and enums as .NET does', () => {
    expect(jsv.write({ all: true, simplifiedPaging: false, page: 0, sortOrder: 'Descend' }, listSessions)).toBe(
      '{page:0,all:True,sortOrder:Descend,simplifiedPaging:False}',
    );
    expect(jsv.write({ numberValue: Number.NaN }, ValueDto)).toBe('{}');
  });

  it('writes lists and dictionaries, whose keys are left alone', () => {
    const value = { structValue: { 'Key:1': { stringValue: 'v' }, gone: undefined }, listValue: [] };
    expect(jsv.write(value, ValueDto)).toBe('{listValue:[],structValue:{"Key:1":{stringValue:v}}}');
    expect(jsv.write([{ flowId: 'a' }, null, { flowId: 'b' }], Type.Array(newCall))).toBe('[{flowId:a},{flowId:b}]');
  });

  it('begins an error as clients look for it', () => {
    const error = { responseStatus: { errorCode: 'SerializationException', message: 'no, not that', errors: [] } };
    expect(jsv.write(error, ErrorResponse)).toBe('{responseStatus:{errorCode:SerializationException,message:"no, not that",errors:[]}}');
  });

  it('lays a sample out with a line for each member, indented by tabs', () => {
    const sample = { id: 'String', roles: ['User', 'Admin'], emailAddress: 'a: "b"' };
    expect(jsv.sample.write(sample, UserInfo)).toBe(
      '{\n\tid: String,\n\temailAddress: "a: ""b""",\n\troles: [\n\t\tUser,\n\t\tAdmin\n\t]\n}',
    );
    expect(jsv.sample.write({ roles: [] }, UserInfo)).toBe('{\n\troles: []\n}');
  });
});

describe('reading JSV', () => {
  const read = (text: string) => jsv.read(text, newCall);

  it.each([
    ['{flowId:f,numberToDial:+18144043093}', { flowId: 'f', numberToDial: '+18144043093' }],
    ['{FlowId:f,NUMBERTODIAL:"+1"}', { flowId: 'f', numberToDial: '+1' }],
    ['{"flowId":"f","numberToDial":"a""b,}"}', { flowId: 'f', numberToDial: 'a"b,}' }],
    ['{flowId:"",numberToDial:}', { flowId: '' }],
    ['{nope:{a:[1,{b:"]"}]},other:[{},x],more:x]y,flowId:f}', { flowId: 'f' }],
    ['{flowId: a b ]x"y\t}', { flowId: ' a b ]x"y\t' }],
    [' {\n\tflowId : "f" ,\r\n\tnumberToDial : "1" } ', { flowId: 'f', numberToDial: '1' }],
    ['{}', {}],
    ['{ }', {}],
    ['{__proto__:{flowId:x},constructor:y,flowId:f}', { flowId: 'f' }],
  ])('%s', async (text, value) => {
    expect(await read(text)).toEqual(value);
  });

  it('reads flags, numbers, enums and lists in the spellings of the contract', async () => {
    const text = '{page: 2 ,all:true,simplifiedPaging:False,sortOrder:descend,accountIds:[a, b,"c,d",],specificIds:[ ]}';
    expect(await jsv.read(text, listSessions)).toEqual({
      page: 2,
      all: true,
      simplifiedPaging: false,
      sortOrder: 'Descend',
      accountIds: ['a', ' b', 'c,d'],
      specificIds: [' '],
    });
  });

  it('reads a list as a whole body', async () => {
    expect(await jsv.read('[{flowId:a},{flowId:b}]', Type.Array(newCall))).toEqual([{ flowId: 'a' }, { flowId: 'b' }]);
    expect(await jsv.read('[]', Type.Array(newCall))).toEqual([]);
  });

  it.each([
    ['', ''],
    ['flowId:f', ''],
    ['[{flowId:f}]', ''],
    ['{flowId:f', ''],
    ['{flowId:f}x', ''],
    ['{flowId:f,}', ''],
    ['{flowId}', ''],
    ['{"flowId"}', ''],
    ['{flowId:"f}', 'FlowId'],
    ['{flowId:"f"g}', ''],
    ['{flowId:{a:b}}', 'FlowId'],
    ['{flowId:[a]}', 'FlowId'],
    ['{nope:[}', ''],
  ])('refuses %s', async (text, member) => {
    await expect(read(text)).rejects.toMatchObject({ name: 'FormatError', member });
  });

  it('says where in the body a value does not fit', async () => {
    const { request } = NewFlow;
    await expect(jsv.read('{nodes:[{id:a},{id:b,parameters:{p:{isAsync:perhaps}}}]}', request)).rejects.toMatchObject({
      member: 'Nodes[1].Parameters.p.IsAsync',
    });
    await expect(jsv.read('{page:x}', listSessions)).rejects.toMatchObject({ member: 'Page' });
    await expect(jsv.read('{accountIds:x}', listSessions)).rejects.toMatchObject({ member: 'AccountIds' });
    await expect(jsv.read('{structValue:{__proto__:{}}}', ValueDto)).rejects.toThrow(FormatError);
  });

  it('refuses what is too long, too deep or too many', async () => {
    await expect(read(`{flowId:${'x'.repeat(1024 * 1024)}}`)).rejects.toThrow('longer than');
    await expect(read(`{nope:${'['.repeat(5000)}`)).rejects.toThrow('deep');
    await expect(jsv.read('{structValue:{a:'.repeat(2000), ValueDto)).rejects.toThrow('deep');
    await expect(jsv.read(`[${'{},'.repeat(1001)}]`, Type.Array(newCall))).rejects.toThrow('more than 1000 items');
    await expect(read(`{nope:[${','.repeat(50_001)}]}`)).rejects.toThrow('more than 50000 values');
    await expect(read(`{${'nope:1,'.repeat(50_001)}nope:1}`)).rejects.toThrow('more than 50000 values');
  });
});

describe('a member that stands alone', () => {
  const member = (name: string) => memberNamed(objectShapeOf(listSessions), name)?.shape ?? { kind: 'text' as const };

  it.each([
    ['from', '"a,b"', '"a,b"'],
    ['page', ' 7 ', 7],
    ['page', '', undefined],
    ['accountIds', 'a,b', ['a', 'b']],
    ['accountIds', ' [a,"b,c"] ', ['a', 'b,c']],
    ['accountIds', ',,a,', ['a']],
    ['accountIds', '"a""b"', ['a"b']],
    ['accountIds', '[]', []],
    ['accountIds', '', []],
  ])('%s = %s', (name, text, value) => {
    expect(readJsvMember(text, member(name), [])).toEqual(value);
  });

  it('is read as JSV when it is an object or dictionary', () => {
    const structValue = memberNamed(objectShapeOf(ValueDto), 'structValue')?.shape ?? { kind: 'text' as const };
    expect(readJsvMember('{a:{numberValue:1}}', structValue, [])).toEqual({ a: { numberValue: 1 } });
    expect(() => readJsvMember('a:1', structValue, [])).toThrow(FormatError);
    expect(readJsvMember('{id:f,name:"a,b"}', objectShapeOf(FlowInfo), [])).toEqual({ id: 'f', name: 'a,b' });
  });
});

/** The client drops empty texts with their names, and does not double the quotes of a text or key that begins with one. */
function isCarried(text: unknown): boolean {
  return typeof text !== 'string' || (text !== '' && !text.startsWith('"'));
}

/** What is left of a value that the client writes. */
function carried(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isCarried).map(carried);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, entry]) => !key.startsWith('"') && isCarried(entry));
  return Object.fromEntries(kept.map(([key, entry]) => [key, carried(entry)]));
}

/** With flags as ServiceStack spells them; the client writes them in lower case. */
function flagsSpelled(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return value.map(flagsSpelled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, flagsSpelled(entry)]));
}

describe.each(allDtos().map((schema) => dtoInfo(schema)?.name ?? ''))('JSV of the TypeScript client: %s', (name) => {
  const schema = dtoByName(name);
  const shape = objectShapeOf(schema);
  const values = anyValue(shape).map(carried);

  it('is read to what it drops nothing of', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(await jsv.read(JSV.stringify(value), schema)).toEqual(value);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('is what we write, but for the spelling of flags', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const text = jsv.write(value, schema);
        // Read from our own text, the members are in the order of declaration.
        expect(JSV.stringify(flagsSpelled(await jsv.read(text, schema)))).toBe(text);
      }),
      { seed: 2, numRuns: 25 },
    );
  });
});
