import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdir, open, readdir, readFile, realpath, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { sleep } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { type Random, randomHex } from '../../kernel/random.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { type Binaries, checkRuns, findPackaged, prepareBinaries } from './binaries.ts';
import { type DataLock, lockDataDir } from './data-lock.ts';
import { clusterPath, initCluster, isInitialised } from './init-cluster.ts';
import { readPostmaster, stopLeftOver, stopServer } from './left-over.ts';
import { chooseListen, targetOf } from './listen.ts';
import { type Listen, serverArguments } from './server-settings.ts';
import { type SystemUser, serverUser } from './system-user.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Aborting it gives up a start. */
  readonly signal?: AbortSignal;
}

/** A PostgreSQL of our own, kept running until it is closed. */
export interface EmbeddedPostgres {
  readonly target: DatabaseTarget;
  /** Process id of the server; changes when it had to be started again. */
  readonly pid: number | undefined;
  /** Stops the server and frees the data directory. Idempotent. */
  close(): Promise<void>;
}

const READY_LIMIT_MS = 120_000;
const LOG_LIMIT_BYTES = 1_000_000;
/** Where root keeps a copy of the binaries when the system user cannot reach those in node_modules. */
const SHARED_COPIES = '/var/lib/ringflow';

/**
 * Starts PostgreSQL in `dataDir`, making the cluster on the first start.
 * @throws AppError BAD_SETTING when another server uses the directory, or PostgreSQL cannot run here.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const lock = await lockDataDir(dataDir, options.clock);
  try {
    const user = await serverUser();
    const binaries = await prepareBinaries(await findPackaged(), user, user ? SHARED_COPIES : dataDir);
    const cluster = path.join(dataDir, 'postgres');
    const signal = options.signal ?? new AbortController().signal;
    const password = await readPassword(path.join(dataDir, 'postgres-password'), options.random);
    if (!(await isInitialised(cluster))) {
      await checkRuns(binaries);
      await initCluster({ cluster, password, user }, binaries);
    } else if (await stopLeftOver(cluster, options.clock, signal)) {
      options.log.warn({}, 'Stopped a PostgreSQL that an earlier process had left running');
    }
    await giveTo(cluster, user);
    const listen = await chooseListen(cluster);
    const server = new Supervised({
      ...options,
      dataDir,
      cluster,
      user,
      binaries,
      listen,
      lock,
      target: targetOf(cluster, listen, password),
    });
    await server.start(signal);
    return server;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Parts extends EmbeddedOptions {
  readonly cluster: string;
  readonly user: SystemUser | undefined;
  readonly binaries: Binaries;
  readonly listen: Listen;
  readonly lock: DataLock;
  readonly target: DatabaseTarget;
}

class Supervised implements EmbeddedPostgres {
  readonly target: DatabaseTarget;
  readonly #parts: Parts;
  #child: ChildProcess | undefined;
  #restart: Timer | undefined;
  #restarts = 0;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.target = parts.target;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(signal: AbortSignal): Promise<void> {
    const child = await this.#spawn();
    try {
      await this.#untilReady(child, signal);
    } catch (error) {
      if (child.pid !== undefined && child.exitCode === null) await stopServer(child.pid, this.#parts.clock);
      throw error;
    }
    this.#child = child;
    child.once('exit', (code, by) => this.#onExit(code, by));
    if (child.exitCode !== null || child.signalCode !== null) this.#onExit(child.exitCode, child.signalCode);
  }

  async #spawn(): Promise<ChildProcess> {
    const { binaries, cluster, user, listen, dataDir } = this.#parts;
    const logFile = path.join(dataDir, 'postgres.log');
    const size = await stat(logFile).then(
      (file) => file.size,
      () => 0,
    );
    if (size > LOG_LIMIT_BYTES) await truncate(logFile);
    const log = await open(logFile, 'a', 0o600);
    try {
      // Detached: Ctrl-C in a terminal goes to the whole group, and the server must outlive the calls that are ending.
      return spawn(binaries.postgres, serverArguments(clusterPath(cluster, user), listen), {
        cwd: cluster,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
        ...user,
      });
    } finally {
      await log.close();
    }
  }

  /** `postmaster.pid` names the child and says "ready" once it takes connections. */
  async #untilReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    for (let waitedMs = 0; waitedMs < READY_LIMIT_MS; waitedMs += 10) {
      if (failure) throw failure;
      if (child.exitCode !== null || child.signalCode !== null) break;
      const postmaster = await readPostmaster(this.#parts.cluster);
      if (postmaster?.ready && postmaster.pid === child.pid) return;
      await sleep(this.#parts.clock, 10, signal);
    }
    const log = await readFile(path.join(this.#parts.dataDir, 'postgres.log'), 'utf8').catch(() => '');
    throw new Error(`PostgreSQL did not start. Its last words: ${log.trim().split('\n').slice(-3).join(' ')}`);
  }

  #onExit(code: number | null, by: NodeJS.Signals | null): void {
    this.#child = undefined;
    if (this.#closed) return;
    this.#parts.log.error({ code, signal: by }, 'PostgreSQL ended by itself; it is started again');
    this.#restartSoon();
  }

  #restartSoon(): void {
    const delayMs = Math.min(5_000, 100 * 2 ** this.#restarts++);
    this.#restart = this.#parts.clock.after(delayMs, () => {
      void this.#startAgain();
    });
  }

  async #startAgain(): Promise<void> {
    const { cluster, clock, log } = this.#parts;
    const signal = new AbortController().signal;
    try {
      await stopLeftOver(cluster, clock, signal);
      if (this.#closed) return;
      await this.start(signal);
      this.#restarts = 0;
      if (this.#closed && this.pid !== undefined) await stopServer(this.pid, clock);
    } catch (error) {
      log.error({ err: error }, 'PostgreSQL could not be started again');
      if (!this.#closed) this.#restartSoon();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#restart?.cancel();
    if (this.pid !== undefined) await stopServer(this.pid, this.#parts.clock);
    await this.#parts.lock.release();
  }
}

async function readPassword(file: string, random: Random): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const made = randomHex(random, 24);
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return made;
}

/** A cluster made by an ordinary user that root serves now, or the reverse, changes hands. */
async function giveTo(cluster: string, user: SystemUser | undefined): Promise<void> {
  if (!user) return;
  const { uid } = await stat(cluster);
  if (uid === user.uid) return;
  await chown(cluster, user.uid, user.gid);
  for (const name of await readdir(cluster, { recursive: true })) await chown(path.join(cluster, name), user.uid, user.gid);
}
