import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/kernel/errors.ts';
import { generatedFiles } from './generated-files.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(repository + path, 'utf8');

describe('the generated files', () => {
  it('are what the sources make them', async () => {
    const paths: string[] = [];
    for await (const { path, content } of generatedFiles(repository)) {
      expect(read(path), path).toBe(content);
      paths.push(path);
    }
    expect(paths).toContain('docs/reference/errors.md');
  });
});

describe('the page of errors', () => {
  const rows = read('docs/reference/errors.md')
    .split('\n')
    .map((line) => /^\| (\d{3}) \| `(\w+)` \| (.*) \| `(\w+)` \|$/.exec(line))
    .filter((row) => row !== null);

  it('has every error of the catalogue, and no other', () => {
    const told = rows.map(([, status, errorCode, message, name]) => [name, Number(status), errorCode, message]);
    const catalogue = Object.entries(errorCatalogue).map(([name, { status, errorCode, message }]) => [name, status, errorCode, message]);
    expect(told.sort()).toEqual(catalogue.sort());
  });
});
