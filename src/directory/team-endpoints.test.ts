import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
let ada: string;
beforeAll(async () => {
  directory = await openTestDirectory();
});
afterAll(() => directory.close());
beforeEach(async () => {
  ({ accountId, manager } = await newTenant(directory));
  ada = (await directory.userEndpoints.create(manager, { firstName: 'Ada' })).id ?? '';
});

describe('teams', () => {
  it('have a name and members, each once, and are listed and changed as endpoints', async () => {
    const bob = (await directory.userEndpoints.create(manager, { firstName: 'Bob' })).id ?? '';
    const made = await directory.teamEndpoints.create(manager, { name: ' Sales ', memberIds: [ada, ada.toUpperCase()] });
    expect(made).toMatchObject({ type: 'Team', displayName: 'Sales', memberIds: [ada], accountId });
    const id = made.id ?? '';
    expect(await directory.endpoints.patch(manager, { endpointId: id, memberIds: [bob, ada] })).toMatchObject({ memberIds: [bob, ada] });
    expect(await directory.endpoints.patch(manager, { endpointId: id, name: 'Support' })).toMatchObject({
      displayName: 'Support',
      memberIds: [bob, ada],
    });
    expect((await directory.endpoints.list(manager, { types: ['Team'] })).items).toMatchObject([{ id }]);
    await directory.endpoints.remove(manager, { endpointId: id });
    expect((await directory.endpoints.list(manager, { types: ['Team'] })).items).toEqual([]);
  });

  it.each([
    ['a stranger', async () => [freshId()], 'users and phone numbers'],
    ['no id', async () => ['ada'], 'users and phone numbers'],
    [
      'a user of another account',
      async () => {
        const other = await newTenant(directory);
        return [(await directory.userEndpoints.create(other.manager, { firstName: 'Eve' })).id ?? ''];
      },
      'users and phone numbers',
    ],
    [
      'another team',
      async () => [(await directory.teamEndpoints.create(manager, { name: 'Sales', memberIds: [] })).id ?? ''],
      'users and phone numbers',
    ],
    ['too many', async () => Array.from({ length: 11 }, () => freshId()), 'at most 10'],
  ])('have no member that is %s', async (_what, ids, message) => {
    const memberIds = await ids();
    const refused = { code: 'INVALID_MEMBER', fields: [{ fieldName: 'MemberIds', message: expect.stringContaining(message) }] };
    await expect(directory.teamEndpoints.create(manager, { name: 'Team', memberIds })).rejects.toMatchObject(refused);
    const { id = '' } = await directory.teamEndpoints.create(manager, { name: 'Team', memberIds: [ada] });
    await expect(directory.endpoints.patch(manager, { endpointId: id, memberIds })).rejects.toMatchObject(refused);
    expect(await directory.endpoints.get(manager, { endpointId: id })).toMatchObject({ memberIds: [ada] });
  });

  it('need a name, and are the only endpoints with members; they have no flow', async () => {
    await expect(directory.teamEndpoints.create(manager, { memberIds: [ada] })).rejects.toMatchObject({ code: 'REQUIRED' });
    await expect(directory.endpoints.patch(manager, { endpointId: ada, memberIds: [] })).rejects.toMatchObject({
      fields: [{ message: expect.stringContaining('Only a team') }],
    });
    const { id = '' } = await directory.teamEndpoints.create(manager, { name: 'Team', memberIds: [] });
    const flowId = (await directory.flows.create(manager, { name: 'Flow' })).id ?? '';
    await expect(directory.endpoints.patch(manager, { endpointId: id, flowId })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
  });
});
