import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    // Not a setup file: it costs nothing where no property is checked.
    alias: [{ find: /^fast-check$/, replacement: fileURLToPath(new URL('test/support/full-size-checks.ts', import.meta.url)) }],
    pool: 'forks',
    testTimeout: 20_000,
    // Starting a database takes longer than a test when the machine is busy.
    hookTimeout: 60_000,
    maxConcurrency: 24,
    reporters: ['default', './tools/plain-reporter.ts'],
  },
});
