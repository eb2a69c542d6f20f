import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from './errors-page.ts';
import { nodeIndex } from './node-index.ts';
import { nodesPage } from './nodes-page.ts';
import { operationsPage } from './operations-page.ts';
import { withSettings } from './settings-page.ts';

export interface GeneratedFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly content: string;
}

/** Every file that is made from others. Write each before you ask for the next: the page about nodes is made from the list of nodes. */
export async function* generatedFiles(repository: string): AsyncGenerator<GeneratedFile> {
  const nodes = join(repository, 'src/flow/nodes');
  yield { path: 'src/flow/nodes/index.gen.ts', content: nodeIndex(nodes) };
  yield { path: 'docs/reference/nodes.md', content: await nodesPage(nodes) };
  yield { path: 'docs/reference/errors.md', content: errorsPage() };
  yield { path: 'docs/reference/operations.md', content: await operationsPage(join(repository, 'src/contracts')) };
  yield { path: 'README.md', content: withSettings(readFileSync(join(repository, 'README.md'), 'utf8')) };
}
