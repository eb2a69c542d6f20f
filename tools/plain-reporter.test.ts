import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringflow-reporter-'));
  symlinkSync(fromRoot('node_modules'), join(directory, 'node_modules'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs vitest over `files` (name -> source) with the reporter alone; answers what it printed and its exit code. */
async function run(files: Readonly<Record<string, string>>): Promise<{ printed: string; code: number }> {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(directory, name), source);
  const reporter = fromRoot('tools/plain-reporter.ts');
  const arguments_ = [fromRoot('node_modules/vitest/vitest.mjs'), 'run', '--root', directory, '--reporter', reporter];
  return promisify(execFile)(process.execPath, arguments_, { encoding: 'utf8', env: { ...process.env, VITEST: undefined } }).then(
    ({ stdout }) => ({ printed: stdout, code: 0 }),
    (failure: { stdout: string; code: number }) => ({ printed: failure.stdout, code: failure.code }),
  );
}

const imports = "import { expect, it } from 'vitest';\n";
const passing = `${imports}it('passes', () => expect(1).toBe(1));`;

it('counts what passed, failed and was skipped, and a file that does not load as one failure', async () => {
  const { printed, code } = await run({
    'passes.test.js': passing,
    'fails.test.js': `${imports}it('fails', () => expect(1).toBe(2));`,
    'skips.test.js': `${imports}it.skip('skips', () => expect(1).toBe(2));`,
    'does-not-load.test.js': "import './nowhere.js';",
  });
  expect(printed.trimEnd().split('\n').at(-1)).toBe('1 passed, 2 failed, 1 skipped');
  expect(code).toBe(1);
});

it('counts an error outside of every test as a failure', async () => {
  const { printed, code } = await run({
    'late.test.js': `${passing}\nsetTimeout(() => { throw new Error('late'); });\nit('waits', () => new Promise((done) => setTimeout(done, 50)));`,
  });
  expect(printed.trimEnd().split('\n').at(-1)).toBe('2 passed, 1 failed, 0 skipped');
  expect(code).toBe(1);
});

it('reports a run in which all is well', async () => {
  const { printed, code } = await run({ 'passes.test.js': passing });
  expect(printed.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed, 0 skipped');
  expect(code).toBe(0);
});
