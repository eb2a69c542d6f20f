import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import { DialledEndpoints } from './dialled-endpoints.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let dialled: DialledEndpoints;
let accountId: string;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
  dialled = new DialledEndpoints({ endpoints: directory.store.endpoints, changes: directory.store.changes });
});
afterAll(() => directory.close());
beforeEach(async () => {
  ({ accountId, manager } = await newTenant(directory));
});

let numbers = 0;
const newNumber = async (isFaxNumber = false): Promise<{ id: string; e164: string }> => {
  numbers += 1;
  const e164 = `+1814404${String(5000 + numbers)}`;
  return { id: (await directory.phoneNumbers.create(manager, { number: e164, isFaxNumber })).id ?? '', e164 };
};
const newUser = async (firstName: string): Promise<{ id: string; userName: string }> => {
  const { id = '', sipUserName = '' } = await directory.userEndpoints.create(manager, { firstName });
  return { id, userName: sipUserName };
};

describe('endpoints that flows can call', () => {
  it('are numbers and users, in any case of their id', async () => {
    const number = await newNumber();
    const user = await newUser('Ada');
    expect(await dialled.find(accountId, number.id)).toEqual({ type: 'PhoneNumber', e164: number.e164 });
    expect(await dialled.find(accountId, user.id.toUpperCase())).toEqual({
      type: 'User',
      userId: user.id,
      userName: user.userName,
      displayName: 'Ada',
    });
  });

  it('say of users how digits are sent to their phones', async () => {
    const { id = '' } = await directory.userEndpoints.create(manager, { digits: 'Info' });
    expect(await dialled.find(accountId, id)).toMatchObject({ type: 'User', digits: 'info' });
  });

  it('are no trunks and no fax numbers, no endpoints of other accounts, and nothing else', async () => {
    const { id: trunk = '' } = await directory.trunks.create(manager, { name: 'Carrier', host: '192.0.2.1' });
    const fax = await newNumber(true);
    const user = await newUser('Ada');
    const other = await newTenant(directory);
    for (const id of [trunk, fax.id, freshId(), 'ada', '']) expect(await dialled.find(accountId, id)).toBeUndefined();
    expect(await dialled.find(other.accountId, user.id)).toBeUndefined();
  });

  it('are teams with their members', async () => {
    const user = await newUser('Ada');
    const { id = '' } = await directory.teamEndpoints.create(manager, { name: 'Sales', memberIds: [user.id] });
    expect(await dialled.find(accountId, id)).toEqual({ type: 'Team', memberIds: [user.id] });
    const number = await newNumber();
    await directory.endpoints.patch(manager, { endpointId: id, memberIds: [number.id] });
    expect(await dialled.find(accountId, id)).toEqual({ type: 'Team', memberIds: [number.id] });
  });

  it('are forgotten when they are deleted', async () => {
    const user = await newUser('Ada');
    expect(await dialled.find(accountId, user.id)).toBeDefined();
    await directory.endpoints.remove(manager, { endpointId: user.id });
    expect(await dialled.find(accountId, user.id)).toBeUndefined();
  });
});
