import { type Markup, markup } from '../formats/html-markup.ts';
import { routesOf, verbsOf } from './routes.ts';
import { servicePage } from './service-page.ts';
import { csharpType, type ModelOperation, typeModel } from './type-model.ts';

/** An operation in the list of `/operations/metadata` (servicestack.md 5.2). */
export interface ListedOperation {
  readonly name: string;
  /** Absent: the answer is 204. */
  readonly responseName?: string;
  readonly serviceName: string;
  readonly actions: readonly string[];
  readonly routes: readonly string[];
  readonly tags: readonly string[];
}

/** All operations, in the order of declaration. */
export function operationList(): readonly ListedOperation[] {
  return typeModel().operations.map(({ operation, response }) => ({
    name: operation.name,
    ...(response && { responseName: csharpType(response) }),
    serviceName: `${operation.name}Service`,
    actions: verbsOf(operation),
    routes: routesOf(operation).map(({ path }) => path),
    tags: [operation.tag],
  }));
}

/** The same for people. */
export function operationListPage(): string {
  return servicePage({
    subject: 'Operations',
    main: markup`<h2>Operations</h2>
<p>All operations with their routes. The same for machines: <a href="/operations/metadata?format=json">JSON</a>.</p>
<div class="scroll"><table><thead><tr><th>Operation</th><th>Routes</th><th>Answer</th><th>Tag</th></tr></thead>
<tbody>${typeModel().operations.map(row)}</tbody></table></div>
`,
  });
}

function row({ operation, response }: ModelOperation): Markup {
  const { name, tag } = operation;
  const routes = routesOf(operation).map(({ verbs, path }) => markup`<div><code>${verbs} ${path}</code></div>`);
  const answer = response ? csharpType(response) : '204';
  return markup`<tr><td><a href="/json/metadata?op=${name}">${name}</a></td><td>${routes}</td><td>${answer}</td><td>${tag}</td></tr>\n`;
}
