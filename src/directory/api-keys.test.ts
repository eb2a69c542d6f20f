import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { Principal } from './principal.ts';

const DAY_MS = 86_400_000;

let directory: TestDirectory;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
  ({ manager } = await newTenant(directory));
});
afterAll(() => directory.close());

let made = 0;
/** A login that is stored, as keys need. */
async function newLogin(): Promise<Principal> {
  const emailAddress = `login-${++made}@example.com`;
  const { id = '' } = await directory.users.create(manager, { emailAddress, password: 'long enough' });
  return { userId: id, emailAddress, roles: ['User'], accountIds: manager.accountIds };
}

describe('an API key', () => {
  it('is shown once, and stored as a hash only', async () => {
    const owner = await newLogin();
    const key = await directory.apiKeys.create(owner, { name: ' Night shift ' });
    expect(key).toEqual({
      id: expect.any(String),
      name: 'Night shift',
      key: expect.stringMatching(/^rk_[\w-]{32}$/),
      dateCreated: new Date(directory.clock.now()).toISOString(),
      dateLastModified: expect.any(String),
      createdBy: owner.emailAddress,
      lastModifiedBy: owner.emailAddress,
    });
    const { key: shown = '', ...kept } = key;
    expect(await directory.apiKeys.list(owner, {})).toMatchObject({ items: [kept], totalCount: 1 });
    expect(JSON.stringify(await directory.apiKeys.list(owner, {}))).not.toContain(shown.slice(3));
    const { apiKeys } = directory.store;
    expect(await apiKeys.findUser(shown, directory.clock.now())).toBeUndefined();
    const hash = createHash('sha256').update(shown).digest('base64url');
    expect(await apiKeys.findUser(hash, directory.clock.now())).toMatchObject({ user: { id: owner.userId } });
  });

  it('signs in as its login, as a bearer and by itself, until it is deleted', async () => {
    const owner = await newLogin();
    const { id = '', key = '' } = await directory.apiKeys.create(owner, { name: 'a' });
    const { key: other = '' } = await directory.apiKeys.create(owner, { name: 'b' });
    for (const by of ['byApiKey', 'byBearer'] as const) {
      expect(await directory.signIn[by](key)).toMatchObject({ userId: owner.userId, roles: ['User'] });
      expect(await directory.signIn[by](key.slice(3))).toBeUndefined();
      expect(await directory.signIn[by](`rk_${'a'.repeat(32)}`)).toBeUndefined();
      expect(await directory.signIn[by](`${key}a`)).toBeUndefined();
    }
    await directory.apiKeys.remove(owner, { apiKeyId: id });
    expect(await directory.signIn.byApiKey(key)).toBeUndefined();
    expect(await directory.signIn.byApiKey(other)).toMatchObject({ userId: owner.userId });
    await expect(directory.apiKeys.remove(owner, { apiKeyId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ends at its time, to the millisecond, though it is remembered', async () => {
    const owner = await newLogin();
    const end = directory.clock.now() + 1_000;
    const expiresAt = new Date(end).toISOString();
    const { key = '', ...kept } = await directory.apiKeys.create(owner, { name: 'a', expiresAt });
    expect(kept.expiresAt).toBe(expiresAt);
    await directory.clock.advance(999);
    expect(await directory.signIn.byApiKey(key)).toBeDefined();
    await directory.clock.advance(1);
    expect(await directory.signIn.byApiKey(key)).toBeUndefined();
  });

  it.each([
    [{}, ['Name']],
    [{ name: ' ' }, ['Name']],
    [{ name: 'n'.repeat(101) }, ['Name']],
    [{ name: 'a\u0000' }, ['Name']],
    [{ name: 'a', expiresAt: 'tomorrow' }, ['ExpiresAt']],
    [{ name: 'a', expiresAt: '2030' }, ['ExpiresAt']],
    [{ name: 'a', expiresAt: '2030-13-01T00:00:00Z' }, ['ExpiresAt']],
    [{ name: 'a', expiresAt: '2030-02-31T00:00:00Z' }, ['ExpiresAt']],
    [{ name: 'a', expiresAt: '2030-01-01T00:00:00' }, ['ExpiresAt']],
    [{ expiresAt: '2001-01-01T00:00:00Z' }, ['Name', 'ExpiresAt']],
  ])('is not made from %j', async (request, members) => {
    const owner = await newLogin();
    await expect(directory.apiKeys.create(owner, request)).rejects.toMatchObject({
      status: 400,
      fields: members.map((fieldName) => ({ fieldName })),
    });
  });
});

describe('keys', () => {
  it('belong to their login alone', async () => {
    const [owner, other] = [await newLogin(), await newLogin()];
    const { id = '', key = '' } = await directory.apiKeys.create(owner, { name: 'a' });
    expect(await directory.apiKeys.list(other, {})).toMatchObject({ items: [] });
    expect(await directory.apiKeys.list(other, { specificIds: [id] })).toMatchObject({ items: [] });
    const foreign = await directory.apiKeys.remove(other, { apiKeyId: id }).catch((error: unknown) => error);
    expect(foreign).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    for (const apiKeyId of [freshId(), 'nonsense', undefined]) {
      expect(await directory.apiKeys.remove(other, { ...(apiKeyId && { apiKeyId }) }).catch((error: unknown) => error)).toEqual(foreign);
    }
    expect(await directory.signIn.byApiKey(key)).toMatchObject({ userId: owner.userId });
  });

  it('are 100 at most, also when many are made at once, and those that ended do not count', async () => {
    const owner = await newLogin();
    const expiresAt = new Date(directory.clock.now() + DAY_MS).toISOString();
    for (let made = 0; made < 98; made++) await directory.apiKeys.create(owner, { name: `key ${made}`, expiresAt });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => directory.apiKeys.create(owner, { name: 'at once' })));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({ reason: { code: 'CONFLICT', status: 409 } });
    await directory.clock.advance(DAY_MS);
    await directory.apiKeys.create(owner, { name: 'one more' });
    expect((await directory.apiKeys.list(owner, {})).totalCount).toBe(3);
  });
});
