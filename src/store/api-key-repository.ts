import { and, count, eq, gt, isNull, lte, or } from 'drizzle-orm';
import type { ApiKeyInfo } from '../contracts/api-keys.ts';
import type { Page, Paging } from '../contracts/entities.ts';
import { expectRow } from './account-repository.ts';
import { type Author, entityInfo, madeBy, present } from './audit.ts';
import type { Database } from './database.ts';
import { orderOf, readPage, specific } from './paging.ts';
import { apiKey, appUser } from './schema.ts';
import type { StoredUser } from './user-repository.ts';

export interface NewStoredApiKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly keyHash: string;
  readonly expiresAt: Date | null;
}

const sortFields = { name: apiKey.name, dateCreated: apiKey.createdAt };

/** API keys of logins, by their hashes. */
export class ApiKeyRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The user of a key, unless it has expired. */
  findUser(keyHash: string, nowMs: number): Promise<{ readonly user: StoredUser; readonly endsAtMs: number | undefined } | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries
        .select({ user: appUser, expiresAt: apiKey.expiresAt })
        .from(apiKey)
        .innerJoin(appUser, eq(appUser.id, apiKey.userId))
        .where(and(eq(apiKey.keyHash, keyHash), or(isNull(apiKey.expiresAt), gt(apiKey.expiresAt, new Date(nowMs)))));
      return row && { user: row.user, endsAtMs: row.expiresAt?.getTime() };
    });
  }

  list(userId: string, paging: Paging): Promise<Page<ApiKeyInfo>> {
    const where = and(eq(apiKey.userId, userId), specific(apiKey.id, paging.specificIds));
    const order = orderOf(paging, sortFields, apiKey.id, 'Ascend');
    return this.#database.run((queries) =>
      readPage(paging, {
        select: ({ limit, offset }) =>
          queries
            .select()
            .from(apiKey)
            .where(where)
            .orderBy(...order)
            .limit(limit)
            .offset(offset),
        count: async () => (await queries.select({ count: count() }).from(apiKey).where(where))[0]?.count ?? 0,
        item: toInfo,
      }),
    );
  }

  /** Stores a key, and removes those of the user that have expired. Answers undefined when `most` are left besides. */
  create(key: NewStoredApiKey, most: number, author: Author): Promise<ApiKeyInfo | undefined> {
    const { userId } = key;
    return this.#database.change({ kind: 'user', id: userId }, async (queries) => {
      // Two at once must not both be the last.
      await queries.select({ id: appUser.id }).from(appUser).where(eq(appUser.id, userId)).for('update');
      await queries.delete(apiKey).where(and(eq(apiKey.userId, userId), lte(apiKey.expiresAt, new Date(author.atMs))));
      const [held] = await queries.select({ count: count() }).from(apiKey).where(eq(apiKey.userId, userId));
      if ((held?.count ?? 0) >= most) return undefined;
      const [row] = await queries
        .insert(apiKey)
        .values({ ...key, ...madeBy(author) })
        .returning();
      return toInfo(expectRow(row));
    });
  }

  /** Answers whether the user had such a key. */
  remove(userId: string, id: string): Promise<boolean> {
    return this.#database.change({ kind: 'user', id: userId }, async (queries) => {
      const rows = await queries
        .delete(apiKey)
        .where(and(eq(apiKey.id, id), eq(apiKey.userId, userId)))
        .returning({ id: apiKey.id });
      return rows.length > 0;
    });
  }
}

function toInfo(row: typeof apiKey.$inferSelect): ApiKeyInfo {
  return { ...entityInfo(row), name: row.name, ...present({ expiresAt: row.expiresAt?.toISOString() }) };
}
