import type { Operation } from '../contracts/dto.ts';
import { type Markup, markup, nothing } from '../formats/html-markup.ts';
import { typesCodes } from './languages.ts';
import { servicePage } from './service-page.ts';
import { formatLabel, metadataPath, type ShownFormat } from './shown-formats.ts';
import { typeModel } from './type-model.ts';

/** All operations, each with a link to its page in every one of `formats` (servicestack.md 5.1). @param subject absent for `/metadata` */
export function indexPage(formats: readonly ShownFormat[], subject?: string): string {
  const operations = typeModel()
    .operations.map(({ operation }) => operation)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return servicePage({
    ...(subject === undefined ? {} : { subject }),
    main: markup`<p>The following operations are available.</p>
<div class="scroll even"><table>
<thead><tr><th scope="col">Operation</th><th scope="col" colspan="${formats.length}">Formats</th><th scope="col">Who may call it</th></tr></thead>
<tbody>
${operations.map((operation) => row(operation, formats))}</tbody>
</table></div>
${clients()}`,
  });
}

function row(operation: Operation, formats: readonly ShownFormat[]): Markup {
  const { name, auth } = operation;
  const links = formats.map((format) => markup`<td><a href="${metadataPath(format, name)}">${formatLabel(format)}</a></td>`);
  return markup`<tr><td>${name}${lock(operation)}</td>${links}<td>${callersOf(auth)}</td></tr>\n`;
}

function callersOf(auth: Operation['auth']): string {
  if (auth === 'public') return 'anybody';
  return auth === 'login' ? 'any login' : auth.join(', ');
}

/** A lock at operations that need a login. Its title lists the roles; a `?` marks those of which one is enough. */
function lock({ auth }: Operation): Markup {
  if (auth === 'public') return nothing;
  const needs =
    auth === 'login'
      ? 'Requires Authentication'
      : `Requires Roles: ${auth.map((role) => (auth.length === 1 ? role : `${role}?`)).join(', ')}`;
  return markup`<svg class="lock" viewBox="0 0 16 16" role="img"><title>${needs}</title><path d="M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z"/></svg>`;
}

function clients(): Markup {
  const types = typesCodes.map(({ name, label }) => markup`<li><a href="/types/${name}">${label}</a></li>`);
  return markup`<h2>Clients Overview</h2>
<p>Types of all operations, as code to be put into a client, and <a href="/types">how to get them for other languages</a>:</p>
<ul class="row">${types}</ul>
<p>Descriptions of all operations for programs, and a reference made of them:</p>
<ul class="row"><li><a href="/openapi.json">OpenAPI 3.1</a></li><li><a href="/openapi">Swagger 2.0</a></li><li><a href="/operations/metadata">All routes</a></li><li><a href="/docs">API reference</a></li></ul>
`;
}
