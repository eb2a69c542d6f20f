import { link, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { type Clock, sleep } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { isRunning, startOf } from './process-table.ts';

/** The right to use a data directory, held by one server at a time. */
export interface DataLock {
  /** Idempotent. */
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** Tells two processes with the same id apart; empty where the system does not tell. */
  readonly started: string;
  readonly host: string;
}

const ATTEMPTS = 50;
const PAUSE_MS = 20;
/** A server that died while it replaced a stale file left its guard; replacing takes a few milliseconds. */
const GUARD_LIFE_MS = 5_000;

/**
 * Takes the lock file of a data directory. A file left by a server that is gone is replaced.
 * @throws AppError BAD_SETTING naming the process that uses the directory.
 */
export async function lockDataDir(dataDir: string, clock: Clock): Promise<DataLock> {
  const file = path.join(dataDir, 'ringflow.lock');
  const mine: Holder = { pid: process.pid, started: (await startOf(process.pid)) ?? '', host: hostname() };
  const text = `${JSON.stringify(mine)}\n`;
  const lock: DataLock = {
    release: async () => void ((await readFile(file, 'utf8').catch(() => '')) === text && (await rm(file, { force: true }))),
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await create(file, text)) return lock;
    const found = await readFile(file, 'utf8').catch(() => undefined);
    if (found === undefined) continue;
    const holder = parse(found);
    if (holder && (await isAlive(holder))) throw inUse(dataDir, holder.pid);
    if (await replace(file, found, text, clock)) return lock;
    await sleep(clock, PAUSE_MS, new AbortController().signal);
  }
  throw inUse(dataDir, undefined);
}

function inUse(dataDir: string, pid: number | undefined): AppError {
  const who = pid === undefined ? 'another Ringflow server that is starting' : `another Ringflow server (process ${pid})`;
  const reason = `is in use: ${dataDir} belongs to ${who}. Stop that server, or choose another directory.`;
  return new AppError('BAD_SETTING', { name: 'RINGFLOW_DATA_DIR', reason });
}

/** Makes the file with its content in one step, so that nobody reads half of it. */
async function create(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}.${performance.now()}`;
  await writeFile(draft, text, { mode: 0o644 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

/**
 * Puts `text` in the place of a stale file. Only who holds the guard may change a file that is there, so two that found the same
 * stale file cannot both replace it. Answers whether it did.
 */
async function replace(file: string, stale: string, text: string, clock: Clock): Promise<boolean> {
  const guard = `${file}.replacing`;
  if (!(await create(guard, text))) {
    const made = await stat(guard).catch(() => undefined);
    if (made && clock.now() - made.mtimeMs > GUARD_LIFE_MS) await rm(guard, { force: true });
    return false;
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== stale) return false;
    const draft = `${file}.${process.pid}.${performance.now()}`;
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, file);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (!(await isRunning(holder.pid))) return false;
  return holder.started === '' || (await startOf(holder.pid)) === holder.started;
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, started, host } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, started: String(started), host: String(host) } : undefined;
  } catch {
    return undefined;
  }
}
