import { hostname } from 'node:os';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { AccountRepository } from './account-repository.ts';
import { ApiKeyRepository } from './api-key-repository.ts';
import { BindingRepository } from './binding-repository.ts';
import { Changes } from './changes.ts';
import { connect, type Sql } from './clients.ts';
import { Database, QUERY_LIMIT_MS } from './database.ts';
import type { DatabaseTarget } from './database-target.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded/embedded-postgres.ts';
import { EndpointRepository } from './endpoint-repository.ts';
import { FileRepository } from './file-repository.ts';
import { FlowRepository } from './flow-repository.ts';
import { migrate } from './migrate.ts';
import { SessionReader } from './session-reader.ts';
import { SessionSchedule } from './session-schedule.ts';
import { SessionStore } from './session-store.ts';
import { SessionWriter } from './session-writer.ts';
import { UserRepository } from './user-repository.ts';
import { Workers } from './workers.ts';

export interface StoreOptions {
  /** DATABASE_URL; absent: a PostgreSQL of our own in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Sessions that another process has taken, or that are gone: stop their media and forget them. */
  readonly onLostSessions: (sessionIds: readonly string[]) => void;
}

/** Everything that is kept, ready for use. */
export interface Store {
  readonly mode: 'embedded' | 'server';
  readonly sessions: SessionStore;
  readonly sessionWriter: SessionWriter;
  readonly sessionReader: SessionReader;
  readonly schedule: SessionSchedule;
  readonly workers: Workers;
  readonly changes: Changes;
  readonly accounts: AccountRepository;
  readonly users: UserRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly bindings: BindingRepository;
  readonly endpoints: EndpointRepository;
  readonly flows: FlowRepository;
  readonly files: FileRepository;
  /** Whether the database answers now. */
  ping(): Promise<boolean>;
  /** Writes what is left and stops everything that was started. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts or finds the database, brings its tables up to date and registers this process as a worker.
 * @throws AppError BAD_SETTING when that is not possible; nothing is left running then.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, clock, random, log } = options;
  if (databaseUrl !== undefined) return openOn({ kind: 'url', url: databaseUrl }, undefined, options);
  const embedded = await startEmbedded({ dataDir: options.dataDir, clock, random, log });
  try {
    return await openOn(embedded.target, embedded, options);
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

/**
 * Plans that do not depend on how many rows there are: statements of the hot path are planned once, and touch rows by index only,
 * however small (and without statistics) the tables are at that moment.
 */
const hotSettings = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** Nobody waits for these statements any more when the server ends them; others could be behind them. */
const ordinarySettings = { statement_timeout: String(QUERY_LIMIT_MS + 1_000) };

async function openOn(target: DatabaseTarget, embedded: EmbeddedPostgres | undefined, options: StoreOptions): Promise<Store> {
  const { clock, log, onLostSessions } = options;
  const shared = embedded === undefined;
  await migrate(target);
  const id = newId(clock, options.random);
  const createClient = connect(target, { max: 1, settings: hotSettings });
  const writeClient = connect(target, { max: 1, settings: hotSettings });
  const ordinaryClient = connect(target, { max: 3, idleSeconds: 30, settings: ordinarySettings });
  // The lease must not wait behind anything else. In a database of our own it is used at start and stop only.
  const workerClient = connect(target, { max: 1, ...(shared ? {} : { idleSeconds: 5 }) });
  const clients: readonly Sql[] = [createClient, writeClient, ordinaryClient, workerClient];

  const changes = new Changes(id);
  const database = new Database({ client: ordinaryClient, clock, changes, shared });
  const sessions = new SessionStore({ sql: createClient, clock, log });
  const sessionWriter = new SessionWriter({ sql: writeClient, clock, log, owner: id, onLost: onLostSessions });
  const worker = { id, host: hostname(), pid: process.pid, version: options.version, shared };
  const workers = new Workers({ sql: workerClient, clock, log, ...worker });
  let closing: Promise<void> | undefined;
  const close = async () => {
    await sessionWriter.close();
    await sessions.close();
    await workers.close();
    await changes.close();
    await Promise.all(clients.map((client) => client.end({ timeout: 5 })));
    await embedded?.close();
  };
  try {
    await workers.start();
    if (shared) await changes.listen(workerClient, log);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    mode: shared ? 'server' : 'embedded',
    sessions,
    sessionWriter,
    sessionReader: new SessionReader(database),
    schedule: new SessionSchedule({ database, owner: id, isRefused: (sessionId) => sessions.isRefused(sessionId) }),
    workers,
    changes,
    accounts: new AccountRepository(database),
    users: new UserRepository(database),
    apiKeys: new ApiKeyRepository(database),
    bindings: new BindingRepository(database, id),
    endpoints: new EndpointRepository(database),
    flows: new FlowRepository(database),
    files: new FileRepository(database),
    ping: () =>
      database
        .run((queries) => queries.execute('select 1'))
        .then(
          () => true,
          () => false,
        ),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
