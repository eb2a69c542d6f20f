import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { allDtos, dtoByName, dtoInfo } from '../contracts/dto.ts';
import { FlowInfo, FlowNode, FlowParameterDto, ListAvailableNodes, ListFlows } from '../contracts/flows.ts';
import { pascalName } from './names.ts';
import { type Member, objectShapeOf, rootShapeOf, shapeOf } from './shape.ts';

function member(schema: Parameters<typeof objectShapeOf>[0], jsonName: string): Member {
  const found = objectShapeOf(schema).members.find((one) => one.jsonName === jsonName);
  if (!found) throw new Error(`no member ${jsonName}`);
  return found;
}

describe('names of members', () => {
  it.each([
    ['flowId', 'FlowId'],
    ['id', 'Id'],
    ['ui', 'UI'],
    ['uiHint', 'UIHint'],
    ['aiMinutes', 'AIMinutes'],
    ['uri', 'Uri'],
    ['url', 'Url'],
    ['isVirtualPhoneNumber', 'IsVirtualPhoneNumber'],
    ['oauth_token', 'oauth_token'],
  ])('%s is %s in C#', (jsonName, name) => {
    expect(pascalName(jsonName)).toBe(name);
  });
});

describe('the shape of a type', () => {
  it('is there for every declared type, with every member of it', () => {
    expect(allDtos().length).toBeGreaterThan(40);
    for (const schema of allDtos()) {
      const shape = objectShapeOf(schema);
      expect(shape.name).toBe(dtoInfo(schema)?.name);
      expect(shape.members.map((one) => one.jsonName)).toEqual(Object.keys(schema.properties));
    }
  });

  it('is one object however the type is reached', () => {
    const nodes = member(FlowInfo, 'nodes').shape;
    expect(nodes.kind === 'list' && nodes.item).toBe(shapeOf(FlowNode));
    const list = shapeOf(ListAvailableNodes.response ?? Type.String());
    expect(list.kind === 'list' && list.item).toBe(member(FlowNode, 'spec').shape);
  });

  it('closes over types that refer to themselves', () => {
    const value = objectShapeOf(dtoByName('Value'));
    const struct = value.members.find((one) => one.jsonName === 'structValue')?.shape;
    expect(struct?.kind === 'map' && struct.value).toBe(value);
  });

  it('knows which type declares a member', () => {
    expect(member(FlowInfo, 'dateCreated')).toMatchObject({ namespace: 'Voice.Api', inherited: true });
    expect(member(FlowInfo, 'name')).toMatchObject({ namespace: 'Voice.Api.Flows', inherited: false });
    expect(member(FlowParameterDto, 'uiHint')).toMatchObject({ namespace: 'Voice.Api.Flows.Data', inherited: true });
    expect(member(ListFlows.request, 'page')).toMatchObject({ namespace: 'Voice.Api', inherited: true });
  });

  it('keeps what a description or an optional mark is put on', () => {
    expect(member(ListFlows.request, 'sortOrder').shape).toMatchObject({ kind: 'enum', name: 'SortOrders' });
    expect(member(FlowNode, 'parameters').shape.kind).toBe('map');
  });

  it('tells value types that cannot be null from those that can', () => {
    expect(member(FlowInfo, 'nodeCount').neverNil).toBe(true);
    expect(member(FlowInfo, 'name').neverNil).toBe(false);
    expect(member(ListFlows.request, 'role').neverNil).toBe(false);
    expect(member(dtoByName('Value'), 'boolValue').neverNil).toBe(false);
  });

  it('is that of a whole body for a named type or a list of one', () => {
    expect(rootShapeOf(FlowNode)).toBe(shapeOf(FlowNode));
    expect(rootShapeOf(Type.Array(FlowNode))).toEqual({ kind: 'list', item: shapeOf(FlowNode) });
    expect(() => rootShapeOf(Type.Array(Type.String()))).toThrow('dto()');
    expect(() => rootShapeOf(Type.String())).toThrow('dto()');
  });

  it('refuses a schema that no format could write', () => {
    expect(() => shapeOf(Type.Null())).toThrow('No wire format');
    expect(() => objectShapeOf(Type.String())).toThrow('dto()');
  });
});
