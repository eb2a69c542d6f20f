import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import { systemRandom } from '../kernel/random.ts';
import { firstStart } from './first-start.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
});
afterAll(() => directory.close());

describe('the first start', () => {
  it('makes one administrator with a password that is shown once, and an account', async () => {
    const { store, hasher, clock } = directory;
    const options = { users: store.users, accounts: store.accounts, hasher, clock, random: systemRandom };
    await expect(firstStart({ ...options, password: 'short' })).rejects.toMatchObject({
      code: 'BAD_SETTING',
      message: expect.stringMatching(/^RINGFLOW_ADMIN_PASSWORD /),
    });
    await expect(firstStart({ ...options, emailAddress: 'nobody' })).rejects.toThrow(/^RINGFLOW_ADMIN_EMAIL /);

    const made = await firstStart(options);
    expect(made).toMatchObject({ emailAddress: 'admin@localhost', madePassword: expect.stringMatching(/^[\w-]{24}$/) });
    const signedIn = await directory.signIn.byPassword('Admin@LocalHost', made?.madePassword ?? '', 'test');
    expect(signedIn.roles).toContain('SystemAdministrator');
    expect(await directory.users.info(signedIn)).toMatchObject({
      isAuthenticated: true,
      name: 'admin@localhost',
      accountNames: ['Default'],
    });
    expect(await firstStart(options)).toBeUndefined();
  });
});

describe('creating', () => {
  beforeAll(async () => {
    ({ accountId, manager } = await newTenant(directory));
  });

  const valid = { emailAddress: 'someone@example.com', password: 'long enough', firstName: 'Some', lastName: 'One' };

  it('answers the login without its password, and it can sign in', async () => {
    const made = await directory.users.create(manager, { ...valid, accountId });
    expect(made).toEqual({
      id: expect.any(String),
      isAuthenticated: true,
      emailAddress: 'someone@example.com',
      firstName: 'Some',
      lastName: 'One',
      name: 'Some One',
      roles: ['User'],
      accountIds: [accountId],
      accountNames: ['Tenant'],
    });
    const user = await directory.store.users.findByEmail('SOMEONE@example.com');
    expect(user?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await directory.signIn.byPassword('someone@example.com', 'long enough', 'test')).toMatchObject({ userId: made.id });
  });

  it('takes an e-mail address once in the whole system, in any case', async () => {
    const { manager: other } = await newTenant(directory);
    await expect(directory.users.create(other, { ...valid, emailAddress: 'SomeOne@Example.com' })).rejects.toMatchObject({
      code: 'CONFLICT',
      fields: [{ fieldName: 'EmailAddress' }],
    });
  });

  it('reports every member that is wrong', async () => {
    const error = await directory.users
      .create(manager, { emailAddress: 'x', password: 'short', firstName: 'f'.repeat(101) })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'INVALID_MEMBER',
      fields: [{ fieldName: 'EmailAddress' }, { fieldName: 'Password' }, { fieldName: 'FirstName' }],
    });
    await expect(directory.users.create(manager, {})).rejects.toMatchObject({
      code: 'REQUIRED',
      fields: [{ fieldName: 'EmailAddress' }, { fieldName: 'Password' }],
    });
    await expect(directory.users.create(manager, { ...valid, password: 'p'.repeat(201) })).rejects.toMatchObject({
      fields: [{ fieldName: 'Password' }],
    });
  });

  it('lets only administrators of the system give its roles', async () => {
    for (const role of ['SystemAdministrator', 'Admin'] as const) {
      const request = { ...valid, emailAddress: `${role}@example.com`, roles: [role] };
      await expect(directory.users.create(manager, request)).rejects.toMatchObject({ code: 'FORBIDDEN_ROLE', status: 403 });
      expect(await directory.users.create(administrator, request)).toMatchObject({ roles: [role], accountIds: [] });
    }
    const request = { ...valid, emailAddress: 'second@example.com', roles: ['Manager', 'Customer', 'Manager'] as const };
    expect(await directory.users.create(manager, { ...request, roles: [...request.roles] })).toMatchObject({
      roles: ['Manager', 'Customer'],
    });
  });

  it('keeps a manager within the own accounts, and says the same of others and of none', async () => {
    const { accountId: other } = await newTenant(directory);
    const attempt = (id: string) =>
      directory.users.create(manager, { ...valid, emailAddress: 'third@example.com', accountId: id }).catch((e: unknown) => e);
    const foreign = await attempt(other);
    expect(foreign).toMatchObject({ code: 'FORBIDDEN_ACCOUNT', status: 403 });
    expect(await attempt(freshId())).toEqual(foreign);
    expect(await attempt('nonsense')).toEqual(foreign);
    await expect(
      directory.users.create(administrator, { ...valid, emailAddress: 'third@example.com', accountId: freshId() }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      fields: [{ fieldName: 'AccountId' }],
    });
    const both = principal(['Manager'], [accountId, other]);
    await expect(directory.users.create(both, { ...valid, emailAddress: 'third@example.com' })).rejects.toMatchObject({ code: 'REQUIRED' });
  });
});
