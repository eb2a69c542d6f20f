/** `npm run gen` writes every generated file anew; with --check it names those that are not fresh, and fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorsPage } from './gen/errors-page.ts';
import { nodeIndex } from './gen/node-index.ts';
import { nodesPage } from './gen/nodes-page.ts';
import { operationsPage } from './gen/operations-page.ts';
import { withSettings } from './gen/settings-page.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

function generated(path: string, content: string): void {
  const file = join(repository, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  stale.push(path);
  if (check) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

// The list of nodes comes first: the page about them is made from what it lists.
generated('src/flow/nodes/index.gen.ts', nodeIndex(join(repository, 'src/flow/nodes')));
generated('docs/reference/nodes.md', await nodesPage(join(repository, 'src/flow/nodes')));
generated('docs/reference/errors.md', errorsPage());
generated('docs/reference/operations.md', await operationsPage(join(repository, 'src/contracts')));
generated('README.md', withSettings(readFileSync(join(repository, 'README.md'), 'utf8')));

if (stale.length === 0) process.stdout.write('generated files are fresh\n');
else if (check) {
  process.stderr.write(`These generated files are not fresh; run npm run gen:\n${stale.map((path) => `  ${path}\n`).join('')}`);
  process.exitCode = 1;
} else process.stdout.write(stale.map((path) => `wrote ${path}\n`).join(''));
