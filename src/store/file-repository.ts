import { and, asc, count, eq, type SQL } from 'drizzle-orm';
import type { Page, Paging } from '../contracts/entities.ts';
import type { FileInfo } from '../contracts/files.ts';
import { type Author, entityInfo, madeBy, present } from './audit.ts';
import type { Database, Queries } from './database.ts';
import { beginsWith, oneOfIds, orderOf, readPage, specific, type Window } from './paging.ts';
import { account, file } from './schema.ts';

type FileRow = typeof file.$inferSelect;
type Row = { file: FileRow; accountName: string };

/** A file that is about to be stored. */
export type NewFileRow = Omit<FileRow, 'createdAt' | 'modifiedAt' | 'createdBy' | 'modifiedBy'>;

export interface FileFilter {
  /** Accounts that may be seen; absent: all. */
  readonly accountIds?: readonly string[] | undefined;
  readonly sessionId?: string | undefined;
  /** What the name and the content type begin with. */
  readonly fileName?: string | undefined;
  readonly contentType?: string | undefined;
  readonly type?: string | undefined;
}

const sortFields = {
  fileName: file.fileName,
  contentType: file.contentType,
  contentLength: file.contentLength,
  dateCreated: file.createdAt,
};

/** What is known of stored files; their bytes are elsewhere. */
export class FileRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<FileInfo | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await select(queries, eq(file.id, id), [asc(file.id)], { limit: 1, offset: 0 });
      return row && toInfo(row);
    });
  }

  list(filter: FileFilter, paging: Paging): Promise<Page<FileInfo>> {
    const where = and(
      oneOfIds(file.accountId, filter.accountIds),
      specific(file.id, paging.specificIds),
      filter.sessionId === undefined ? undefined : oneOfIds(file.sessionId, [filter.sessionId]),
      filter.fileName ? beginsWith(file.fileName, filter.fileName) : undefined,
      filter.contentType ? beginsWith(file.contentType, filter.contentType) : undefined,
      filter.type === undefined ? undefined : beginsWith(file.type, filter.type),
    );
    const order = orderOf(paging, sortFields, file.id, 'Descend');
    return this.#database.run((queries) =>
      readPage(paging, {
        select: (window) => select(queries, where, order, window),
        count: async () => (await queries.select({ count: count() }).from(file).where(where))[0]?.count ?? 0,
        item: toInfo,
      }),
    );
  }

  /** Does nothing when there is a file with this id. @throws the database's error for an account that is gone; see isReferenced. */
  async create(row: NewFileRow, author: Author): Promise<void> {
    await this.#database.change({ kind: 'file', id: row.id, accountId: row.accountId }, async (queries) => {
      await queries
        .insert(file)
        .values({ ...row, ...madeBy(author) })
        .onConflictDoNothing();
    });
  }

  async remove(key: { readonly id: string; readonly accountId: string }): Promise<void> {
    await this.#database.change({ kind: 'file', ...key }, async (queries) => {
      await queries.delete(file).where(eq(file.id, key.id));
    });
  }
}

function select(queries: Queries, where: SQL | undefined, order: SQL[], { limit, offset }: Window): Promise<Row[]> {
  return queries
    .select({ file, accountName: account.name })
    .from(file)
    .innerJoin(account, eq(account.id, file.accountId))
    .where(where)
    .orderBy(...order)
    .limit(limit)
    .offset(offset);
}

function toInfo({ file: row, accountName }: Row): FileInfo {
  return {
    ...entityInfo(row),
    type: row.type,
    accountId: row.accountId,
    accountName,
    fileName: row.fileName,
    uri: `/files/${row.id}/content`,
    contentType: row.contentType,
    contentLength: row.contentLength,
    ...present({
      recordingDuration: row.durationMs === null ? null : Math.round(row.durationMs / 1000),
      sessionId: row.sessionId,
    }),
  };
}
