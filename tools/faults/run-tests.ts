import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestReport } from './verdict.ts';

/** A fault may make a test loop for ever, which no timeout of vitest ends. */
const LONGEST_RUN_MS = 180_000;

/** Every character of a name that has a meaning in a regular expression, taken as it is. */
const literally = (name: string): string => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * Runs test files of the repository in `folder` until one test fails, in a process of its own.
 * Answers what vitest reports, or undefined when it ended without a report or not at all. `signal` ends it.
 */
export async function runTests(
  folder: string,
  files: readonly string[],
  testName: string | undefined,
  signal: AbortSignal,
): Promise<TestReport | undefined> {
  const reportFile = join(folder, 'report.json');
  rmSync(reportFile, { force: true });
  const only = testName === undefined ? [] : ['-t', literally(testName)];
  const options = ['--bail=1', '--maxWorkers=1', '--reporter=json', `--outputFile=${reportFile}`];
  // What has not changed since the run before need not be compiled again.
  const memory = ['--experimental.fsModuleCache', `--experimental.fsModuleCachePath=${join(folder, 'compiled')}`];
  const vitest = spawn(
    process.execPath,
    [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...files, ...only, ...options, ...memory],
    {
      cwd: folder,
      stdio: 'ignore',
      // The leader of a group: its workers end with it, also those that are busy for ever.
      detached: true,
    },
  );
  const end = (): void => {
    if (vitest.pid !== undefined && vitest.exitCode === null) process.kill(-vitest.pid, 'SIGKILL');
  };
  const deadline = AbortSignal.timeout(LONGEST_RUN_MS);
  deadline.addEventListener('abort', end);
  signal.addEventListener('abort', end);
  try {
    await once(vitest, 'exit');
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return undefined;
  } finally {
    deadline.removeEventListener('abort', end);
    signal.removeEventListener('abort', end);
  }
}
