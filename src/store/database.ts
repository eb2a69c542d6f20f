import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Change, Changes } from './changes.ts';
import type { Sql } from './clients.ts';
import { storeError } from './store-error.ts';

export type Queries = Pick<PostgresJsDatabase, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute'>;

/** The door of the repositories: ordinary reads and writes, through drizzle. */
export class Database {
  readonly #drizzle: PostgresJsDatabase;
  readonly #changes: Changes;
  readonly #shared: boolean;

  /** @param client is drizzle's alone. @param shared: other processes use the database too. */
  constructor(client: Sql, changes: Changes, shared: boolean) {
    this.#drizzle = drizzle(client);
    this.#changes = changes;
    this.#shared = shared;
  }

  /** @throws AppError STORE_UNAVAILABLE */
  async run<T>(queries: (database: Queries) => Promise<T>): Promise<T> {
    try {
      return await queries(this.#drizzle);
    } catch (error) {
      throw storeError(error);
    }
  }

  /**
   * Runs `queries` in one transaction and tells everybody of `change` when it is committed.
   * @throws AppError STORE_UNAVAILABLE
   */
  async change<T>(change: Change, queries: (transaction: Queries) => Promise<T>): Promise<T> {
    const result = await this.run(() =>
      this.#drizzle.transaction(async (transaction) => {
        const answer = await queries(transaction);
        if (this.#shared) {
          const [channel, payload] = this.#changes.notification(change);
          await transaction.execute(sql`select pg_notify(${channel}, ${payload})`);
        }
        return answer;
      }),
    );
    this.#changes.tell(change);
    return result;
  }
}
