import { and, count, eq, type SQL, sql } from 'drizzle-orm';
import type { AccountInfo } from '../contracts/accounts.ts';
import type { Page, Paging } from '../contracts/entities.ts';
import { type Author, changedBy, entityInfo, madeBy, present } from './audit.ts';
import type { Database } from './database.ts';
import { contains, oneOfIds, orderOf, readPage, specific } from './paging.ts';
import { account, flow } from './schema.ts';

type Row = typeof account.$inferSelect;

export interface AccountFilter {
  /** Accounts that may be seen; absent: all. */
  readonly accountIds?: readonly string[] | undefined;
  readonly nameFilter?: string | undefined;
}

const sortFields = { name: account.name, dateCreated: account.createdAt, dateLastModified: account.modifiedAt };

export class AccountRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<AccountInfo | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries.select().from(account).where(eq(account.id, id));
      return row && toInfo(row);
    });
  }

  list(filter: AccountFilter, paging: Paging): Promise<Page<AccountInfo>> {
    const where = and(
      oneOfIds(account.id, filter.accountIds),
      specific(account.id, paging.specificIds),
      filter.nameFilter ? contains(account.name, filter.nameFilter) : undefined,
    );
    const order: SQL[] = orderOf(paging, sortFields, account.id, 'Ascend');
    return this.#database.run((queries) =>
      readPage(paging, {
        select: ({ limit, offset }) =>
          queries
            .select()
            .from(account)
            .where(where)
            .orderBy(...order)
            .limit(limit)
            .offset(offset),
        count: async () => (await queries.select({ count: count() }).from(account).where(where))[0]?.count ?? 0,
        item: toInfo,
      }),
    );
  }

  /** Names of accounts, by id. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#database.run(async (queries) => {
      const rows = await queries.select({ id: account.id, name: account.name }).from(account).where(oneOfIds(account.id, ids));
      return new Map(rows.map((row) => [row.id, row.name]));
    });
  }

  create(id: string, name: string, parent: AccountInfo | undefined, author: Author): Promise<AccountInfo> {
    const ancestorIds = parent?.id === undefined ? [] : [...(parent.ancestorIds ?? []), parent.id];
    return this.#database.change({ kind: 'account', id }, async (queries) => {
      const [row] = await queries
        .insert(account)
        .values({ id, name, parentAccountId: parent?.id ?? null, ancestorIds, ...madeBy(author) })
        .returning();
      return toInfo(expectRow(row));
    });
  }

  rename(id: string, name: string, author: Author): Promise<AccountInfo | undefined> {
    return this.#database.change({ kind: 'account', id }, async (queries) => {
      const [row] = await queries
        .update(account)
        .set({ name, ...changedBy(author) })
        .where(eq(account.id, id))
        .returning();
      return row && toInfo(row);
    });
  }

  /** What an account still holds, in words; empty when it can be deleted. */
  contents(id: string): Promise<string[]> {
    return this.#database.run(async (queries) => {
      const rows = await queries.execute<{ what: string }>(sql`
        select 'endpoints' as what where exists (select 1 from endpoint where account_id = ${id})
        union all select 'flows' where exists (select 1 from flow where account_id = ${id} and deleted_at is null)
        union all select 'files' where exists (select 1 from file where account_id = ${id})
        union all select 'users' where exists (select 1 from app_user where ${id}::uuid = any(account_ids))
        union all select 'accounts' where exists (select 1 from account where parent_account_id = ${id})
        union all select 'sessions' where exists (select 1 from session where account_id = ${id})`);
      return rows.map((row) => row.what);
    });
  }

  /** Deletes an account that holds nothing. A foreign key refuses one that has just got something. */
  async remove(id: string): Promise<void> {
    await this.#database.change({ kind: 'account', id }, async (queries) => {
      await queries.delete(flow).where(sql`${flow.accountId} = ${id} and ${flow.deletedAt} is not null`);
      await queries.delete(account).where(eq(account.id, id));
    });
  }
}

/** The row that an insert or update with `returning` has answered. */
export function expectRow<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('The database answered no row');
  return row;
}

function toInfo(row: Row): AccountInfo {
  return { ...entityInfo(row), name: row.name, ancestorIds: row.ancestorIds, ...present({ parentAccountId: row.parentAccountId }) };
}
