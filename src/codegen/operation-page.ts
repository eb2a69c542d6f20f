import type { Operation } from '../contracts/dto.ts';
import { type Markup, markup, nothing } from '../formats/html-markup.ts';
import { kept } from './kept.ts';
import { type Language, languages } from './languages.ts';
import { parameterTables } from './parameter-tables.ts';
import { routesOf } from './routes.ts';
import { messageSamples } from './samples.ts';
import { servicePage, tabBar } from './service-page.ts';
import { formatLabel, metadataPath, type ShownFormat, shownFormats } from './shown-formats.ts';
import type { ModelOperation } from './type-model.ts';

export interface OperationPageRequest {
  readonly format: ShownFormat;
  /** The one whose code is shown; undefined for the tables of parameters. */
  readonly language: Language | undefined;
  /** Host of this server, with its port. */
  readonly host: string;
}

/** The page of an operation (servicestack.md 5.1). All that it says comes from the declaration of the operation. */
export function operationPage(model: ModelOperation, { format, language, host }: OperationPageRequest): string {
  const { operation } = model;
  const { name, description, tag } = operation;
  return servicePage({
    subject: name,
    navigation: tabBar(
      'Formats',
      shownFormats.map((one) => ({
        label: formatLabel(one),
        address: metadataPath(one, name, language?.name),
        current: one === format,
      })),
    ),
    main: markup`<h2>${name}</h2>
<p class="tags">${tag}</p>
<h3>${description}</h3>
${accessTable(operation)}${routesTable(operation)}${languageTabs(name, format, language)}${language ? code(model, language) : parameterTables(model)}
${formatNotes(format)}${samples(model, format, host)}`,
  });
}

/** Who may call an operation, in the words of servicestack.md 4.3. */
function accessTable({ auth }: Operation): Markup {
  if (auth === 'public') return nothing;
  const label = auth.length === 1 ? 'Required role:' : 'Requires any of the roles:';
  const roles = auth === 'login' ? nothing : markup`<tr><td>${label}</td><td>${auth.join(', ')}</td></tr>\n`;
  return markup`<table>
<tr><td colspan="2">Requires Authentication</td></tr>
${roles}</table>
`;
}

function routesTable(operation: Operation): Markup {
  const rows = routesOf(operation).map(({ path, verbs }) => markup`<tr><td>${verbs}</td><td>${path}</td></tr>\n`);
  return markup`<div class="scroll pairs"><table>
<caption>The following routes are available for this service:</caption>
${rows}</table></div>
`;
}

function languageTabs(operation: string, format: ShownFormat, shown: Language | undefined): Markup {
  const parameters = { label: 'Parameters', address: metadataPath(format, operation), current: shown === undefined };
  const others = languages.map((language) => ({
    label: language.label,
    address: metadataPath(format, operation, language.name),
    current: language === shown,
  }));
  return tabBar('Languages', [parameters, ...others]);
}

const codeIn = kept((language: Language) => kept((model: ModelOperation) => tabCode(model, language)));

function code(model: ModelOperation, language: Language): Markup {
  return codeIn(language)(model);
}

function tabCode(model: ModelOperation, { name, label, tab }: Language): Markup {
  const operation = model.operation.name;
  if (!tab)
    return markup`<p>There is no ${label} code here. Make it from <a href="/openapi.json">/openapi.json</a> with a generator for
${label}, or take the types of <a href="/types">another language</a>.</p>`;
  return markup`<pre tabindex="0"><code>${tab(model)}</code></pre>
<p><a href="/types/${name}?IncludeTypes=${operation}.*">${label} ${operation} DTOs</a></p>`;
}

function formatNotes(format: ShownFormat): Markup {
  const jsonp = markup`<p>To embed the response in a <b>jsonp</b> callback, append <b>?callback=myCallback</b></p>\n`;
  return markup`<p>To override the Content-type in your clients, use the HTTP <b>Accept</b> Header, append the <b>${format.suffix}</b> suffix or <b>?format=${format.name}</b></p>
${format.name === 'json' ? jsonp : nothing}`;
}

function samples(model: ModelOperation, format: ShownFormat, host: string): Markup {
  const { request, response } = messageSamples(model, format, host);
  return markup`<h3>HTTP + ${formatLabel(format)}</h3>
<p>The following are sample HTTP requests and responses. The placeholders shown need to be replaced with actual values.</p>
<pre tabindex="0">${request}</pre>
${response === undefined ? nothing : markup`<pre tabindex="0">${response}</pre>\n`}`;
}
