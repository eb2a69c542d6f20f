/** `npm run gen` writes every generated file anew; with --check it names those that are not fresh, and fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './gen/generated-files.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

for await (const { path, content } of generatedFiles(repository)) {
  const file = join(repository, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

if (stale.length === 0) process.stdout.write('generated files are fresh\n');
else if (check) {
  process.stderr.write(`These generated files are not fresh; run npm run gen:\n${stale.map((path) => `  ${path}\n`).join('')}`);
  process.exitCode = 1;
} else process.stdout.write(stale.map((path) => `wrote ${path}\n`).join(''));
