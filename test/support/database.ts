import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { DatabaseTarget } from '../../src/store/database-target.ts';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded/embedded-postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/open-store.ts';

/** A directory for one test file. */
export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'ringflow-test-'));
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** The real store on a PostgreSQL of its own. Takes about a second, so one per test file. */
export interface TestStore extends Store {
  readonly dataDir: string;
  /** Ids that were reported as lost, in order. */
  readonly lost: string[];
}

export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const directory = await temporaryDirectory();
  const lost: string[] = [];
  const store = await openStore({
    dataDir: directory.path,
    version: 'test',
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    onLostSessions: (ids) => lost.push(...ids),
    ...options,
  });
  const close = async () => {
    await store.close();
    await directory.remove();
  };
  return { ...store, dataDir: directory.path, lost, close };
}

/** A PostgreSQL of its own with all tables, and nothing that uses them. */
export interface TestDatabase {
  readonly target: DatabaseTarget;
  /** Takes the server away, and brings it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const directory = await temporaryDirectory();
  const startServer = () => startEmbedded({ dataDir: directory.path, clock: systemClock, random: systemRandom, log: silentLogger });
  let server = await startServer();
  await migrate(server.target);
  return {
    target: server.target,
    stop: () => server.close(),
    start: async () => {
      server = await startServer();
    },
    close: async () => {
      await server.close();
      await directory.remove();
    },
  };
}

/** A PostgreSQL without tables that can be reached by URL, as a database server is. */
export async function startTestServer(): Promise<{ readonly url: string; readonly server: EmbeddedPostgres; close(): Promise<void> }> {
  const directory = await temporaryDirectory();
  // Too long for the path of a socket, so that the server listens on a port.
  const dataDir = path.join(directory.path, 'x'.repeat(120));
  const server = await startEmbedded({ dataDir, clock: systemClock, random: systemRandom, log: silentLogger });
  const close = async () => {
    await server.close();
    await directory.remove();
  };
  return { url: urlOf(server.target), server, close };
}

function urlOf(target: DatabaseTarget): string {
  if (target.kind !== 'tcp') throw new Error('The server does not listen on a port');
  return `postgres://${target.user}:${target.password}@${target.host}:${target.port}/${target.database}`;
}

/** Waits until `done` answers true, by the real clock; for what other processes do. */
export async function eventually(done: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > end) throw new Error('It did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
