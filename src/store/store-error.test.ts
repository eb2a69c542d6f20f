import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../test/support/database.ts';
import { freshId, newSessionRow } from '../../test/support/sessions.ts';
import { AppError } from '../kernel/errors.ts';
import { isDuplicate, isReferenced, isUnavailable, storeError, unavailable } from './store-error.ts';

const author = { emailAddress: 'admin@localhost', atMs: 0 };
const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('what an error means', () => {
  it.each(['ECONNREFUSED', 'ENOENT', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P01', '57P03', '08006', '53300'])('%s: away', (code) => {
    expect(isUnavailable(coded(code))).toBe(true);
    expect(storeError(new Error('wrapped', { cause: coded(code) }))).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503 });
  });

  it.each(['23505', '22P02', '42601'])('%s: refused', (code) => {
    expect(isUnavailable(coded(code))).toBe(false);
    expect(storeError(coded(code))).not.toBeInstanceOf(AppError);
  });

  it('leaves other errors alone', () => {
    const error = new Error('a mistake of ours');
    expect(storeError(error)).toBe(error);
    const away = unavailable();
    expect(storeError(away)).toBe(away);
    expect(isUnavailable('no error at all')).toBe(false);
  });
});

describe('of a real database', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('tells a duplicate and a missing reference apart, and never quotes values', async () => {
    const user = {
      id: freshId(),
      emailAddress: 'secret@example.com',
      firstName: null,
      lastName: null,
      passwordHash: 'h',
      roles: [],
      accountIds: [],
    };
    await store.users.create(user, author);
    const duplicate = await store.users.create({ ...user, id: freshId() }, author).catch((error: unknown) => error);
    expect(isDuplicate(duplicate)).toBe(true);
    const key = { id: freshId(), accountId: freshId(), type: 'PhoneNumber', displayName: '+18144043093' } as const;
    const missing = await store.endpoints.create(key, { e164: '+18144043093' }, author).catch((error: unknown) => error);
    expect(isReferenced(missing)).toBe(true);
    const row = newSessionRow();
    await store.sessions.create(row);
    const twice = await store.sessions.create(row).catch((error: unknown) => error);
    expect(isDuplicate(twice)).toBe(true);
    for (const error of [duplicate, missing, twice]) {
      const everything = JSON.stringify([
        String(error),
        error instanceof Error && [error.stack, error.cause],
        Object.entries(error as object),
      ]);
      expect(everything).not.toMatch(/secret@example|\+1814/);
    }
  });
});
