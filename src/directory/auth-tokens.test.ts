import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { Role } from '../contracts/dto.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let otherId: string;
let manager: Principal;
let other: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
  ({ accountId, manager } = await newTenant(directory));
  ({ accountId: otherId, manager: other } = await newTenant(directory));
});
afterAll(() => directory.close());

let made = 0;
async function newLogin(by: Principal, roles: Role[] = ['User']): Promise<{ userId: string; userEmailAddress: string }> {
  const userEmailAddress = `Login-${++made}@example.com`;
  const user = await directory.users.create(by, { emailAddress: userEmailAddress, password: 'long enough', roles });
  return { userId: user.id ?? '', userEmailAddress };
}

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('asking for a token of another login', () => {
  it('answers one that signs in as it, by either name of it', async () => {
    const { userId, userEmailAddress } = await newLogin(manager);
    for (const request of [
      { userId },
      { userId: userId.toUpperCase() },
      { userEmailAddress },
      { userEmailAddress: userEmailAddress.toUpperCase() },
      { userId, userEmailAddress },
    ]) {
      const { authToken = '' } = await directory.authTokens.request(manager, request);
      expect(await directory.signIn.byBearer(authToken)).toMatchObject({ userId, roles: ['User'], accountIds: [accountId] });
    }
  });

  it('is the same 404 for a login that does not exist as for one of another account', async () => {
    const foreign = await newLogin(other);
    const mine = await newLogin(manager);
    const nobody = await refusal(directory.authTokens.request(manager, { userId: freshId() }));
    expect(nobody).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    for (const request of [
      { userId: foreign.userId },
      { userEmailAddress: foreign.userEmailAddress },
      { userEmailAddress: 'nobody@example.com' },
      { userId: 'nonsense' },
      { userId: mine.userId, userEmailAddress: foreign.userEmailAddress },
      { userId: mine.userId, userEmailAddress: 'nobody@example.com' },
    ]) {
      expect(await refusal(directory.authTokens.request(manager, request))).toEqual(nobody);
    }
    expect(await directory.authTokens.request(administrator, { userId: foreign.userId })).toHaveProperty('authToken');
  });

  it('needs every account of the login, not one of them', async () => {
    const both = freshId();
    const { passwordHash } = { passwordHash: await directory.hasher.hash('long enough') };
    const stored = { id: both, emailAddress: 'both@example.com', firstName: null, lastName: null, passwordHash };
    const author = { emailAddress: 'test', atMs: directory.clock.now() };
    await directory.store.users.create({ ...stored, roles: ['User'], accountIds: [accountId, otherId] }, author);
    expect(await refusal(directory.authTokens.request(manager, { userId: both }))).toMatchObject({ code: 'NOT_FOUND' });
    const ofBoth = principal(['Manager'], [otherId, accountId]);
    expect(await directory.authTokens.request(ofBoth, { userId: both })).toHaveProperty('authToken');
  });

  it.each(['SystemAdministrator', 'Admin'] as const)('gives a manager none of a login with the role %s', async (role) => {
    const bare = await newLogin(administrator, [role]);
    const emailAddress = `${role}-of-account@example.com`;
    const within = await directory.users.create(administrator, { emailAddress, password: 'long enough', roles: [role], accountId });
    for (const userId of [bare.userId, within.id ?? '']) {
      expect(await refusal(directory.authTokens.request(manager, { userId }))).toMatchObject({ code: 'NOT_FOUND' });
      for (const one of [administrator, principal(['Admin'])]) {
        expect(await directory.authTokens.request(one, { userId })).toHaveProperty('authToken');
      }
    }
  });

  it('never outlives what was signed in with: a token is worth no further ones', async () => {
    const { signIn, authTokens, tokens, clock } = directory;
    const mine = await newLogin(manager, ['Manager']);
    const { token } = await tokens.issue(mine.userId);
    await clock.advance(600_000);
    const byToken = await signIn.byBearer(token);
    if (!byToken) throw new Error('The token is not valid');
    const further = [(await authTokens.request(byToken, mine)).authToken, (await authTokens.issue(byToken)).token];
    for (const text of further) expect(await signIn.byBearer(text ?? '')).toMatchObject({ userId: mine.userId });
    await clock.advance(300_000);
    for (const text of further) expect(await signIn.byBearer(text ?? '')).toBeUndefined();
  });

  it('names the member that is missing', async () => {
    for (const request of [{}, { userId: '', userEmailAddress: '' }]) {
      expect(await refusal(directory.authTokens.request(manager, request))).toMatchObject({
        code: 'REQUIRED',
        fields: [{ fieldName: 'UserEmailAddress', errorCode: 'NotEmpty' }],
      });
    }
  });
});
