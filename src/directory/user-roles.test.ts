import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import type { Role } from '../contracts/dto.ts';
import type { Principal } from './principal.ts';

const admin = principal(['Admin']);

let directory: TestDirectory;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
  ({ manager } = await newTenant(directory));
});
afterAll(() => directory.close());

let made = 0;
async function newLogin(roles: Role[], by = manager): Promise<string> {
  const emailAddress = `login-${++made}@example.com`;
  await directory.users.create(by, { emailAddress, password: 'long enough', roles });
  return emailAddress;
}

describe('giving and taking roles', () => {
  it('answers what the login has then, and counts from the next request on', async () => {
    const userName = await newLogin(['User']);
    const { signIn } = directory;
    const { userId } = await signIn.byPassword(userName, 'long enough', 'test');
    const login = await signIn.open(await signIn.byPassword(userName, 'long enough', 'test'), { permanent: false });
    const { token } = await directory.tokens.issue(userId);
    const rolesNow = async () => {
      const found = [
        await signIn.byPassword(userName, 'long enough', 'test'),
        await signIn.byCookie(login.temporaryId),
        await signIn.byBearer(token),
      ];
      return found.map((one) => one?.roles);
    };
    expect(await rolesNow()).toEqual([['User'], ['User'], ['User']]);

    const given = await directory.userRoles.assign(admin, { userName: userName.toUpperCase(), roles: ['manager', 'User', 'Manager'] });
    expect(given).toEqual({ allRoles: ['User', 'Manager'], allPermissions: [] });
    expect(await rolesNow()).toEqual([given.allRoles, given.allRoles, given.allRoles]);

    const left = await directory.userRoles.unassign(admin, { userName, roles: ['User', 'Customer'], permissions: ['any'] });
    expect(left).toEqual({ allRoles: ['Manager'], allPermissions: [] });
    expect(await rolesNow()).toEqual([['Manager'], ['Manager'], ['Manager']]);
    expect(await directory.userRoles.assign(admin, { userName })).toEqual({ allRoles: ['Manager'], allPermissions: [] });
  });

  it('is refused for a login or a role that does not exist', async () => {
    await expect(directory.userRoles.assign(admin, { userName: 'nobody@example.com', roles: ['User'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
    await expect(directory.userRoles.assign(admin, { roles: ['User', 'King'] })).rejects.toMatchObject({
      code: 'REQUIRED',
      fields: [{ fieldName: 'UserName' }, { fieldName: 'Roles' }],
    });
  });

  it('leaves somebody who sees every account, also when two take the role of each other', async () => {
    const [first, second] = [await newLogin(['Admin'], admin), await newLogin(['SystemAdministrator', 'User'], admin)];
    const roles = ['Admin', 'SystemAdministrator'];
    const results = await Promise.allSettled([
      directory.userRoles.unassign(admin, { userName: first, roles }),
      directory.userRoles.unassign(admin, { userName: second, roles }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT', status: 409 } });

    const third = await newLogin(['Admin'], admin);
    await directory.userRoles.unassign(admin, { userName: third, roles });
    const last = results[0]?.status === 'rejected' ? first : second;
    await expect(directory.userRoles.unassign(admin, { userName: last, roles })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await directory.signIn.byPassword(last, 'long enough', 'test')).roles).not.toEqual([]);
    await directory.userRoles.assign(admin, { userName: third, roles: ['SystemAdministrator'] });
    await directory.userRoles.unassign(admin, { userName: last, roles });
  });
});
