import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { flowOf, runs, to } from '../../test/support/flow-builder.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
let other: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
});
afterAll(() => directory.close());
beforeEach(async () => {
  await directory.clock.advance(1_000);
  ({ accountId, manager } = await newTenant(directory));
  ({ manager: other } = await newTenant(directory));
});

const { nodes } = flowOf({ hello: ['SayNode', { WhatToSay: 'Hello', Done: to('end') }], end: ['HangUpNode'] });
const create = async (members: FlowInfo = {}, who = manager) => {
  const made = await directory.flows.create(who, { name: 'Welcome', ...(nodes && { nodes }), ...members });
  return { ...made, flowId: made.id ?? '' };
};

describe('saving', () => {
  it('answers the flow with its nodes, the specs filled in', async () => {
    const made = await create({ description: 'd', notes: 'n', roles: ['Reference'], tagIds: ['t'], exits: [{ id: 'x', name: 'Out' }] });
    expect(made).toMatchObject({
      name: 'Welcome',
      accountId,
      accountName: 'Tenant',
      description: 'd',
      notes: 'n',
      roles: ['Reference'],
      tagIds: ['t'],
      nodeCount: 2,
      exits: [{ id: 'x', name: 'Out' }],
      createdBy: 'manager@example.com',
    });
    expect(made.nodes?.[0]).toMatchObject({ id: 'hello', spec: { typeName: 'SayNode', name: 'Say', category: 'Voice' } });
    const { flowId, ...info } = made;
    expect(await directory.flows.get(manager, { flowId: flowId.toUpperCase() })).toEqual(info);
  });

  it('reports everything that is wrong with the graph and stores nothing', async () => {
    const broken = flowOf({ hello: ['SayNode', { Done: to('nowhere') }], gather: ['NoSuchNode'] }).nodes;
    const error = await create({ ...(broken && { nodes: broken }) }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'FLOW_INVALID', status: 400 });
    const { fields } = error as { fields: readonly { fieldName: string }[] };
    expect(fields.length).toBeGreaterThanOrEqual(2);
    for (const field of fields) expect(Object.keys(field)).toEqual(['errorCode', 'fieldName', 'message']);
    expect((await directory.flows.list(manager, {})).items).toEqual([]);
  });

  it.each([
    [{ name: '' }, 'REQUIRED'],
    [{ name: 'x'.repeat(201) }, 'INVALID_MEMBER'],
    [{ description: 'x'.repeat(10_001) }, 'INVALID_MEMBER'],
    [{ tagIds: Array.from({ length: 101 }, String) }, 'INVALID_MEMBER'],
    [{ notes: '\u0000' }, 'INVALID_MEMBER'],
  ])('refuses %o', async (members, code) => {
    await expect(create(members)).rejects.toMatchObject({ code, status: 400 });
  });

  it('stores texts of nodes that PostgreSQL would refuse', async () => {
    const odd = flowOf({ hello: ['SayNode', { WhatToSay: 'zero \u0000 and half \ud83d', Done: to('') }] }).nodes;
    const made = await create({ ...(odd && { nodes: odd }) });
    expect(made.nodes?.[0]?.parameters?.WhatToSay?.value?.stringValue).toBe('zero \ufffd and half \ufffd');
  });

  it('keeps members that a change does not name, and replaces lists as a whole', async () => {
    const { flowId } = await create({ description: 'before', exits: [{ id: 'x', name: 'Out' }] });
    const one = nodes?.slice(1).map((node) => ({ ...node, isStartNode: true })) ?? [];
    const changed = await directory.flows.patch(manager, { flowId, nodes: one, exits: [], name: 'New' });
    expect(changed).toMatchObject({ name: 'New', description: 'before', nodeCount: 1, exits: [] });
    expect(changed.nodes).toHaveLength(1);
    await expect(directory.flows.patch(manager, { flowId, name: ' ' })).rejects.toMatchObject({ code: 'REQUIRED' });
  });
});

