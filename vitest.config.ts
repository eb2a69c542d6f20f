import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begins with the files that take minutes, so that none of them is left alone at the end. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/soak[^/]*\.test\.ts$/.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    // Not a setup file: it costs nothing where no property is checked.
    alias: [{ find: /^fast-check$/, replacement: fileURLToPath(new URL('test/support/full-size-checks.ts', import.meta.url)) }],
    pool: 'forks',
    // Many files wait for sockets most of the time: two of them share two cores well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongFilesFirst },
    testTimeout: 20_000,
    // Starting a database takes longer than a test when the machine is busy.
    hookTimeout: 60_000,
    maxConcurrency: 24,
    reporters: ['default', './tools/plain-reporter.ts'],
  },
});
