import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';

let directory: TestDirectory;
beforeAll(async () => {
  directory = await openTestDirectory();
});
afterAll(() => directory.close());

describe('creating and changing', () => {
  it('answers the account with who made it and when, and where it is in the tree', async () => {
    const root = await directory.accounts.create(administrator, { name: '  Root  ' });
    expect(root).toMatchObject({
      name: 'Root',
      ancestorIds: [],
      dateCreated: '2026-01-01T00:00:00.000Z',
      createdBy: 'systemadministrator@example.com',
    });
    const child = await directory.accounts.create(administrator, { name: 'Child', parentAccountId: root.id ?? '' });
    const grandchild = await directory.accounts.create(administrator, { name: 'Grandchild', parentAccountId: child.id ?? '' });
    expect(grandchild).toMatchObject({ parentAccountId: child.id, ancestorIds: [root.id, child.id] });

    await directory.clock.advance(1_000);
    const renamed = await directory.accounts.patch(administrator, { accountId: child.id ?? '', name: 'Kid' });
    expect(renamed).toMatchObject({ name: 'Kid', dateCreated: '2026-01-01T00:00:00.000Z', dateLastModified: '2026-01-01T00:00:01.000Z' });
    expect(await directory.accounts.get(administrator, { accountId: (child.id ?? '').toUpperCase() })).toEqual(renamed);
  });

  it.each([
    [{}, 'REQUIRED', 'Name'],
    [{ name: '   ' }, 'REQUIRED', 'Name'],
    [{ name: 'x'.repeat(201) }, 'INVALID_MEMBER', 'Name'],
    [{ name: 'a\u0000b' }, 'INVALID_MEMBER', 'Name'],
    [{ name: 'a', parentAccountId: 'nonsense' }, 'INVALID_MEMBER', 'ParentAccountId'],
    [{ name: 'a', parentAccountId: '01a20a43-54e5-71af-ac25-f0d22844bd72' }, 'INVALID_MEMBER', 'ParentAccountId'],
  ])('refuses %o', async (request, code, fieldName) => {
    await expect(directory.accounts.create(administrator, request)).rejects.toMatchObject({ code, status: 400, fields: [{ fieldName }] });
  });
});

describe('access', () => {
  it('shows a login its own accounts, and answers alike for others and for none', async () => {
    const { accountId, manager } = await newTenant(directory, 'Mine');
    const { accountId: other } = await newTenant(directory, 'Other');
    expect((await directory.accounts.list(manager, {})).items.map((item) => item.id)).toEqual([accountId]);
    expect((await directory.accounts.list(manager, { specificIds: [other] })).items).toEqual([]);
    expect(await directory.accounts.get(manager, { accountId })).toMatchObject({ name: 'Mine' });
    const errors = await Promise.all(
      [other, freshId(), 'nonsense', ''].map((id) => directory.accounts.get(manager, { accountId: id }).catch((error: unknown) => error)),
    );
    for (const error of errors) expect(error).toEqual(errors[0]);
    expect(errors[0]).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  it('lets administrators see and filter all, by name', async () => {
    await newTenant(directory, 'Alpha 50%');
    for (const who of [administrator, principal(['Admin'])]) {
      const page = await directory.accounts.list(who, { nameFilter: '50%' });
      expect(page.items.map((item) => item.name)).toEqual(['Alpha 50%']);
    }
  });
});

describe('deleting', () => {
  it('is refused while anything is left, and says what', async () => {
    const { accountId, manager } = await newTenant(directory);
    const number = await directory.phoneNumbers.create(manager, { number: '+4930901820' });
    const flow = await directory.flows.create(manager, { name: 'Flow' });
    const remove = () => directory.accounts.remove(administrator, { accountId });
    await expect(remove()).rejects.toMatchObject({ code: 'CONFLICT', status: 409, message: expect.stringContaining('endpoints, flows') });
    await directory.endpoints.remove(manager, { endpointId: number.id ?? '' });
    await directory.flows.remove(manager, { flowId: flow.id ?? '' });
    await remove();
    await expect(directory.accounts.get(administrator, { accountId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps an account that has sessions', async () => {
    const { accountId } = await newTenant(directory);
    await directory.store.sessions.create(newSessionRow({ accountId }));
    await expect(directory.accounts.remove(administrator, { accountId })).rejects.toThrow(/sessions/);
  });
});