describe('for calls', () => {
  it('gives the current version at once after every save, and each version stays as it was', async () => {
    const { flowId } = await create();
    const first = await directory.flows.load(flowId);
    expect(first).toMatchObject({ flowId, accountId, version: 1, flow: { name: 'Welcome', nodeCount: 2 } });
    expect(await directory.flows.load(flowId.toUpperCase())).toBe(first);
    await directory.flows.patch(manager, { flowId, name: 'Second' });
    expect(await directory.flows.load(flowId)).toMatchObject({ version: 2, flow: { name: 'Second' } });
    expect(first).toMatchObject({ version: 1, flow: { name: 'Welcome' } });
  });

  it('numbers saves that come at once', async () => {
    const { flowId } = await create();
    await Promise.all(Array.from({ length: 5 }, (_, index) => directory.flows.patch(manager, { flowId, name: `Name ${index}` })));
    expect(await directory.flows.load(flowId)).toMatchObject({ version: 6 });
  });

  it('knows nothing of what is deleted, does not exist or is no id', async () => {
    const { flowId } = await create();
    await directory.flows.load(flowId);
    await directory.flows.remove(manager, { flowId });
    for (const id of [flowId, freshId(), 'nonsense', '']) expect(await directory.flows.load(id)).toBeUndefined();
    await expect(directory.flows.remove(manager, { flowId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(directory.flows.patch(manager, { flowId, name: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('flows as nodes', () => {
  it('are offered beside the node types, without the flow itself and those of others', async () => {
    const { flowId } = await create({ name: 'Sub' });
    const main = await create({ name: 'Main' });
    await create({ name: 'Foreign' }, other);
    const specs = await directory.flows.availableNodes(manager, { flowId: main.flowId });
    expect(specs.filter((spec) => spec.category === 'Flows')).toMatchObject([{ name: 'Sub', url: runs(flowId) }]);
    expect(specs.some((spec) => spec.typeName === 'GatherNode')).toBe(true);
    const mine = await directory.flows.availableNodes(manager, {});
    expect(mine.filter((spec) => spec.category === 'Flows').map((spec) => spec.name)).toEqual(['Main', 'Sub']);
    const foreign = await directory.flows.availableNodes(manager, { accountId: other.accountIds[0] ?? '' });
    expect(foreign.filter((spec) => spec.category === 'Flows')).toEqual([]);
    expect(await directory.flows.availableNodes(administrator, {})).not.toEqual([]);
  });

  it('must be of the same account and must not lead back', async () => {
    const sub = await create({ name: 'Sub' });
    const main = await create({ name: 'Main', ...graphOf(sub.flowId) });
    await expect(directory.flows.patch(manager, { flowId: sub.flowId, ...graphOf(main.flowId) })).rejects.toMatchObject({
      code: 'FLOW_INVALID',
    });
    const foreign = await create({ name: 'Foreign' }, other);
    await expect(create(graphOf(foreign.flowId))).rejects.toMatchObject({ code: 'FLOW_INVALID' });
    await expect(create(graphOf('nonsense'))).rejects.toMatchObject({ code: 'FLOW_INVALID' });
  });

  function graphOf(flowId: string): Pick<FlowInfo, 'nodes'> {
    const graph = flowOf({ sub: [runs(flowId)] }).nodes;
    return graph ? { nodes: graph } : {};
  }
});

describe('lists and access', () => {
  it('leave the nodes out unless asked for', async () => {
    await create();
    const [short] = (await directory.flows.list(manager, {})).items;
    expect(short).toMatchObject({ name: 'Welcome', nodeCount: 2 });
    expect(short).not.toHaveProperty('nodes');
    const [full] = (await directory.flows.list(manager, { includeNodes: true })).items;
    expect(full?.nodes).toHaveLength(2);
    expect(full?.nodes?.[0]?.spec?.name).toBe('Say');
  });

  it('filter by name, role, customer and node type', async () => {
    await create({ name: 'Sales', roles: ['Reference', 'UI'], customerId: 'c1' });
    await directory.clock.advance(1);
    await create({ name: 'Support', nodes: [] });
    const names = async (request: Parameters<TestDirectory['flows']['list']>[1]) =>
      (await directory.flows.list(manager, request)).items.map((item) => item.name);
    expect(await names({})).toEqual(['Sales', 'Support']);
    expect(await names({ nameFilter: 'SALE' })).toEqual(['Sales']);
    expect(await names({ role: 'Reference' })).toEqual(['Sales']);
    expect(await names({ role: 'UserDialOut' })).toEqual([]);
    expect(await names({ customerIds: ['c1', 'c2'] })).toEqual(['Sales']);
    expect(await names({ nodeTypeFilter: 'SayNode' })).toEqual(['Sales']);
    expect(await names({ nodeTypeFilter: 'DialNode' })).toEqual([]);
    expect(await names({ accountIds: [other.accountIds[0] ?? ''] })).toEqual([]);
    expect(await names({ sortField: 'Name', sortOrder: 'Descend' })).toEqual(['Support', 'Sales']);
  });

  it('answer alike for a flow of others and for none', async () => {
    const { flowId } = await create();
    const errors = [];
    for (const id of [flowId, freshId(), 'nonsense', '']) {
      errors.push(await directory.flows.get(other, { flowId: id }).catch((error: unknown) => error));
      errors.push(await directory.flows.patch(other, { flowId: id, name: 'Stolen' }).catch((error: unknown) => error));
      errors.push(await directory.flows.remove(other, { flowId: id }).catch((error: unknown) => error));
    }
    for (const error of errors) expect(error).toEqual(errors[0]);
    expect(errors[0]).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(await directory.flows.get(administrator, { flowId })).toMatchObject({ name: 'Welcome' });
  });
});
