import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A command of this program that runs as a process of its own. */
export interface ChildProgram {
  readonly pid: number;
  /** Calls `handler` for each line of standard output from now on. */
  onLine(handler: (line: string) => void): void;
  /** Resolves with the exit status (or the name of the signal) when the process has ended. */
  readonly ended: Promise<number | string>;
  /** Asks it to stop, and kills it when it has not after `graceMs`. Idempotent. */
  stop(graceMs?: number): Promise<void>;
}

export interface ChildOptions {
  /** The script: dist/cli/main.js. */
  readonly script: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** File for its standard error. */
  readonly logFile: string;
}

const GRACE_MS = 10_000;

/**
 * Starts `node script arguments...` as a child. Variables of our own environment that configure a server do not reach it: only
 * `environment` does. It is a process group of its own, so that Ctrl-C reaches it only through `stop`.
 */
export function startChild({ script, arguments: given, environment, logFile }: ChildOptions): ChildProgram {
  const log = openSync(logFile, 'w', 0o600);
  const env = { ...withoutSettings(process.env), ...environment };
  const child = spawn(process.execPath, [script, ...given], { stdio: ['ignore', 'pipe', log], env, detached: true });
  closeSync(log);
  const lines = new EventEmitter<{ line: [string] }>();
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.emit('line', line));
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  let stopping: Promise<void> | undefined;
  return {
    pid: child.pid ?? 0,
    onLine: (handler) => {
      lines.on('line', handler);
    },
    ended,
    stop: (graceMs = GRACE_MS) => {
      stopping ??= stop(child, ended, graceMs);
      return stopping;
    },
  };
}

/**
 * Waits for the first line of `child` that `find` makes something of.
 * @throws Error with the end of the log when the process ends first or `timeoutMs` pass
 */
export function firstLine<Found>(
  child: ChildProgram,
  logFile: string,
  timeoutMs: number,
  find: (line: string) => Found | undefined,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const fail = (why: string): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      reject(new Error(`A child process ${why}. The end of its log:\n${readFileSync(logFile, 'utf8').slice(-2000)}`));
    };
    const timer = setTimeout(() => fail(`did not get ready within ${timeoutMs} ms`), timeoutMs);
    child.onLine((line) => {
      const found = settled ? undefined : find(line);
      if (found === undefined) return;
      settled = true;
      clearTimeout(timer);
      resolve(found);
    });
    // What it printed last may still be on its way.
    void child.ended.then((status) => setTimeout(() => fail(`ended with ${status}`), 100));
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>, graceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(kill);
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^RINGFLOW_|^DATABASE_URL$|^LOG_LEVEL$/.test(name)));
}
