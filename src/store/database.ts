import { type SQL, sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Clock } from '../kernel/clock.ts';
import type { Change, Changes } from './changes.ts';
import type { Sql } from './clients.ts';
import { storeError, unavailable } from './store-error.ts';
import { within } from './time-limit.ts';

export type Queries = Pick<PostgresJsDatabase, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute'>;

export interface DatabaseOptions {
  /** Drizzle's alone. */
  readonly client: Sql;
  readonly clock: Clock;
  readonly changes: Changes;
  /** Other processes use the database too. */
  readonly shared: boolean;
}

/** How long a caller waits for an answer. */
export const QUERY_LIMIT_MS = 5_000;
/** Queries without an answer, also those whose callers have given up: they still wait in the client. */
const MOST_UNANSWERED = 1_000;

/** The door of the repositories: ordinary reads and writes, through drizzle. */
export class Database {
  readonly #drizzle: PostgresJsDatabase;
  readonly #clock: Clock;
  readonly #changes: Changes;
  readonly #shared: boolean;
  #unanswered = 0;

  constructor({ client, clock, changes, shared }: DatabaseOptions) {
    this.#drizzle = drizzle(client);
    this.#clock = clock;
    this.#changes = changes;
    this.#shared = shared;
  }

  /** @throws AppError STORE_UNAVAILABLE when the database is away or does not answer in `QUERY_LIMIT_MS` */
  run<T>(queries: (database: Queries) => Promise<T>): Promise<T> {
    return this.#limited(() => queries(this.#drizzle));
  }

  /**
   * Runs `queries` in one transaction and tells everybody of `change` when it is committed.
   * @throws AppError STORE_UNAVAILABLE as `transaction`
   */
  change<T>(change: Change, queries: (transaction: Queries) => Promise<T>): Promise<T> {
    const work = async (transaction: Queries) => {
      const answer = await queries(transaction);
      if (this.#shared) await transaction.execute(this.#notify(change));
      return answer;
    };
    // Also when only the commit was late: what is remembered is wrong by then.
    return this.#transaction(work, () => this.#changes.tell(change));
  }

  /**
   * Runs `queries` in one transaction.
   * @throws AppError STORE_UNAVAILABLE as `run`; what has not reached its commit by then is taken back.
   */
  transaction<T>(queries: (transaction: Queries) => Promise<T>): Promise<T> {
    return this.#transaction(queries, () => undefined);
  }

  /** Tells other processes of a change that is committed. */
  async announce(change: Change): Promise<void> {
    if (this.#shared) await this.run((queries) => queries.execute(this.#notify(change)));
  }

  #notify(change: Change): SQL {
    const [channel, payload] = this.#changes.notification(change);
    return sql`select pg_notify(${channel}, ${payload})`;
  }

  async #transaction<T>(queries: (transaction: Queries) => Promise<T>, onCommit: () => void): Promise<T> {
    const refused = new AbortController();
    const work = async () => {
      const result = await this.#drizzle.transaction(async (transaction) => {
        refused.signal.throwIfAborted();
        const answer = await queries(transaction);
        refused.signal.throwIfAborted();
        return answer;
      });
      onCommit();
      return result;
    };
    try {
      return await this.#limited(work);
    } catch (error) {
      refused.abort(error);
      throw error;
    }
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#unanswered >= MOST_UNANSWERED) throw unavailable();
    try {
      return await within(this.#clock, QUERY_LIMIT_MS, this.#counted(work));
    } catch (error) {
      throw storeError(error);
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#unanswered++;
    try {
      return await work();
    } finally {
      this.#unanswered--;
    }
  }
}
