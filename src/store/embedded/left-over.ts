import { execFile } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../kernel/clock.ts';
import { sleep } from '../../kernel/clock.ts';
import { isRunning, processesIn } from './process-table.ts';
import { SOCKET_PORT } from './server-settings.ts';

/** What `postmaster.pid` says: its first line is the process, its eighth the state. */
export async function readPostmaster(cluster: string): Promise<{ readonly pid: number; readonly ready: boolean } | undefined> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
}

/** Names the server's process too, and is judged by the same rule. */
const SOCKET_LOCK = `.s.PGSQL.${SOCKET_PORT}.lock`;
const POLL_MS = 10;
/** Signal, and how long to wait for its effect. Fast shutdown, then immediate shutdown (repaired from the log at the next start). */
const steps = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

/**
 * Stops a server that outlived the Ringflow process that had started it, and clears its stale lock files. PostgreSQL refuses
 * to start when the process id in them belongs to any process of the same user by now, a zombie included, so they go once nothing
 * runs in the cluster any more. Answers whether a server was stopped.
 * @throws Error when it cannot be stopped.
 */
export async function stopLeftOver(cluster: string, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const postmaster = await readPostmaster(cluster);
  if (!postmaster) {
    await rm(path.join(cluster, SOCKET_LOCK), { force: true });
    return false;
  }
  const directory = await realpath(cluster);
  const running = await serversIn(directory, postmaster.pid);
  if (running.length > 0) {
    const targets = running.includes(postmaster.pid) ? [postmaster.pid] : running;
    await stopAll(targets, async () => (await serversIn(directory, postmaster.pid)).length === 0, clock, signal);
  }
  await rm(path.join(cluster, 'postmaster.pid'), { force: true });
  await rm(path.join(cluster, SOCKET_LOCK), { force: true });
  return running.length > 0;
}

/** Ends a server that is a child of ours within a bounded time. */
export async function stopServer(pid: number, clock: Clock): Promise<void> {
  await stopAll([pid], async () => !(await isRunning(pid)), clock, new AbortController().signal);
}

async function stopAll(pids: readonly number[], done: () => Promise<boolean>, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const [name, limitMs] of steps) {
    for (const pid of pids) kill(pid, name);
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
      if (await done()) return;
      await sleep(clock, POLL_MS, signal);
    }
  }
  throw new Error(`PostgreSQL (process ${pids.join(', ')}) cannot be stopped`);
}

/** The processes of the server in `directory`. Every one of them has it as its working directory; without /proc only the first is found. */
async function serversIn(directory: string, postmaster: number): Promise<number[]> {
  const found = await processesIn(directory);
  if (found) return found;
  const line = await promisify(execFile)('ps', ['-p', String(postmaster), '-o', 'command=']).catch(() => ({ stdout: '' }));
  return line.stdout.includes(directory) ? [postmaster] : [];
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
