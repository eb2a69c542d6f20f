import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from '../../test/support/database.ts';
import { newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import type { Principal } from './principal.ts';

const PASSWORD = 'long enough';
const userName = 'somebody@example.com';

describe('two servers on one database, with one secret', () => {
  let database: Awaited<ReturnType<typeof startTestServer>>;
  let here: TestDirectory;
  let there: TestDirectory;
  let owner: Principal;
  beforeAll(async () => {
    database = await startTestServer();
    here = await openTestDirectory({ databaseUrl: database.url });
    there = await openTestDirectory({ databaseUrl: database.url });
    const { manager } = await newTenant(here);
    await here.users.create(manager, { emailAddress: userName, password: PASSWORD });
    owner = await here.signIn.byPassword(userName, PASSWORD, 'test');
  });
  afterAll(async () => {
    await here?.close();
    await there?.close();
    await database?.close();
  });

  it('know the keys, logins and tokens of each other, until they are ended', async () => {
    const { id = '', key = '' } = await here.apiKeys.create(owner, { name: 'a' });
    const { temporaryId } = await here.signIn.open(owner, { permanent: false });
    const { token } = await here.tokens.issue(owner.userId);
    for (const found of [await there.signIn.byApiKey(key), await there.signIn.byCookie(temporaryId), await there.signIn.byBearer(token)]) {
      expect(found).toMatchObject(owner);
    }
    await here.apiKeys.remove(owner, { apiKeyId: id });
    await eventually(async () => (await there.signIn.byApiKey(key)) === undefined);
    expect(await there.signIn.byCookie(temporaryId)).toMatchObject(owner);
    await here.signIn.close(temporaryId);
    await eventually(async () => (await there.signIn.byCookie(temporaryId)) === undefined);
  });

  it('know of new roles at once', async () => {
    const { token } = await here.tokens.issue(owner.userId);
    expect((await there.signIn.byBearer(token))?.roles).toEqual(['User']);
    await here.userRoles.assign(principal(['Admin']), { userName, roles: ['Manager'] });
    await eventually(async () => (await there.signIn.byBearer(token))?.roles.includes('Manager') === true);
  });

  it('find the phones of a user, but for those whose connection the other holds', async () => {
    const { manager } = await newTenant(here);
    const { id: userId = '' } = await here.userEndpoints.create(manager, {});
    for (const transport of ['udp', 'tcp', 'tls'] as const) {
      const source = { address: '10.0.0.2', port: 5062, transport };
      const expiresAtMs = here.clock.now() + 60_000;
      const phone = { key: transport, contact: 'sip:a@10.0.0.2', path: [], source, callId: transport, cSeq: 1, expiresAtMs };
      await here.sipUsers.change(userId, { removeAll: false, removed: [], added: [phone], callId: transport, cSeq: 1 });
    }
    const foundBy = async ({ sipUsers }: TestDirectory) => (await sipUsers.bindings(userId)).map(({ key }) => key).sort();
    expect(await foundBy(here)).toEqual(['tcp', 'tls', 'udp']);
    expect(await foundBy(there)).toEqual(['udp']);
  });
});
